"""Where the engine of a data directory is: one small file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from memos_mcp import __version__

ADDRESS_FILE = "engine.json"


class Address(BaseModel):
    """What a front needs to talk to an engine. `url` is that of the REST contract, `token` opens it."""

    model_config = ConfigDict(frozen=True)

    url: str
    token: SecretStr
    pid: int
    version: str

    @classmethod
    def of_this_process(cls, *, host: str, port: int) -> "Address":
        """Make the address of an engine that listens here, with a token nobody else knows."""
        shown = f"[{host}]" if ":" in host else host
        token = SecretStr(secrets.token_urlsafe(32))
        url = f"http://{shown}:{port}/api/openmem/v1"
        return cls(url=url, token=token, pid=os.getpid(), version=__version__)


def read_address(data_dir: Path) -> Address | None:
    """Read the address of the engine that was started last; it may have ended since."""
    try:
        return Address.model_validate_json((data_dir / ADDRESS_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_address(data_dir: Path, address: Address) -> None:
    """Write the address whole or not at all, for the owner alone.

    Raises:
        OSError: the directory cannot be written to.
    """
    written = address.model_dump() | {"token": address.token.get_secret_value()}
    temporary = data_dir / f".{ADDRESS_FILE}.{address.pid}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(written, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(data_dir / ADDRESS_FILE)


def is_of(data_dir: Path, address: Address) -> bool:
    """Say whether the file still speaks of this engine: not when the directory or another engine took it away."""
    return read_address(data_dir) == address


def remove_address(data_dir: Path, address: Address) -> None:
    """Take the file away, if it speaks of this engine."""
    if is_of(data_dir, address):
        (data_dir / ADDRESS_FILE).unlink(missing_ok=True)
