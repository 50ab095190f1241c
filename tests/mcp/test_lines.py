"""Every line of standard input is a message or is answered."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mcp.types import JSONRPCError, JSONRPCRequest

from memos_mcp.mcp.line_reader import Line, Lines, RefusedLine, read_line

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "add_message"}}


def _refused(line: bytes | str) -> tuple[Any, int, str]:
    read = read_line(line if isinstance(line, bytes) else line.encode())
    assert isinstance(read, RefusedLine)
    return read.answer.id, read.answer.error.code, read.answer.error.message


def _read(pieces: list[bytes], *, limit: int = 1_000) -> list[Line]:
    lines = Lines(limit=limit)
    return [line for piece in pieces for line in lines.feed(piece)] + list(lines.end())


def test_a_line_that_is_not_json_is_answered_with_a_parse_error() -> None:
    for line in ("hello", '{"jsonrpc":', "[" * 100_000):
        assert _refused(line)[:2] == (None, -32700)


def test_a_line_that_is_not_utf_8_is_refused_and_not_repaired() -> None:
    assert _refused(b'{"jsonrpc":"2.0","id":7,"method":"\xff"}')[1:] == (-32700, "The line is not UTF-8.")


def test_json_that_is_no_message_is_answered_by_its_id() -> None:
    assert _refused("[1]")[:2] == (None, -32600)
    assert _refused("5")[:2] == (None, -32600)
    assert _refused('{"id": "a", "what": 1}')[:2] == ("a", -32600)
    assert _refused('{"id": true}')[:2] == (None, -32600)


def test_half_a_character_is_refused_by_the_id_of_its_request() -> None:
    line = json.dumps(CALL | {"params": {"text": "cut inside an emoji \ud83d"}})

    number, code, message = _refused(line)
    assert (number, code) == (7, -32602)
    assert "surrogate" in message


def test_whoever_waits_for_an_answer_with_half_a_character_is_told() -> None:
    read = read_line(rb'{"jsonrpc":"2.0","id":3,"result":{"action":"accept","content":{"x":"\ud83d"}}}')

    assert isinstance(read, JSONRPCError)
    assert read.id == 3


def test_a_whole_character_in_two_escapes_is_understood() -> None:
    read = read_line(json.dumps(CALL | {"params": {"text": "\U0001f600"}}).encode())

    assert isinstance(read, JSONRPCRequest)
    assert read.params == {"text": "😀"}


def test_lines_are_put_together_from_pieces() -> None:
    whole = json.dumps(CALL).encode() + b"\n"
    read = _read([whole[:5], whole[5:] + b"\r\n" + whole[:9], whole[9:-1]])

    assert [line.id for line in read if isinstance(line, JSONRPCRequest)] == [7, 7]


def _error_ids(read: list[Line]) -> list[Any]:
    return [line.answer.id for line in read if isinstance(line, RefusedLine)]


def test_a_line_that_is_too_long_is_answered_and_the_next_is_read() -> None:
    text = "x" * 5_000
    first = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "m", "params": {"id": 1, "text": text}}).encode()
    last = json.dumps({"method": "m", "params": {"id": 1, "text": text}, "jsonrpc": "2.0", "id": "b"}).encode()
    middle = json.dumps({"method": "m", "params": {"a": text, "id": 1, "b": text}}).encode()
    for size in (64, 100_000):
        stream = b"\n".join([first, last, middle, json.dumps(CALL).encode(), b""])
        read = _read([stream[start : start + size] for start in range(0, len(stream), size)])

        assert _error_ids(read) == [7, "b", None]
        assert isinstance(read[-1], JSONRPCRequest)


def test_a_stored_text_cannot_pass_for_the_id_of_a_line_that_is_too_long() -> None:
    line = json.dumps({"method": "m", "params": {"text": "x" * 5_000 + '"id": 9}'}}).encode()

    assert _error_ids(_read([line + b"\n"])) == [None]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_answered(line: bytes) -> None:
    for read in _read([line + b"\n"]):
        assert isinstance(read, RefusedLine)
