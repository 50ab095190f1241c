"""PostgreSQL's errors as sentences."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout

from memos_mcp.core.errors import ConfigurationError, MemosError, Unavailable

_SETTING = "MEMOS_LEDGER_URL"


@contextmanager
def as_sentences() -> Generator[None]:
    """Turn errors of a connection in use into one that says what to do.

    Raises:
        Unavailable: the database did not do it; nothing was changed.
    """
    try:
        yield
    except (psycopg.Error, PoolTimeout, PoolClosed) as exc:
        raise Unavailable(_sentence(exc)) from exc


def refusal(exc: psycopg.Error) -> MemosError:
    """Say why no connection could be made."""
    told = " ".join(str(exc).split())
    match told:
        case _ if "password authentication failed" in told or "no password supplied" in told:
            return ConfigurationError(f"The database refuses the user or password of {_SETTING}: correct them there.")
        case _ if re.search(r'database ".*" does not exist', told):
            return ConfigurationError(f"The database of {_SETTING} does not exist: make it with createdb.")
        case _ if re.search(r'role ".*" does not exist', told) or "permission denied for database" in told:
            return ConfigurationError(f"The user of {_SETTING} may not connect: make it, and grant it CONNECT.")
        case _ if "no pg_hba.conf entry" in told:
            return ConfigurationError(f"The database lets nobody in from here as {_SETTING} says: see its pg_hba.conf.")
        case _:
            return Unavailable(
                f"The database of {_SETTING} cannot be reached ({_last(told)}). Check that it runs, and the address."
            )


def _sentence(exc: Exception) -> str:
    match exc:
        case PoolTimeout():
            return "Every connection to the database is in use, or it is away; nothing was stored. Try again."
        case errors.DiskFull():
            return "The database's disk is full; nothing was stored. Free some space and repeat the call."
        case errors.InsufficientPrivilege() | errors.ReadOnlySqlTransaction():
            return (
                f"The user of {_SETTING} may not do this ({_last(str(exc))}); nothing was stored. Grant it what it "
                "needs: it owns its tables."
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
