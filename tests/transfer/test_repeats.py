"""What is said again is kept again, what is only written again is not; a survey counts as the import takes."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.transfer.importer import recognise, run, survey
from tests.transfer.samples import Json, chatgpt_message, chatgpt_node, codex_lines, jsonl

SAID = [("user", "Yes."), ("user", "Yes."), ("assistant", "Sure?"), ("user", "Yes."), ("assistant", "Yes.")]


def import_of(tmp_path: Path, content: str) -> tuple[int, int, list[tuple[str, str]], dict[str, int]]:
    """Import a document: how many messages a survey found new, how many came, all that are there, what was left out."""
    (tmp_path / "document").write_text(content, encoding="utf-8")
    recognised = recognise([tmp_path / "document"])
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        (found,) = survey(recognised, user_id="u", database=ledger.database).values()
        taken, _ = run(recognised, ledger, user_id="u", redact=False)
        assert run(recognised, ledger, user_id="u", redact=False) == (0, 0), "the same document brings nothing new"
        rows = ledger.database.rows("SELECT role, content FROM message ORDER BY seq", ())
    return found.new_messages, taken, [(row["role"], row["content"]) for row in rows], dict(found.left_out)


def gemini_messages() -> list[Json]:
    return [{"type": "gemini" if role == "assistant" else role, "content": said} for role, said in SAID]


def gemini_object() -> str:
    return json.dumps({"sessionId": "g", "projectHash": "f", "messages": gemini_messages()})


def gemini_lines() -> str:
    return jsonl({"sessionId": "g", "projectHash": "f"}, *gemini_messages())


def claude() -> str:
    messages = [{"sender": "human" if role == "user" else role, "text": said} for role, said in SAID]
    return json.dumps([{"uuid": "k", "name": "", "chat_messages": messages}])


def claude_code() -> str:
    return jsonl(*({"sessionId": "s", "type": role, "message": {"role": role, "content": said}} for role, said in SAID))


def codex() -> str:
    def item(role: str, said: str) -> Json:
        return {"type": "message", "role": role, "content": [{"type": "input_text", "text": said}]}

    begin: Json = {"id": "r", "timestamp": "2025-06-01T09:00:00Z", "instructions": None}
    return jsonl(begin, *(item(role, said) for role, said in SAID))


def vscode() -> str:
    events: list[Any] = [{"type": f"{role}.message", "data": {"content": said}} for role, said in SAID]
    return jsonl({"type": "session.start", "data": {"sessionId": "v"}}, *events)


def chatgpt() -> str:
    nodes: dict[str, Json] = {}
    for number, (role, said) in enumerate(SAID):
        message = chatgpt_message("", role, said)
        nodes[str(number)] = chatgpt_node(str(number), str(number - 1), [str(number + 1)], message)
    return json.dumps([{"id": "c", "current_node": "4", "mapping": nodes}])


def table_lines() -> str:
    return jsonl(*({"role": role, "content": said} for role, said in SAID))


def table_of_one_id() -> str:
    return json.dumps(
        [{"id": "1", "role": role, "content": f"{said} {number}"} for number, (role, said) in enumerate(SAID)]
    )


@pytest.mark.parametrize(
    "make",
    [gemini_object, gemini_lines, claude, claude_code, codex, vscode, chatgpt, table_lines, table_of_one_id],
    ids=lambda make: make.__name__,
)
def test_messages_without_ids_of_their_own_are_kept_however_often_they_say_the_same(
    tmp_path: Path, make: Callable[[], str]
) -> None:
    new, taken, there, _ = import_of(tmp_path, make())

    assert (new, taken) == (len(SAID), len(SAID))
    assert [(role, said[:4]) for role, said in there] == [(role, said[:4]) for role, said in SAID]


def twice(lines: list[Json | str], number: int) -> str:
    return jsonl(*lines[: number + 1], lines[number], *lines[number + 1 :])


GEMINI_LINES: list[Json | str] = [
    {"sessionId": "g", "projectHash": "f"},
    {"id": "m1", "type": "user", "content": "I bake rye bread."},
    {"id": "m2", "type": "gemini", "content": "With a starter?"},
]
TABLE_LINES: list[Json | str] = [
    {"id": "1", "role": "user", "content": "I bake rye bread."},
    {"id": "2", "role": "assistant", "content": "With a starter?"},
]


@pytest.mark.parametrize(
    "content",
    [twice(GEMINI_LINES, 2), twice(TABLE_LINES, 0), twice(codex_lines(), 3)],
    ids=["gemini_cli", "table", "codex"],
)
def test_a_message_that_is_written_twice_is_kept_once_and_counted_as_left_out(tmp_path: Path, content: str) -> None:
    new, taken, there, left_out = import_of(tmp_path, content)

    assert (new, taken, len(there)) == (2, 2, 2)
    assert left_out["messages that are written twice"] == 1


def test_a_repeat_leaves_the_first_its_identity_so_that_an_older_import_is_known(tmp_path: Path) -> None:
    (tmp_path / "before").write_text(
        json.dumps({"sessionId": "g", "projectHash": "f", "messages": gemini_messages()[:1]}), encoding="utf-8"
    )
    (tmp_path / "after").write_text(gemini_object(), encoding="utf-8")
    with closing(Ledger.open(tmp_path / LEDGER_FILE)) as ledger:
        run(recognise([tmp_path / "before"]), ledger, user_id="u", redact=False)
        names = ledger.database.rows("SELECT idempotency FROM task", ())

        assert run(recognise([tmp_path / "after"]), ledger, user_id="u", redact=False) == (len(SAID) - 1, 0)
    assert [row["idempotency"] for row in names] == ["gemini-cli:9c29ed4e6ab6f32074757329b8c8b6e0"]
