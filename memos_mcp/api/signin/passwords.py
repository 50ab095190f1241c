"""Passwords as they are kept: by scrypt, each with a salt of its own."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

SHORTEST: Final = 8  # characters
LONGEST: Final = 1_000

_COST, _BLOCK, _LANES = 2**15, 8, 3
"""What OWASP's password storage cheat sheet gives for 32 MiB of memory."""

_MEMORY: Final = 64 * 2**20


def hashed(password: str) -> str:
    """Return what is kept of a password: the cost, the salt, the key."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${_text(salt)}${_text(_key(password, salt, _COST, _BLOCK, _LANES))}"


def matches(password: str, kept: str) -> bool:
    """Whether a password is the one of which `kept` was kept; None of it is faster where it is not."""
    _, cost, block, lanes, salt, key = kept.split("$")
    found = _key(password[:LONGEST], base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(key))


def _key(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


NOBODYS: Final = "scrypt$32768$8$3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""What a password is held against where the user is unknown, so that the clock does not tell."""
