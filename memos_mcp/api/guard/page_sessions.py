"""Who has the page open: a link that works once, or a token, becomes a cookie and a token of the page.

A browser sends the cookie to every port of a host, and keeps the page's token to the page's own origin: a request has
to show both, so that neither another server of this machine nor another page can make one.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

PAGE_TOKEN: Final = "x-memos-page"  # noqa: S105 - the name of a header
LINK_LASTS: Final = 300.0
"""Seconds in which a link has to be opened."""

VISIT_LASTS: Final = 12 * 3600.0
"""Seconds without a request after which a visit is over."""

MOST_VISITS: Final = 1_000  # of some 300 bytes each; then the one seen longest ago goes


@dataclass(slots=True)
class PageSession:
    """A browser that was let in; `name` tells visits apart and opens nothing."""

    user_id: str
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    page_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    name: str = field(default_factory=lambda: f"page-{secrets.token_hex(6)}")
    last: float = 0.0


class PageSessions:
    """The links that nobody has opened yet, and the visits of those who did; they end with the engine."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._links: dict[str, tuple[str, float]] = {}
        self._visits: dict[str, PageSession] = {}
        self._under_way = 0
        self._last = clock()

    def link(self, user_id: str) -> str:
        """Make the secret of a link that lets one browser in."""
        secret = secrets.token_urlsafe(32)
        now = self._last = self._clock()
        self._links = {key: value for key, value in self._links.items() if value[1] > now}
        self._links[secret] = (user_id, now + LINK_LASTS)
        return secret

    def open(self, secret: str) -> PageSession | None:
        """Let in who has the secret of a link; None where it is unknown, too old or used already."""
        found = next((known for known in self._links if hmac.compare_digest(known.encode(), secret.encode())), None)
        if found is None:
            return None
        user_id, until = self._links.pop(found)
        return self.begin(user_id) if self._clock() < until else None

    def begin(self, user_id: str) -> PageSession:
        """Let a browser in."""
        now = self._clock()
        lasting = {key: visit for key, visit in self._visits.items() if now - visit.last < VISIT_LASTS}
        while len(lasting) >= MOST_VISITS:
            del lasting[min(lasting, key=lambda key: lasting[key].last)]
        visit = PageSession(user_id, last=now)
        self._visits = lasting | {visit.key: visit}
        return visit

    def end(self, visit: PageSession) -> None:
        """Let a browser out."""
        self._visits.pop(visit.key, None)

    def of(self, headers: Headers) -> PageSession | None:
        """Return the visit that a request belongs to; None where its cookie or the page's token is missing or wrong."""
        key = cookie_parser(headers.get("cookie", "")).get(cookie_name(headers), "")
        shown = headers.get(PAGE_TOKEN, "")
        for visit in self._visits.values():
            if hmac.compare_digest(visit.key.encode(), key.encode()):
                now, last = self._clock(), visit.last
                visit.last = now
                known = hmac.compare_digest(visit.page_token.encode(), shown.encode())
                return visit if known and now - last < VISIT_LASTS else None
        return None

    @contextmanager
    def during(self) -> Generator[None]:
        """Count a request of the page while the block runs."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._last = self._clock()

    def idle_for(self) -> float:
        """Return the seconds since anybody had the page open or asked for a link."""
        return 0.0 if self._under_way else self._clock() - self._last


def cookie_name(headers: Headers) -> str:
    """Return the name of the cookie: one a port, for a browser does not tell the ports of a host apart."""
    port = headers.get("host", "").rpartition(":")[2]
    return f"memos_{port}" if port.isdecimal() else "memos"
