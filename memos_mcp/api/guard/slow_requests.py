"""Connections that begin a request and do not go on: closed after a while, and only so many at a time.

uvicorn waits for the rest of a request's head for ever, and a caller needs no token to have it wait.
"""

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

PATIENCE: Final = 10.0
"""Seconds for the head of a request, and for each further piece of its body."""

MOST: Final = 256
"""Connections without a whole head at most, and bodies that are half sent; then what has waited longest goes."""

_Protocol = cast("type[H11Protocol]", AutoHTTPProtocol)  # that of httptools, where it is installed, has the same parts


class _Impatient(_Protocol):
    patience: float
    most: int
    waiting: "dict[_Impatient, asyncio.TimerHandle]"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self.wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            self.wait()
        else:
            self.wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self.wait_no_more()
        super().connection_lost(exc)

    def wait(self) -> None:
        """Give it so long, from its first byte, to send the head of a request."""
        if self not in self.waiting:
            self.waiting[self] = asyncio.get_running_loop().call_later(self.patience, self.transport.close)
            if len(self.waiting) > self.most:
                next(iter(self.waiting)).transport.close()

    def wait_no_more(self) -> None:
        if timer := self.waiting.pop(self, None):
            timer.cancel()


def impatient(*, patience: float = PATIENCE, most: int = MOST) -> type[_Impatient]:
    """Make uvicorn's protocol for one server, whose connections share what waits."""
    return type("Impatient", (_Impatient,), {"patience": patience, "most": most, "waiting": {}})
