"""OpenTelemetry traces: how long operations, embeddings, statements of the ledger and calls of the index take.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set and the extra `opentelemetry` is installed. Spans hold names and kinds
of errors: no text, no user, no statement with its values. The SDK reads its other `OTEL_*` variables itself.
"""

import logging
import os
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

logger = logging.getLogger(__name__)

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def span(name: str, *, inner: bool = False) -> AbstractContextManager[None]:
    """Measure a block; with `inner` only as a part of another span, so that background polls make none."""
    tracer = _tracer()
    return nullcontext() if tracer is None else _measured(tracer, name, inner=inner)


@cache
def _tracer() -> "Tracer | None":
    """Return what makes spans, and sends them from a thread of its own; None where traces are off."""
    if not any(map(os.environ.get, ENDPOINTS)):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        logger.warning(
            "%s is set, but there are no traces: pip install 'memos-memory-mcp[opentelemetry]'.", ENDPOINTS[0]
        )
        return None
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "memos-mcp"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("memos_mcp")


@contextmanager
def _measured(tracer: "Tracer", name: str, *, inner: bool) -> Generator[None]:
    from opentelemetry.trace import Status, StatusCode, get_current_span  # noqa: PLC0415

    if inner and not get_current_span().is_recording():
        yield
        return
    # The SDK would record the message of an exception, in which there may be a name or a text.
    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as current:
        try:
            yield
        except BaseException as exc:
            current.set_attribute("error.type", type(exc).__name__)
            current.set_status(Status(StatusCode.ERROR))
            raise
