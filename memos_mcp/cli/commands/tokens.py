"""`memos-mcp token`: make, list and revoke the tokens of `memos-mcp serve`, of which only digests are kept."""

import secrets
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from rich.console import Console
from rich.table import Table

from memos_mcp.api.guard.tokens import ANY_USER, LONGEST_USER, Pair, file_of, kept, name_of, read_file, version_of
from memos_mcp.cli.commands.whole_files import written_whole
from memos_mcp.cli.printing import say
from memos_mcp.core.errors import InvalidRequest, NotFound
from memos_mcp.core.models import Frozen
from memos_mcp.core.settings import Settings

if TYPE_CHECKING:
    from memos_mcp.backends.local.ledger.access import Access

HEAD = "# Tokens of memos-mcp serve, as sha256:DIGEST=USER; the server reads this file again when it changes.\n"


class Listed(Frozen):
    """A token: the name by which it is revoked, and its user, `*` for any."""

    name: str
    user: str


def add(settings: Settings, user: str, *, console: Console) -> None:
    """Make a token for a user, and print it this once."""
    if not user.strip() or len(user) > LONGEST_USER or not user.isprintable() or set(user) & set("=,#"):
        raise InvalidRequest(f"A user has 1 to {LONGEST_USER} visible characters, with no =, comma or # among them.")
    token = f"memos_{secrets.token_urlsafe(32)}"
    with _shared(settings) as access:
        if access is not None:
            access.add_token(kept(token), user.strip())
            where = "the ledger's database"
        else:
            where = _file(settings)
            _write(where, lambda pairs: [*pairs, (kept(token), user.strip())])
    say(console, token)
    whom = "any user" if user == ANY_USER else user
    told = f"This is the token for {whom}, shown this once; its digest is in {where}. `token revoke {name_of(token)}`"
    say(Console(stderr=True), f"{told} takes it back.")


def listed(settings: Settings) -> list[Listed]:
    """Return the tokens that are kept."""
    with _shared(settings) as access:
        pairs = _read(_file(settings)) if access is None else access.tokens()
    return [Listed(name=name_of(token), user=user) for token, user in pairs]


def show(tokens: list[Listed], console: Console) -> None:
    """Print them as a table."""
    table = Table("Token", "User", box=None, pad_edge=False)
    for one in tokens:
        table.add_row(one.name, "* (any)" if one.user == ANY_USER else one.user)
    console.print(table if tokens else "There are no tokens.")


def revoke(settings: Settings, name: str, *, console: Console) -> None:
    """Take a token back; a server that runs no longer accepts it."""

    def named(pairs: list[Pair]) -> list[Pair]:
        found = [pair for pair in pairs if name_of(pair[0]) == name]
        if not found:
            raise NotFound(f"There is no token {name[:20]}: `memos-mcp token list` names those that there are.")
        return found

    with _shared(settings) as access:
        if access is not None:
            for token, _ in named(access.tokens()):
                access.remove_token(token)
        else:
            _write(_file(settings), lambda pairs: [pair for pair in pairs if pair not in named(pairs)])
    say(console, f"The token {name} is revoked.")


@contextmanager
def _shared(settings: Settings) -> "Generator[Access | None]":
    """Open the table of tokens; None where they stand in a file."""
    url = settings.ledger_url.get_secret_value()
    if not url or settings.tokens.get_secret_value():
        yield None
        return
    from memos_mcp.backends.local.ledger.shared import open_access  # noqa: PLC0415  # numpy, where it is needed

    with closing(open_access(url)) as access:
        yield access


def _file(settings: Settings) -> Path:
    file = file_of(settings.tokens.get_secret_value(), data_dir=settings.data_dir)
    if file is None:
        raise InvalidRequest(
            "MEMOS_TOKENS holds the tokens itself: unset it, or name a file (@FILE), to have them kept as digests."
        )
    return file


def _read(path: Path) -> list[Pair]:
    return read_file(path) if version_of(path) is not None else []


def _write(path: Path, change: Callable[[list[Pair]], list[Pair]]) -> None:
    """Change the pairs of the file; tokens that stood there as they are become digests."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=10):
        pairs = change(_read(path))
        lines = [f"{token if token.startswith('sha256:') else kept(token)}={user}\n" for token, user in pairs]
        with written_whole(path) as part:
            part.write_text(HEAD + "".join(lines), encoding="utf-8")
