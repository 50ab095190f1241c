"""Whom replicas let in, and how often: one set of tokens and one count of calls for all of them."""

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

import anyio
from anyio.to_thread import run_sync
from limits import parse

from memos_mcp.api.guard.rate import DEFAULT_RATE
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.core.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from memos_mcp.backends.local.ledger.access import Access

logger = logging.getLogger(__name__)

EVERY: Final = 1.0
"""Seconds between two exchanges with the other replicas: so long a revoked token, and a limit used up, may go on."""


class SharedRate:
    """Counts the calls of each token at this process, and those at other replicas as far as they have told."""

    def __init__(self, access: "Access", allowed: str = DEFAULT_RATE) -> None:
        """Take where calls are told, and what is allowed, such as `100 per minute`."""
        self._access = access
        item = parse(allowed)
        self._most, self._seconds = item.amount, item.get_expiry()
        self._told: dict[str, float] = {}
        self._untold: Counter[str] = Counter()

    async def exceeded(self, token: str) -> float | None:
        """Count a call; give the seconds to wait where it is one too many."""
        if self._told.get(token, 0) + self._untold[token] + 1 > self._most:
            return max(EVERY, self._seconds / self._most)
        self._untold[token] += 1
        return None

    async def exchange(self) -> None:
        """Tell the others what was called here, and hear what was called there."""
        telling = dict(self._untold)
        counted = await run_sync(lambda: self._access.count(telling, seconds=self._seconds))
        self._told = counted
        self._untold -= Counter(telling)


class SharedAccess:
    """Tokens and counts that follow the tables, while `follow` runs."""

    def __init__(self, access: "Access", *, tokens: Tokens | None = None, allowed: str = DEFAULT_RATE) -> None:
        """Take the tables; `tokens` that are set elsewhere stand in the place of those of the table."""
        self._access = access
        self._are_own = tokens is not None
        self.tokens = Tokens(access.tokens()) if tokens is None else tokens
        self.rate = SharedRate(access, allowed)

    async def follow(self) -> None:
        """Exchange with the other replicas until cancelled; what is known holds while the database is away."""
        try:
            while True:
                await self._exchange()
                await anyio.sleep(EVERY)
        finally:
            self._access.close()

    async def _exchange(self) -> None:
        try:
            if not self._are_own:
                self.tokens.replace(await run_sync(self._access.tokens))
            await self.rate.exchange()
        except (Unavailable, ConfigurationError) as exc:
            logger.warning("tokens and limits are not shared for now: %s", exc)
