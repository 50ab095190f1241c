"""Traces of a real server, as a receiver of OTLP over HTTP gets them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from memos_mcp.core.tracing import ENDPOINTS, span
from tests.api.process import running

pytestmark = pytest.mark.processes

USER = "anna-whom-nobody-must-see"
TEXT = "The spare key hangs behind the barometer."


@pytest.fixture
def received() -> Iterator[tuple[str, list[bytes]]]:
    """Give the address of a receiver, and what was sent to its path for traces."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces":
                bodies.append(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


def use_server(folder: Path, **settings: str) -> None:
    """Add, search, ask for what is not there, and delete, at a server that then ends."""
    with running(folder, **settings) as server:

        def call(operation: str, **body: object) -> httpx.Response:
            return httpx.post(f"{server.rest}/{operation}", json={"user_id": USER, **body}, timeout=60)

        message = {"role": "user", "content": TEXT}
        assert call("add/message", conversation_id="hall", messages=[message], async_mode=False).json()["code"] == 0
        found = call("search/memory", query="Where is the spare key?").json()
        assert TEXT in str(found)
        assert call("get/status", task_id="none-such").json()["code"] != 0
        assert call("delete/memory").json()["code"] == 0


def test_operations_embeddings_and_ledger_are_traced_without_texts_or_users(
    tmp_path: Path, received: tuple[str, list[bytes]]
) -> None:
    address, bodies = received
    use_server(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_SERVICE_NAME="memory-of-the-team")

    exported = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    resources = [resource for one in exported for resource in one.resource_spans]
    spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
    search = next(span for span in spans if span.name == "search_memory")
    failed = next(span for span in spans if span.name == "get_status")
    inside = {span.name for span in spans if span.trace_id == search.trace_id}
    assert {span.name for span in spans} >= {"add_message", "search_memory", "delete_memory"}
    assert inside >= {"embedding", "ledger"}
    assert all(span.trace_id == search.trace_id for span in children(spans, search))
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert "error.type" in {attribute.key for attribute in failed.attributes}
    assert b"memory-of-the-team" in bodies[0]
    for secret in (USER, TEXT, "barometer", "hall", "spare", str(tmp_path)):
        assert not any(secret.encode() in body for body in bodies)


def children(spans: list[Span], parent: Span) -> list[Span]:
    found = [span for span in spans if span.parent_span_id == parent.span_id]
    assert found
    return found


def test_there_are_no_traces_unless_an_endpoint_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert isinstance(span("search_memory"), nullcontext)
