"""The bearer tokens that the engine accepts, and the user of each."""

import hashlib
import hmac
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from memos_mcp.errors import ConfigurationError

ANY_USER: Final = "*"
"""The grant of a token that may act for whatever user a body names."""

LONGEST_USER: Final = 100

_FORM = "Write it as TOKEN=USER,TOKEN=USER, or as @FILE with one pair a line, then start again."


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: one user's memory, or any (`user_id` None); `name` tells tokens apart, and shows none."""

    name: str
    user_id: str | None


class Tokens:
    """The accepted tokens; only their digests are kept."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take tokens and their users, `*` for any."""
        self._grants = {
            _digest(token): Grant(_digest(token).hex()[:12], None if user == ANY_USER else user)
            for token, user in pairs
        }

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._grants)

    def grant(self, token: str) -> Grant | None:
        """Give what a token allows. It is held against every one in constant time: the clock tells nothing."""
        shown = _digest(token)
        found: Grant | None = None
        for digest, grant in self._grants.items():
            if hmac.compare_digest(digest, shown):
                found = grant
        return found


def read_tokens(setting: str) -> Tokens:
    """Read `MEMOS_TOKENS`: `TOKEN=USER,TOKEN=USER`, or `@FILE`, a file for its owner only with a pair a line.

    Raises:
        ConfigurationError: the setting or the file cannot be used; the sentence shows no token.
    """
    if setting.startswith("@"):
        lines = _lines(Path(setting[1:]).expanduser())
    else:
        lines = [pair for pair in setting.split(",") if pair.strip()]
    pairs = [_pair(line.strip(), number) for number, line in enumerate(lines, start=1)]
    if len({token for token, _ in pairs}) < len(pairs):
        raise ConfigurationError("MEMOS_TOKENS has a token twice: give each user one of their own, then start again.")
    if setting and not pairs:
        raise ConfigurationError(f"MEMOS_TOKENS has no token in it. {_FORM}")
    return Tokens(pairs)


def _pair(line: str, number: int) -> tuple[str, str]:
    token, equals, user = (part.strip() for part in line.rpartition("="))
    if not (equals and token and user):
        raise ConfigurationError(f"Entry {number} of MEMOS_TOKENS is not a pair. {_FORM}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigurationError(f"The token in entry {number} of MEMOS_TOKENS may hold visible ASCII only. {_FORM}")
    if len(user) > LONGEST_USER:
        raise ConfigurationError(f"The user in entry {number} of MEMOS_TOKENS has more than {LONGEST_USER} characters.")
    return token, user


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
                raise ConfigurationError(
                    f"The file of MEMOS_TOKENS can be read by others: run `chmod 600 {path}`, then start again."
                )
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(
            f"The file of MEMOS_TOKENS cannot be read ({type(exc).__name__}): check {path}, then start again."
        ) from exc
    return [line for line in lines if line and not line.startswith("#")]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
