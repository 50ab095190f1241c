"""The audit log: deletions, sign-ins and refused tokens, a JSON line each, without secrets and without text."""

import json
import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from starlette.types import Scope

AUDIT_FILE: Final = "audit.jsonl"
LARGEST: Final = 10_000_000
"""Bytes of the file, of which the last four are kept beside it."""

Value = str | int | None


class Audit:
    """Writes the log of a data directory; without one it writes nothing."""

    def __init__(self, data_dir: Path | None = None) -> None:
        """Take the data directory; the file is made with the first line, for its owner alone."""
        self._file: logging.Handler = logging.NullHandler()
        if data_dir is not None:
            path = data_dir / AUDIT_FILE
            self._file = logging.handlers.RotatingFileHandler(path, maxBytes=LARGEST, backupCount=4, delay=True)

    def note(self, event: str, **fields: Value) -> None:
        """Write a line; what is empty is left out."""
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event} | given
        self._file.handle(logging.makeLogRecord({"msg": json.dumps(line)}))


def address_of(scope: Scope) -> str:
    """Return the address that a request came from."""
    client = scope.get("client")
    return str(client[0]) if client else ""
