"""How many calls a token may make in a while."""

import time
from typing import Final, Protocol

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

DEFAULT_RATE: Final = "12000 per minute"
"""A token's calls: five times what MemOS allows an account. Enough for a busy application, not for a runaway loop."""


class Counting(Protocol):
    """Counts the calls of each token in a sliding window."""

    async def exceeded(self, token: str) -> float | None:
        """Count a call; give the seconds to wait where it is one too many."""
        ...


class Rate:
    """Counts the calls of each token at this process."""

    def __init__(self, allowed: str = DEFAULT_RATE) -> None:
        """Take what is allowed, such as `100 per minute`."""
        self._allowed: RateLimitItem = parse(allowed)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def exceeded(self, token: str) -> float | None:
        """Count a call; give the seconds to wait where it is one too many."""
        if await self._limiter.hit(self._allowed, token):
            return None
        window = await self._limiter.get_window_stats(self._allowed, token)
        return max(1.0, window.reset_time - time.time())

    async def forget(self, token: str) -> None:
        """Count from nothing again."""
        await self._limiter.clear(self._allowed, token)
