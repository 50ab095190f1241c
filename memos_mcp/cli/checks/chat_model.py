"""The chat model that memories are learnt with: its endpoint answers, takes the key, and has the model."""

from collections.abc import Iterator

import httpx
from pydantic import BaseModel, ValidationError

from memos_mcp.backends.selection import check_chat_model_named
from memos_mcp.cli.checks.finding import Finding, host_of
from memos_mcp.core.settings import Settings

ABOUT = "chat model"
PATIENCE = 15.0  # seconds, for a model that is loaded when it is first asked
_MEANWHILE = "Until then, memories wait, each for a day, after which the rules make it; messages are kept all the same."


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: tuple[_Model, ...]


def check_chat_model(settings: Settings) -> Iterator[Finding]:
    """Ask the endpoint for its list of models, and the model for nothing.

    Raises:
        ConfigurationError: it is not said where the model is.
    """
    check_chat_model_named(settings)
    host = host_of(settings.llm_base_url)
    key = settings.llm_api_key.get_secret_value()
    try:
        answer = httpx.get(
            f"{settings.llm_base_url.rstrip('/')}/models",
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=PATIENCE,
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        mend = f"Start it, or check MEMOS_LLM_BASE_URL. {_MEANWHILE}"
        yield Finding.wrong(ABOUT, f"{host} cannot be reached", mend=mend)
        return
    if answer.status_code in {401, 403}:
        yield Finding.wrong(ABOUT, f"{host} does not accept the key", mend=f"Check MEMOS_LLM_API_KEY. {_MEANWHILE}")
    elif settings.llm_model in (names := _names(answer)) or not names:
        yield Finding.ok(ABOUT, f"{host} answers" + (f" and has {settings.llm_model}" if names else ""))
    else:
        mend = f"It has {', '.join(names[:10])}: correct MEMOS_LLM_MODEL, or load the model there."
        yield Finding.warning(ABOUT, f"{host} does not list {settings.llm_model}", mend=mend)


def _names(answer: httpx.Response) -> list[str]:
    """Return the models of an endpoint; none where it does not list them."""
    try:
        return [model.id for model in _Models.model_validate_json(answer.content).data] if answer.is_success else []
    except ValidationError:
        return []
