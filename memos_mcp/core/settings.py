"""The settings: read from the environment and, for what concerns the store, from its `config.toml`; nobody else reads.

An unknown value stops the start with a sentence. Below the command line nobody sees `Settings`: classes take
plain values.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models.values import MAX_ID_LENGTH
from memos_mcp.relay.environment import DATA_DIR, cleaned, data_dir_of

PREFIX: Final = "MEMOS_"
MEMOS_CLOUD_URL: Final = "https://memos.memtensor.cn/api/openmem/v1"
CONFIG_FILE: Final = "config.toml"

OF_THE_STORE: Final = (
    "embedder",
    "onnx_model",
    "extractor",
    "secrets",
    "llm_base_url",
    "llm_api_key",
    "llm_model",
    "chroma_url",
    "chroma_api_key",
    "chroma_tenant",
    "chroma_database",
    "ledger_url",
    "timezone",
)
"""What concerns the store and not the host: these may stand in the store's `config.toml`."""


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError('no time zone is called so; give a name such as "Europe/Berlin" or "Asia/Shanghai"') from exc


def _http_address(address: str) -> str:
    parts = urlsplit(address)
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("write http://HOST:8000 or https://HOST")
    return address


def _lower_kind(value: object) -> object:
    """Take the kind of an embedder without regard to case; the name of a model has one."""
    if not isinstance(value, str):
        return value
    kind, colon, model = value.partition(":")
    return kind.lower() + colon + model


def _known_embedder(value: str) -> str:
    kind, _, model = value.partition(":")
    if value not in ("onnx", "multilingual-e5") and not (kind == "sentence-transformers" and model):
        raise ValueError("must be onnx, multilingual-e5 or sentence-transformers:MODEL")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


AnyCase = BeforeValidator(_lower)


class Settings(BaseModel):
    """Everything that `MEMOS_*` variables can change. An empty variable is an unset one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    backend: Annotated[Literal["auto", "hosted", "local"], AnyCase] = "auto"
    api_key: SecretStr = SecretStr("")
    base_url: HttpUrl = HttpUrl(MEMOS_CLOUD_URL)
    dialect: Annotated[Literal["auto", "cloud", "product"], AnyCase] = "auto"
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)] = "default"
    data_dir: Path = Field(default_factory=lambda: Path(data_dir_of({})))
    engine: Annotated[Literal["shared", "embedded"], AnyCase] = "shared"
    engine_idle: Annotated[float, Field(gt=0)] = 900
    embedder: Annotated[str, AfterValidator(_known_embedder), BeforeValidator(_lower_kind)] = "onnx"
    onnx_model: Annotated[Path, AfterValidator(Path.expanduser)] | None = None
    extractor: Annotated[Literal["rules", "llm"], AnyCase] = "rules"
    secrets: Annotated[Literal["redact", "keep"], AnyCase] = "redact"
    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    chroma_url: Annotated[str, AfterValidator(_http_address)] = ""
    chroma_api_key: SecretStr = SecretStr("")
    chroma_tenant: str = ""
    chroma_database: str = ""
    ledger_url: SecretStr = SecretStr("")
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    tokens: SecretStr = SecretStr("")
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_claim: str = "sub"
    access_log: Annotated[Literal["off", "text", "json"], AnyCase] = "off"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "WARNING"

    @property
    def spoken(self) -> Literal["cloud", "product"]:
        """Say which contract the server at `base_url` speaks: MemOS's own server has its routes below /product."""
        if self.dialect != "auto":
            return self.dialect
        return "product" if (self.base_url.path or "").rstrip("/").endswith("/product") else "cloud"


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process, or of one whose variables are given.

    Raises:
        ConfigurationError: a value is not valid; the sentence names the variable.
    """
    settings, problems = _parse(os.environ if variables is None else variables)
    if settings is None:
        told = "; ".join(problems)
        raise ConfigurationError(f"{told}. Correct it where the server is configured, then start again.")
    return settings


def problems_of(variables: Mapping[str, str]) -> list[str]:
    """Say what is not valid in the settings of a process, a sentence each; no value is shown."""
    return _parse(variables)[1]


def own_variables() -> dict[str, str]:
    """Return the variables of this process that are, or look like, settings."""
    return {name: value for name, value in os.environ.items() if _looks_ours(name)}


def unknown_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that look like settings and are none, with the one that each may have meant, or nothing."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    unknown = [name for name in variables if _looks_ours(name) and name.upper() not in known]
    return {name: next(iter(get_close_matches(name.upper(), known, n=1)), "") for name in unknown}


def given_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the values that variables give, by the names of their settings.

    Raises:
        ValueError: one is a placeholder that nobody filled in, or has quotes around it.
    """
    ours = {name.upper(): value for name, value in variables.items() if _looks_ours(name)}
    given = {name: cleaned(name, value) for name, value in ours.items() if name != DATA_DIR}
    return {name.removeprefix(PREFIX).lower(): value for name, value in given.items() if value}


def stored_in(data_dir: Path) -> dict[str, Any]:
    """Return what stands in the `config.toml` of a data directory.

    Raises:
        ValueError: it cannot be read, or holds what does not belong there.
    """
    path = data_dir / CONFIG_FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as exc:
        raise ValueError(f"{path} cannot be read ({exc}): correct it, or remove it") from exc
    for name in found:
        if name not in OF_THE_STORE:
            raise ValueError(f"{path}: {name} is no setting of a store; there are {', '.join(OF_THE_STORE)}")
    return found


def differences(variables: Mapping[str, str], settings: Settings) -> list[str]:
    """Say in which settings of the store the variables of a process ask for something else, a sentence each."""
    asked = read_settings(variables)
    return [
        f"{PREFIX}{name.upper()} is {_shown(getattr(asked, name))} here, and {_shown(getattr(settings, name))} in the "
        "engine that runs, which has one value for all hosts: `memos-mcp config` shows it."
        for name in given_in(variables)
        if name in OF_THE_STORE and getattr(asked, name) != getattr(settings, name)
    ]


def _shown(value: object) -> str:
    return "another" if isinstance(value, SecretStr) else str(value or "not set")


def _parse(variables: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
    try:
        given = given_in(variables)
        data_dir = Path(data_dir_of({name.upper(): value for name, value in variables.items()}))
        stored = stored_in(data_dir)
    except ValueError as exc:
        return None, [str(exc)]
    try:
        return Settings.model_validate({"data_dir": data_dir} | stored | given), []
    except ValidationError as exc:
        return None, [
            _sentence(error["loc"], error["msg"].removeprefix("Value error, "), given) for error in exc.errors()
        ]


def _sentence(where: tuple[int | str, ...], problem: str, given: Mapping[str, str]) -> str:
    name = "_".join(str(part) for part in where)
    if name in given or name not in OF_THE_STORE:
        return f"{PREFIX}{name.upper()}: {problem}"
    return f"{name} in {CONFIG_FILE}: {problem}"


def _looks_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)
