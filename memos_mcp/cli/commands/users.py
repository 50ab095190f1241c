"""`memos-mcp user`: who may sign in to `memos-mcp serve --oauth`."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console

from memos_mcp.api.guard.tokens import ANY_USER, LONGEST_USER
from memos_mcp.api.signin.accounts import ACCOUNTS_FILE, Accounts
from memos_mcp.api.signin.passwords import LONGEST, SHORTEST, hashed
from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.settings import Settings


def add(settings: Settings, user: str, password: str, *, console: Console) -> None:
    """Let a user sign in with a password."""
    name = user.strip()
    if not name or len(name) > LONGEST_USER or not name.isprintable() or name == ANY_USER:
        raise InvalidRequest(f"A user has 1 to {LONGEST_USER} visible characters, and is not {ANY_USER}.")
    with _accounts(settings) as accounts:
        if accounts.password(name) is not None:
            raise InvalidRequest(f"{name} is a user already: `memos-mcp user password {name}` gives another password.")
        accounts.put_user(name, _hashed(password))
    say(console, f"{name} can sign in, to the memory of user {name}.")


def change_password(settings: Settings, user: str, password: str, *, console: Console) -> None:
    """Give a user another password, and end what applications were granted before."""
    with _accounts(settings) as accounts:
        if accounts.password(user) is None:
            raise _no_user(user)
        accounts.put_user(user, _hashed(password))
    say(console, f"{user} has another password; applications have to sign in again.")


def listed(settings: Settings) -> list[str]:
    """Return the users who may sign in."""
    with _accounts(settings) as accounts:
        return accounts.users()


def remove(settings: Settings, user: str, *, console: Console) -> None:
    """Let a user no longer sign in, and end what applications were granted; the memory stays."""
    with _accounts(settings) as accounts:
        if not accounts.remove_user(user):
            raise _no_user(user)
    say(console, f"{user} can no longer sign in; what is remembered stays.")


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidRequest(f"A password has {SHORTEST} to {LONGEST} characters. Nothing was changed.")
    return hashed(password)


def _no_user(user: str) -> NotFound:
    return NotFound(f"There is no user {user[:LONGEST_USER]}: `memos-mcp user list` names those that there are.")


@contextmanager
def _accounts(settings: Settings) -> Generator[Accounts]:
    accounts = Accounts(settings.data_dir / ACCOUNTS_FILE)
    try:
        yield accounts
    finally:
        accounts.close()
