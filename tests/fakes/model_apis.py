"""A model that says the same to everything, as Claude Code, Codex and Gemini CLI ask it; keeps what it was asked."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

SAID = "Understood, I will keep that in mind."
Json = dict[str, Any]


class ModelApis(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def model_apis() -> Generator[ModelApis]:
    server = ModelApis()
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ModelApis

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the standard library
        del format, args

    def do_GET(self) -> None:
        self._answer(b"{}", "application/json")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked: Json = json.loads(body or b"{}")
        if "count_tokens" in self.path:
            self._answer(b'{"input_tokens": 5}', "application/json")
            return
        said = asked.get("messages") or asked.get("input") or asked.get("contents")
        self.server.asked.append(json.dumps(said, ensure_ascii=False))
        if self.path.endswith("/responses"):
            self._answer(_stream_of_responses().encode(), "text/event-stream")
        elif "GenerateContent" in self.path:
            self._answer(f"data: {json.dumps(_generated())}\n\n".encode(), "text/event-stream")
        elif asked.get("stream"):
            self._answer(_stream().encode(), "text/event-stream")
        else:
            whole = _message() | {"content": [{"type": "text", "text": SAID}], "stop_reason": "end_turn"}
            self._answer(json.dumps(whole).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _message() -> Json:
    usage = {"input_tokens": 5, "output_tokens": 1}
    about: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    return about | {"stop_reason": None, "stop_sequence": None}


def _stream() -> str:
    events: list[tuple[str, Json]] = [
        ("message_start", {"message": _message()}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": SAID}}),
        ("content_block_stop", {"index": 0}),
        (
            "message_delta",
            {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 9}},
        ),
        ("message_stop", {}),
    ]
    return _events(events)


def _stream_of_responses() -> str:
    text = {"type": "output_text", "text": SAID, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    usage = {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}
    response: Json = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
    events: list[tuple[str, Json]] = [
        ("response.created", {"response": response}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        ("response.completed", {"response": response | {"status": "completed", "output": [item], "usage": usage}}),
    ]
    return _events(events)


def _generated() -> Json:
    content = {"role": "model", "parts": [{"text": SAID}]}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}


def _events(events: list[tuple[str, Json]]) -> str:
    return "".join(f"event: {name}\ndata: {json.dumps({'type': name} | told)}\n\n" for name, told in events)
