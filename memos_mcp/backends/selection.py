"""Opening the backend that the settings ask for."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, assert_never

from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import ConfigurationError, MissingLibrary
from memos_mcp.core.settings import Settings

if TYPE_CHECKING:
    from memos_mcp.backends.local.backend import LocalBackend
    from memos_mcp.backends.local.embedders.base import Embedder
    from memos_mcp.backends.local.extraction.base import Extractor
    from memos_mcp.backends.local.extraction.chat import ChatModel
    from memos_mcp.backends.local.ledger.ledger import Ledger
    from memos_mcp.backends.local.vectors.locations import ServerLocation


NO_STORE = (
    "This installation (memos-memory-mcp-hosted) speaks to MemOS alone and has no store of its own. Set MEMOS_API_KEY, "
    "or MEMOS_BASE_URL for MemOS's own server; or install memos-memory-mcp, which keeps everything on this machine."
)
"""What is said where a store on this machine is asked for, and what it needs is not installed."""


def has_store() -> bool:
    """Say whether this installation has what a store on this machine cannot do without.

    Without Chroma or a model alone, which are also left out, a store still works and says what is missing.
    """
    return find_spec("numpy") is not None


def backend_kind(settings: Settings) -> Literal["hosted", "local"]:
    """Say which backend the settings ask for; MemOS's own server needs no key.

    Raises:
        ConfigurationError: the hosted one, without a key, or the local one, which is not installed.
    """
    kind = _asked_for(settings)
    if kind == "local" and not has_store():
        raise ConfigurationError(NO_STORE)
    return kind


def _asked_for(settings: Settings) -> Literal["hosted", "local"]:
    has_key = bool(settings.api_key.get_secret_value()) or settings.spoken == "product"
    match settings.backend:
        case "auto":
            return "hosted" if has_key else "local"
        case "local":
            return "local"
        case "hosted":
            if not has_key:
                raise ConfigurationError(
                    "MEMOS_BACKEND=hosted needs MEMOS_API_KEY. Set it where the server is configured, or set "
                    "MEMOS_BACKEND=local to keep everything on this machine."
                )
            return "hosted"
        case _:
            assert_never(settings.backend)


def open_store(
    settings: Settings, *, patience: float = 0, learnt: Callable[[str], None] = lambda _: None
) -> "AbstractAsyncContextManager[LocalBackend]":
    """Open the local store inside this process; `learnt` is told of users whose memories change in the background."""
    # Chroma, numpy and the model are loaded by the process that holds the store, and by no other.
    from memos_mcp.backends.local.composition import open_local  # noqa: PLC0415
    from memos_mcp.backends.local.embedders.load import load_embedder  # noqa: PLC0415
    from memos_mcp.backends.local.embedders.unavailable import UnavailableEmbedder  # noqa: PLC0415
    from memos_mcp.backends.local.text.secrets import redact  # noqa: PLC0415

    @cache
    def embedder() -> "Embedder":
        try:
            return load_embedder(settings.embedder, onnx_model=settings.onnx_model)
        except MissingLibrary as exc:
            return UnavailableEmbedder(exc)

    url = settings.ledger_url.get_secret_value()
    if url and not settings.chroma_url:
        raise ConfigurationError(
            "MEMOS_LEDGER_URL needs MEMOS_CHROMA_URL: processes that share a ledger share its vectors too, on a Chroma "
            "server."
        )
    return open_local(
        settings.data_dir,
        url=url,
        embedder=embedder,
        extractor=partial(_extractor, settings, embedder),
        patience=patience,
        learnt=learnt,
        redact=redact if settings.secrets == "redact" else None,
        timezone=settings.timezone,
        place=partial(_server_place, settings) if settings.chroma_url else None,
    )


def check_chat_model_named(settings: Settings) -> None:
    """Check that it is said where the chat model is.

    Raises:
        ConfigurationError: it is not.
    """
    if not (settings.llm_base_url and settings.llm_model):
        raise ConfigurationError(
            "MEMOS_EXTRACTOR=llm needs MEMOS_LLM_BASE_URL (such as http://localhost:11434/v1) and "
            "MEMOS_LLM_MODEL. Set both, or leave MEMOS_EXTRACTOR unset."
        )


def chat_model(settings: Settings) -> "ChatModel | None":
    """Make the chat model that answers, where one is named; it is not called yet."""
    from memos_mcp.backends.local.extraction.chat import ChatModel  # noqa: PLC0415

    if not (settings.llm_base_url and settings.llm_model):
        return None
    key = settings.llm_api_key.get_secret_value()
    return ChatModel(settings.llm_base_url, model=settings.llm_model, api_key=key)


def _extractor(settings: Settings, embedder: Callable[[], "Embedder"]) -> "Extractor":
    """Make the extractor that the settings ask for; a chat model is not called yet."""
    from memos_mcp.backends.local.extraction.rules import RulesExtractor  # noqa: PLC0415

    rules = RulesExtractor()
    match settings.extractor:
        case "rules":
            return rules
        case "llm":
            from memos_mcp.backends.local.embedders.by_language import comparing  # noqa: PLC0415
            from memos_mcp.backends.local.extraction.llm import LlmExtractor  # noqa: PLC0415

            check_chat_model_named(settings)
            return LlmExtractor(
                settings.llm_base_url,
                model=settings.llm_model,
                api_key=settings.llm_api_key.get_secret_value(),
                fallback=rules,
                embed=lambda text: comparing(embedder()).embed(text).vector,
            )
        case _:
            assert_never(settings.extractor)


def _server_place(settings: Settings, ledger: "Ledger") -> "ServerLocation":
    from memos_mcp.backends.local.vectors.locations import ServerLocation  # noqa: PLC0415

    return ServerLocation(
        ledger,
        settings.chroma_url,
        api_key=settings.chroma_api_key.get_secret_value(),
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
    )


@asynccontextmanager
async def open_backend(
    settings: Settings, *, learnt: Callable[[str], None] = lambda _: None
) -> AsyncGenerator[MemoryBackend]:
    """Open, inside this process, the hosted service or the store on this machine, which tells `learnt` as its own."""
    match backend_kind(settings):
        case "hosted":
            from memos_mcp.backends.hosted import open_hosted  # noqa: PLC0415

            key = settings.api_key.get_secret_value()
            hosted = open_hosted(str(settings.base_url), key, data_dir=settings.data_dir, dialect=settings.spoken)
            async with hosted as backend:
                yield backend
        case "local":
            async with open_store(settings, learnt=learnt) as store:
                yield store
