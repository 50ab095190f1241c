"""The settings, read once from the environment; nobody else reads it.

An unknown value stops the start with a sentence. Below the command line nobody sees `Settings`: classes take
plain values.
"""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import AfterValidator, Field, HttpUrl, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from memos_mcp.errors import ConfigurationError

MEMOS_CLOUD_URL = "https://memos.memtensor.cn/api/openmem/v1"


def default_data_dir() -> Path:
    """Give the platform's place for a user's application data."""
    return platformdirs.user_data_path("memos-mcp", appauthor=False)


class Settings(BaseSettings):
    """Everything that `MEMOS_*` variables can change. An empty variable is an unset one."""

    model_config = SettingsConfigDict(env_prefix="MEMOS_", env_ignore_empty=True, extra="ignore", frozen=True)

    backend: Literal["auto", "hosted", "local"] = "auto"
    api_key: SecretStr = SecretStr("")
    base_url: HttpUrl = HttpUrl(MEMOS_CLOUD_URL)
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
    tokens: SecretStr = SecretStr("")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a variable has a value that is not valid; the sentence names both.
    """
    try:
        return Settings()
    except ValidationError as exc:
        problems = "; ".join(
            f"MEMOS_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}" for error in exc.errors()
        )
        raise ConfigurationError(f"{problems}. Correct it where the server is configured, then start again.") from exc
