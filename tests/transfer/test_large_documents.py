"""A document is read as a stream, however it is broken into lines; what it is, is known by all of its keys."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memos_mcp.transfer.detection import DocumentHead, head_of
from memos_mcp.transfer.documents import documents_in
from memos_mcp.transfer.importer import FoundInDocuments, recognise, survey
from tests.transfer.samples import Json, chatgpt_conversations, chatgpt_message, chatgpt_node

pytestmark = pytest.mark.long

WORDS = "The boat is built of larch and lasts in water for long years. " * 200  # 12,400 characters


def chatgpt(count: int) -> Json:
    return {
        "conversations": [one for _ in range(count // 2 + 1) for one in [_talk("c", 1, WORDS), _talk("d", 1, WORDS)]]
    }


def _talk(name: str, count: int, said: str) -> Json:
    nodes = {
        f"{name}{number}": chatgpt_node(
            f"{name}{number}",
            f"{name}{number - 1}",
            [f"{name}{number + 1}"],
            chatgpt_message(f"{name}{number}", "user", said),
        )
        for number in range(count)
    }
    return {"id": name, "title": name, "mapping": nodes, "current_node": f"{name}{count - 1}"}


def gemini_cli(count: int) -> Json:
    said = [{"id": str(number), "type": "user", "content": WORDS} for number in range(count)]
    return {"sessionId": "g", "projectHash": "f", "messages": said}


def mem0(count: int) -> Json:
    return {"results": _memories(count)}


def openmemory(count: int) -> Json:
    return {"user": {}, "apps": [], "memories": _memories(count), "export_meta": {"version": "1"}}


def memory_service(count: int) -> Json:
    return {"export_metadata": {}, "memories": _memories(count)}


def _memories(count: int) -> list[Json]:
    return [
        {"id": str(number), "content": WORDS, "content_hash": str(number), "state": "active"} for number in range(count)
    ]


OBJECTS = pytest.mark.parametrize(
    "make", [chatgpt, gemini_cli, mem0, openmemory, memory_service], ids=lambda make: make.__name__
)


def found_in(path: Path) -> FoundInDocuments:
    (found,) = survey(recognise([path]), user_id="u", database=None).values()
    return found


@OBJECTS
@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
def test_an_object_that_is_longer_than_a_line_may_be_is_read_on_one_line_as_on_many(
    tmp_path: Path, make: Callable[[int], Json], indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memos_mcp.transfer.documents.LONGEST_LINE", 1 << 20)
    path = tmp_path / "document"
    path.write_text(json.dumps(make(120), indent=indent), encoding="utf-8")

    found = found_in(path)

    assert path.stat().st_size > 1_400_000
    assert found.messages + found.memories >= 120


@OBJECTS
def test_an_object_on_one_line_is_never_held_as_a_whole(tmp_path: Path, make: Callable[[int], Json]) -> None:
    path = tmp_path / "document"
    path.write_text(json.dumps(make(600)), encoding="utf-8")
    recognise([path])
    tracemalloc.start()
    try:
        found_in(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert path.stat().st_size > 7_400_000
    assert peak < 5_000_000


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize("late", ["openmemory", "chatgpt"])
def test_a_key_that_comes_after_many_others_is_seen(tmp_path: Path, late: str, indent: int | None) -> None:
    memories = [{"id": str(number), "content": "Likes tea", "state": "active"} for number in range(8_000)]
    document = {
        "openmemory": {"user": {}, "memories": memories, "apps": [], "export_meta": {"version": "1"}},
        "chatgpt": [_talk("c", 3_000, "Yes.")],
    }[late]
    (tmp_path / "document").write_text(json.dumps(document, indent=indent), encoding="utf-8")

    found = found_in(tmp_path / "document")

    assert found.messages + found.memories in (3_000, 8_000)


@pytest.mark.parametrize("separator", ["", "\n"], ids=["one of them", "a line each"])
def test_conversations_of_chatgpt_are_read_without_a_list_around_them(tmp_path: Path, separator: str) -> None:
    talks = [one for one in chatgpt_conversations() if one][: 2 if separator else 1]
    (tmp_path / "document").write_text(separator.join(map(json.dumps, talks)), encoding="utf-8")

    assert found_in(tmp_path / "document").messages == (6 if separator else 4)


def test_lines_are_told_from_one_object_where_the_first_is_long(tmp_path: Path) -> None:
    first = {"type": "user", "sessionId": "s", "uuid": "1", "message": {"content": "Long."}, "x": WORDS * 100}
    second = {"type": "user", "sessionId": "s", "uuid": "2", "message": {"content": "Short."}}
    (tmp_path / "document").write_text("\n".join(map(json.dumps, [first, second])), encoding="utf-8")

    (head,) = heads_in(tmp_path)

    assert (head.kind, head.is_object, len(head.samples)) == ("lines", False, 2)
    assert found_in(tmp_path).messages == 2


def heads_in(path: Path) -> Iterator[DocumentHead]:
    return filter(None, map(head_of, documents_in(path)))
