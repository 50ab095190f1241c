"""The settings, read once from the environment; nobody else reads it.

An unknown value stops the start with a sentence. Below the command line nobody sees `Settings`: classes take
plain values.
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import AfterValidator, Field, HttpUrl, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from memos_mcp.errors import ConfigurationError

PREFIX = "MEMOS_"
MEMOS_CLOUD_URL = "https://memos.memtensor.cn/api/openmem/v1"


def default_data_dir() -> Path:
    """Give the platform's place for a user's application data."""
    return platformdirs.user_data_path("memos-mcp", appauthor=False)


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError('no time zone is called so; give a name such as "Europe/Berlin" or "Asia/Shanghai"') from exc


class Settings(BaseSettings):
    """Everything that `MEMOS_*` variables can change. An empty variable is an unset one."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    backend: Literal["auto", "hosted", "local"] = "auto"
    api_key: SecretStr = SecretStr("")
    base_url: HttpUrl = HttpUrl(MEMOS_CLOUD_URL)
    dialect: Literal["auto", "cloud", "product"] = "auto"
    user_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "default"
    data_dir: Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())] = Field(
        default_factory=default_data_dir
    )
    engine: Literal["shared", "embedded"] = "shared"
    engine_idle: Annotated[float, Field(gt=0)] = 900
    embedder: Annotated[str, StringConstraints(pattern=r"^(onnx|multilingual-e5|sentence-transformers:.+)$")] = "onnx"
    onnx_model: Path | None = None
    extractor: Literal["rules", "llm"] = "rules"
    secrets: Literal["redact", "keep"] = "redact"
    llm_base_url: str = ""
    llm_api_key: SecretStr = SecretStr("")
    llm_model: str = ""
    chroma_url: str = ""
    chroma_api_key: SecretStr = SecretStr("")
    chroma_tenant: str = ""
    chroma_database: str = ""
    timezone: Annotated[str, AfterValidator(_known_zone)] = ""
    tokens: SecretStr = SecretStr("")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"

    @property
    def spoken(self) -> Literal["cloud", "product"]:
        """Say which contract the server at `base_url` speaks: MemOS's own server has its routes below /product."""
        if self.dialect != "auto":
            return self.dialect
        return "product" if (self.base_url.path or "").rstrip("/").endswith("/product") else "cloud"


class _GivenSettings(Settings):
    """The settings that variables given by name and value ask for, whatever this process's environment says."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given and nothing else."""
        return (init_settings,)


def read_settings(variables: Mapping[str, str] | None = None) -> Settings:
    """Read the environment, or the variables of another process.

    Raises:
        ConfigurationError: a variable has a value that is not valid; the sentence names both.
    """
    try:
        return _parse(variables)
    except ValidationError as exc:
        problems = "; ".join(_sentences(exc))
        raise ConfigurationError(f"{problems}. Correct it where the server is configured, then start again.") from exc


def problems_of(variables: Mapping[str, str]) -> list[str]:
    """Say what is not valid in the variables of a process, a sentence each; no value is shown."""
    try:
        _parse(variables)
    except ValidationError as exc:
        return _sentences(exc)
    return []


def own_variables() -> dict[str, str]:
    """Give the variables of this process that are, or look like, settings."""
    return {name: value for name, value in os.environ.items() if _looks_ours(name)}


def unknown_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that look like settings and are none, with the one that each may have meant, or nothing."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    unknown = [name for name in variables if _looks_ours(name) and name.upper() not in known]
    return {name: next(iter(get_close_matches(name.upper(), known, n=1)), "") for name in unknown}


def _parse(variables: Mapping[str, str] | None) -> Settings:
    if variables is None:
        return Settings()
    given = {name.upper().removeprefix(PREFIX).lower(): variables[name] for name in variables if _looks_ours(name)}
    return _GivenSettings.model_validate({name: value for name, value in given.items() if value})


def _looks_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _sentences(invalid: ValidationError) -> list[str]:
    return [
        f"{PREFIX}{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in invalid.errors()
    ]
