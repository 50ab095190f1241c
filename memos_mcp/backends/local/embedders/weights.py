"""The files that a model is made of."""

from hashlib import file_digest
from pathlib import Path

from memos_mcp.core.errors import ConfigurationError


def checked_digest(path: Path, *, advice: str, expected: str | None = None) -> str:
    """Return the SHA-256 of a file.

    Raises:
        ConfigurationError: it cannot be read, or is not the one expected; the sentence ends in `advice`.
    """
    try:
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise ConfigurationError(f"The embedding model cannot be read: {path} ({exc.strerror}). {advice}") from exc
    if expected and digest != expected:
        raise ConfigurationError(f"The embedding model is damaged: {path}. {advice}")
    return digest
