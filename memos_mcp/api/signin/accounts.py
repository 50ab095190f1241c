"""Users, clients and what users granted them: one SQLite file in the data directory, with digests of all secrets."""

import hashlib
import os
import secrets
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from memos_mcp.core.errors import Unavailable

ACCOUNTS_FILE: Final = "accounts.sqlite3"

UNUSED_CLIENT: Final = 86_400
"""Seconds for which a client is kept that registered and that nobody granted anything."""

Kind = Literal["code", "access", "refresh"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS user (name TEXT PRIMARY KEY, password TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS client (id TEXT PRIMARY KEY, metadata TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS consent (
  id TEXT PRIMARY KEY, client TEXT NOT NULL, resource TEXT, created INTEGER NOT NULL,
  user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS secret (
  digest BLOB PRIMARY KEY, kind TEXT NOT NULL, expires INTEGER NOT NULL, used INTEGER, details TEXT NOT NULL,
  consent TEXT NOT NULL REFERENCES consent (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS secret_consent ON secret (consent);
CREATE INDEX IF NOT EXISTS secret_expires ON secret (expires);
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user granted a client: its memory, at one of our addresses."""

    id: str
    client: str
    user: str
    resource: str | None


@dataclass(frozen=True, slots=True)
class Secret:
    """A code or token that was issued; `used` is when, where it was exchanged already."""

    consent: Consent
    expires: int
    used: int | None
    details: str


class Accounts:
    """The file, open; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open the file, for its owner alone, or make it.

        Raises:
            Unavailable: it cannot be had.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
            self._database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA foreign_keys = ON")
            self._database.execute("PRAGMA secure_delete = ON")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as exc:
            raise Unavailable(f"{path} cannot be used ({exc}): check its owner, permissions and free space.") from exc

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def users(self) -> list[str]:
        """Return the names of all users."""
        return [str(name) for (name,) in self._database.execute("SELECT name FROM user ORDER BY name")]

    def password(self, user: str) -> str | None:
        """Return what is kept of a user's password; None for an unknown user."""
        found = self._database.execute("SELECT password FROM user WHERE name = ?", (user,)).fetchone()
        return found and str(found[0])

    def put_user(self, user: str, password: str) -> None:
        """Keep a user, or another password, which ends all that was granted before."""
        with self._transaction():
            self._database.execute("DELETE FROM user WHERE name = ?", (user,))
            self._database.execute("INSERT INTO user VALUES (?, ?, ?)", (user, password, now()))

    def admit(self, user: str) -> None:
        """Keep a user who signs in elsewhere, and so has no password here."""
        self._database.execute("INSERT OR IGNORE INTO user VALUES (?, '', ?)", (user, now()))

    def remove_user(self, user: str) -> bool:
        """Remove a user with all that was granted; what is remembered of the user stays."""
        return self._database.execute("DELETE FROM user WHERE name = ?", (user,)).rowcount > 0

    def client(self, client_id: str) -> str | None:
        """Return the metadata of a client that registered."""
        found = self._database.execute("SELECT metadata FROM client WHERE id = ?", (client_id,)).fetchone()
        return found and str(found[0])

    def put_client(self, client_id: str, metadata: str) -> None:
        """Keep a client, and forget those of long ago that were granted nothing."""
        with self._transaction():
            self._database.execute(
                "DELETE FROM client WHERE created < ? AND id NOT IN (SELECT client FROM consent)",
                (now() - UNUSED_CLIENT,),
            )
            self._database.execute("INSERT INTO client VALUES (?, ?, ?)", (client_id, metadata, now()))

    def grant(self, *, client: str, user: str, resource: str | None) -> Consent:
        """Keep what a user granted a client."""
        consent = Consent(secrets.token_hex(6), client, user, resource)
        with self._transaction():
            self._database.execute("DELETE FROM secret WHERE expires < ?", (now(),))
            self._database.execute(
                "DELETE FROM consent WHERE created < ? AND id NOT IN (SELECT consent FROM secret)",
                (now() - UNUSED_CLIENT,),
            )
            self._database.execute(
                "INSERT INTO consent (id, client, user, resource, created) VALUES (?, ?, ?, ?, ?)",
                (consent.id, client, user, resource, now()),
            )
        return consent

    def revoke(self, consent: str) -> None:
        """Take back what was granted, with every token of it."""
        self._database.execute("DELETE FROM consent WHERE id = ?", (consent,))

    def issue(self, kind: Kind, consent: str, *, seconds: int, details: str = "") -> str:
        """Return a new code or token of what was granted."""
        value = secrets.token_urlsafe(32)
        self._database.execute(
            "INSERT INTO secret (digest, kind, expires, details, consent) VALUES (?, ?, ?, ?, ?)",
            (_digest(value), kind, now() + seconds, details, consent),
        )
        return value

    def secret(self, kind: Kind, value: str) -> Secret | None:
        """Return what is known of a code or token; None where it is unknown or has expired."""
        found = self._database.execute(
            "SELECT consent.id, client, user, resource, expires, used, details FROM secret JOIN consent"
            " ON consent.id = secret.consent WHERE digest = ? AND kind = ? AND expires >= ?",
            (_digest(value), kind, now()),
        ).fetchone()
        if found is None:
            return None
        consent, client, user, resource, expires, used, details = found
        return Secret(Consent(consent, client, user, resource), expires, used, details)

    def use(self, kind: Kind, value: str) -> bool:
        """Mark a code or token as exchanged; return whether it was so for the first time."""
        marked = self._database.execute(
            "UPDATE secret SET used = ? WHERE digest = ? AND kind = ? AND used IS NULL",
            (now(), _digest(value), kind),
        )
        return marked.rowcount > 0


def now() -> int:
    """Return the time as it is kept here, in seconds."""
    return int(time.time())


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
