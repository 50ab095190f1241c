"""What Prometheus reads at /metrics: calls, errors and seconds by operation, what is kept and waits, the process."""

from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from memos_mcp import __version__
from memos_mcp.api.monitoring.audit import address_of
from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import StoreStatus

METRICS: Final = "/metrics"

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds; a search takes tens of milliseconds, an add that waits for a chat model many seconds."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

KEPT: Final = {
    "users": "Users of whom something is kept.",
    "conversations": "Conversations that are kept.",
    "messages": "Messages that are kept.",
    "memories": "Memories in force.",
    "waiting_for_vectors": "Texts that wait to be embedded.",
    "waiting_for_memories": "Adds that wait for their memories.",
    "failed_for_memories": "Adds whose memories failed and are tried again.",
    "taken_over_by_rules": "Adds that a chat model failed for so long that the rules took its place.",
}
"""The counts of a store's status, and what each is."""


class Metrics:
    """Counts calls, and writes what it counted."""

    def __init__(self, status: Callable[[], Awaitable[StoreStatus | None]]) -> None:
        self._status = status
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "memos_operation_seconds", "Calls by operation.", ["operation"], buckets=BUCKETS, registry=self._registry
        )
        self._errors = Counter(
            "memos_operation_errors", "Calls that failed, by code.", ["operation", "code"], registry=self._registry
        )
        self._kept = {name: Gauge(f"memos_{name}", what, registry=self._registry) for name, what in KEPT.items()}
        build = Gauge("memos_build_info", "The version.", ["version"], registry=self._registry)
        build.labels(__version__).set(1)

    def count(self, operation: str, seconds: float, *, error: BaseException | None) -> None:
        """Count a call."""
        self._seconds.labels(operation).observe(seconds)
        if error is not None:
            code = error.code if isinstance(error, MemosError) else type(error).__name__
            self._errors.labels(operation, str(code)).inc()

    def route(self) -> Route:
        """Return the route that Prometheus reads."""
        return Route(METRICS, self.read, methods=["GET"])

    async def read(self, request: Request) -> Response:
        """Write all that was counted."""
        del request
        status = await self._status()
        if status is not None:
            for name, gauge in self._kept.items():
                gauge.set(getattr(status, name))
        return Response(generate_latest(self._registry), headers={"content-type": CONTENT_TYPE_LATEST})


def is_own_reader(scope: Scope, headers: Headers) -> bool:
    """Whether this machine itself asks for the metrics; what came through a proxy came from elsewhere."""
    is_local = address_of(scope) in LOOPBACK and not any(name in headers for name in FORWARDED)
    return is_local and scope["path"] == METRICS
