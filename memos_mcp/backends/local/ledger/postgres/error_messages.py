"""PostgreSQL's errors as sentences, none of which shows a password."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed

from memos_mcp.core.errors import ConfigurationError, MemosError, Unavailable

_SETTING = "MEMOS_LEDGER_URL"

NO_ADDRESS: Final = (
    f"{_SETTING} is no address of a database: write postgresql://USER:PASSWORD@HOST:5432/DATABASE, and in the password "
    "%40 for @, %2F for /, %3A for : and %23 for #."
)

_REFUSED: Final = {
    "password authentication failed|no password supplied": (
        f"The database refuses the user or password of {_SETTING}: correct them there."
    ),
    'database ".*" does not exist': f"The database of {_SETTING} does not exist: make it with createdb.",
    'role ".*" does not exist|permission denied for database|not permitted to log in': (
        f"The user of {_SETTING} may not connect: make it, and grant it CONNECT."
    ),
    "pg_hba.conf .* no encryption": (
        f"The database lets nobody in from here without TLS: add ?sslmode=require to {_SETTING}, or "
        "allow it in its pg_hba.conf."
    ),
    "pg_hba.conf": f"The database lets nobody in from here as {_SETTING} says: see its pg_hba.conf.",
    "does not support SSL": (
        f"The database has no TLS, which {_SETTING} asks for: turn it on there (ssl = on), or remove sslmode."
    ),
    "certificate verify failed|root certificate file|server certificate for": (
        f"The certificate of the database is not the one that {_SETTING} asks for: correct sslmode and sslrootcert."
    ),
    "session is read-only|server is in hot standby": (
        f"The database of {_SETTING} can only be read: name the primary there, not a standby."
    ),
    "invalid integer value|invalid port number|invalid .* value:|invalid connection option": NO_ADDRESS,
}
"""What the server or its client library says when it makes no connection, and what is wrong with the setting then."""

_FULL: Final = "too many clients|remaining connection slots|too many connections"


@contextmanager
def as_sentences() -> Generator[None]:
    """Turn errors of a connection in use into one that says what to do.

    Raises:
        Unavailable: the database did not do it; nothing was changed.
    """
    try:
        yield
    except (psycopg.Error, PoolClosed) as exc:
        raise Unavailable(_sentence(exc)) from exc


def refusal(exc: psycopg.Error) -> MemosError:
    """Say why no connection could be made."""
    told = " ".join(str(exc).split())
    for pattern, sentence in _REFUSED.items():
        if re.search(pattern, told):
            return ConfigurationError(sentence)
    if re.search(_FULL, told):
        return Unavailable(
            f"The database of {_SETTING} has no connection left: raise max_connections there or the user's CONNECTION "
            "LIMIT, or run fewer replicas; each takes up to 23."
        )
    return Unavailable(
        f"The database of {_SETTING} cannot be reached ({_last(told)}). Check that it runs, and the address."
    )


def _sentence(exc: Exception) -> str:
    match exc:
        case errors.DiskFull():
            return "The database's disk is full; nothing was stored. Free some space and repeat the call."
        case errors.ReadOnlySqlTransaction():
            return f"The database can only be read; nothing was stored. Name the primary in {_SETTING}."
        case errors.InsufficientPrivilege():
            return (
                f"The user of {_SETTING} may not do this ({_last(str(exc))}); nothing was stored. Grant it what it "
                "needs: it owns its tables."
            )
        case errors.InvalidSchemaName():
            return (
                f"{_SETTING} names no schema that is there and that its user may use; nothing was stored. Make it, or "
                "correct search_path in the address."
            )
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction() | errors.DuplicateTable():
            return (
                f"The database holds other tables than a ledger has ({_last(str(exc))}); nothing was stored. Name an "
                f"empty database in {_SETTING}, or bring a backup back with pg_restore."
            )
        case errors.DeadlockDetected() | errors.LockNotAvailable() | errors.QueryCanceled():
            return "The database was busy with the same memories; nothing was stored. Repeat the call."
        case errors.OperationalError() | errors.InterfaceError():
            return "The database went away; what was in hand was not stored, unless it had just been. Repeat the call."
        case _:
            return f"The database failed ({_last(str(exc))}); nothing was stored. Run `memos-mcp doctor`."


def _last(told: str) -> str:
    """Shorten what the database says to its point."""
    first = told.strip().splitlines()[0] if told.strip() else "no reason given"
    return first.rpartition("failed: ")[2][:200].rstrip(".")
