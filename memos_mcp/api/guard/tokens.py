"""The bearer tokens that the engine accepts, and the user of each."""

import hashlib
import hmac
import logging
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models import MAX_ID_LENGTH

logger = logging.getLogger(__name__)

ANY_USER: Final = "*"
"""The grant of a token that may act for whatever user a body names."""

TOKENS_FILE: Final = "tokens"
"""The file in the data directory that is read where `MEMOS_TOKENS` is not set."""

LONGEST_USER: Final = MAX_ID_LENGTH

_FORM = "Write it as TOKEN=USER,TOKEN=USER, or as @FILE with one pair a line, then start again."
_KEPT = re.compile(r"sha256:([0-9a-f]{64})")
"""A token of which only the digest is kept."""

Pair = tuple[str, str]
"""A token, or its digest as `sha256:HEX`, and the user that it is for."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: one user's memory, or any (`user_id` None); `name` tells tokens apart, and shows none."""

    name: str
    user_id: str | None


class Tokens:
    """The accepted tokens; only their digests are kept. Those of a file follow the file."""

    def __init__(self, pairs: Iterable[Pair] = (), *, file: Path | None = None) -> None:
        """Take tokens and their users, `*` for any, or the file that holds them.

        Raises:
            ConfigurationError: the file cannot be used.
        """
        self._file = file
        self._version = version_of(file)
        self._grants = _grants(pairs if file is None or self._version is None else read_file(file))
        self._is_guarded = bool(self._grants)

    def __bool__(self) -> bool:
        """Whether a token is needed; once it is, it stays so even where the last one is revoked."""
        self._follow()
        return self._is_guarded

    def replace(self, pairs: Iterable[Pair]) -> None:
        """Accept these tokens in the place of those so far."""
        self._grants = _grants(pairs)
        self._is_guarded = self._is_guarded or bool(self._grants)

    def grant(self, token: str) -> Grant | None:
        """Return what a token allows. It is held against every one in constant time: the clock tells nothing."""
        self._follow()
        shown = _digest(token)
        found: Grant | None = None
        for digest, grant in self._grants.items():
            if hmac.compare_digest(digest, shown):
                found = grant
        return found

    def _follow(self) -> None:
        """Read the file again where it has changed; one that makes no sense changes nothing."""
        version = version_of(self._file)
        if self._file is None or version == self._version:
            return
        self._version = version
        try:
            self._grants = _grants(read_file(self._file) if version is not None else ())
        except ConfigurationError as exc:
            logger.error("%s Until then the tokens that were read before are accepted.", exc)  # noqa: TRY400
        else:
            self._is_guarded = self._is_guarded or bool(self._grants)
            logger.warning("%s has changed: %d tokens are accepted.", self._file, len(self._grants))


def read_tokens(setting: str, *, data_dir: Path | None = None) -> Tokens:
    """Read `MEMOS_TOKENS`: `TOKEN=USER,TOKEN=USER`, or `@FILE`, a file for its owner only with a pair a line.

    Where it is empty, the file `tokens` of the data directory is read, once there is one.

    Raises:
        ConfigurationError: the setting or the file cannot be used; the sentence shows no token.
    """
    if setting and not setting.startswith("@"):
        tokens = Tokens(_pairs([pair for pair in setting.split(",") if pair.strip()]))
    else:
        file = file_of(setting, data_dir=data_dir)
        if setting and file is not None and version_of(file) is None:
            raise ConfigurationError(f"The file of MEMOS_TOKENS is not there: check {file}, then start again.")
        tokens = Tokens(file=file)
    if setting and not tokens:
        raise ConfigurationError(f"MEMOS_TOKENS has no token in it. {_FORM}")
    return tokens


def file_of(setting: str, *, data_dir: Path | None) -> Path | None:
    """Return the file of tokens that `MEMOS_TOKENS` names or, where it is empty, that of the data directory."""
    if setting.startswith("@"):
        return Path(setting[1:]).expanduser()
    return None if setting or data_dir is None else data_dir / TOKENS_FILE


def read_file(path: Path) -> list[Pair]:
    """Read the pairs of a file.

    Raises:
        ConfigurationError: others can read it, or a line is no pair or stands there twice.
    """
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
    return _pairs([line for line in lines if line and not line.startswith("#")])


def kept(token: str) -> str:
    """Write a token as it is kept: its digest, from which nobody finds the token."""
    return f"sha256:{_digest(token).hex()}"


def name_of(token: str) -> str:
    """Return the name of a token, or of a kept one, by which it is listed, logged and revoked."""
    return _kept_digest(token).hex()[:12]


def version_of(file: Path | None) -> tuple[int, ...] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        status = None if file is None else file.stat()
    except OSError:
        return None
    return status and (status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode)


def _grants(pairs: Iterable[Pair]) -> dict[bytes, Grant]:
    return {_kept_digest(token): Grant(name_of(token), None if user == ANY_USER else user) for token, user in pairs}


def _pairs(entries: list[str]) -> list[Pair]:
    pairs = [_pair(entry.strip(), number) for number, entry in enumerate(entries, start=1)]
    if len({_kept_digest(token) for token, _ in pairs}) < len(pairs):
        raise ConfigurationError("MEMOS_TOKENS has a token twice: give each user one of their own, then start again.")
    return pairs


def _pair(entry: str, number: int) -> Pair:
    token, equals, user = (part.strip() for part in entry.rpartition("="))
    if not (equals and token and user):
        raise ConfigurationError(f"Entry {number} of MEMOS_TOKENS is not a pair. {_FORM}")
    if "," in entry:
        raise ConfigurationError(f"Line {number} of the file of MEMOS_TOKENS holds a comma. {_FORM}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigurationError(f"The token in entry {number} of MEMOS_TOKENS may hold visible ASCII only. {_FORM}")
    if token.startswith("sha256:") and not _KEPT.fullmatch(token):
        raise ConfigurationError(f"Entry {number} of MEMOS_TOKENS is no digest: sha256: and 64 hexadecimal digits.")
    if len(user) > LONGEST_USER:
        raise ConfigurationError(f"The user in entry {number} of MEMOS_TOKENS has more than {LONGEST_USER} characters.")
    return token, user


def _kept_digest(token: str) -> bytes:
    found = _KEPT.fullmatch(token)
    return bytes.fromhex(found.group(1)) if found else _digest(token)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
