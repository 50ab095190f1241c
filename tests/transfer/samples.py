"""What other programs write, as small as can be with the traps of each, made for these tests."""

import csv
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ROOT = "00000000-0000-4000-8000-000000000000"


def jsonl(*lines: Json | str) -> str:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)


def chatgpt_node(name: str, parent: str | None, children: list[str], message: Json | None) -> Json:
    return {"id": name, "parent": parent, "children": children, "message": message}


def chatgpt_message(name: str, role: str, *parts: object, time: float | None = None, **fields: object) -> Json:
    content = {"content_type": "text", "parts": [*parts]}
    about: Json = {"id": name, "author": {"role": role, "name": None}, "create_time": time, "content": content}
    return about | {"weight": 1.0, "recipient": "all", "metadata": {}} | fields


def chatgpt_conversations() -> list[Any]:
    message = chatgpt_message
    image = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1", "size_bytes": 9}
    spoken = {"content_type": "audio_transcription", "text": "What does the otter eat?"}
    nodes = [
        chatgpt_node("client-created-root", None, ["s"], None),
        chatgpt_node("s", "client-created-root", ["u1"], message("s", "system", "")),
        chatgpt_node("u1", "s", ["a1", "a2"], message("u1", "user", "My sister lives in Graz.", time=1767225601.5)),
        chatgpt_node("a1", "u1", [], message("a1", "assistant", "Graz is in Australia.", time=1767225602.0)),
        chatgpt_node(
            "a2",
            "u1",
            ["t"],
            message("a2", "assistant", "Graz is in Austria\ue200cite\ue202turn0search2\ue201.", time=0),
        ),
        chatgpt_node("t", "a2", ["b"], message("t", "tool", "x" * 50, author={"role": "tool", "name": "python"})),
        chatgpt_node("b", "t", ["h"], message("b", "assistant", "User's sister lives in Graz", recipient="bio")),
        chatgpt_node(
            "h", "b", ["u2"], message("h", "user", "hidden", metadata={"is_visually_hidden_from_conversation": True})
        ),
        chatgpt_node(
            "u2",
            "h",
            ["a3"],
            message(
                "u2",
                "user",
                time=1767225700,
                content={"content_type": "multimodal_text", "parts": [image, spoken, "", None]},
            ),
        ),
        chatgpt_node("a3", "u2", [], message("a3", "assistant", "Fish \ud83d and crabs.", time=1767225701)),
    ]
    graz = {"id": "c1", "title": "Trip", "create_time": 1767225600.25, "current_node": "a3"}
    lost = chatgpt_node("m1", "gone", ["m2"], message("m1", "user", "I play the oboe.", time=1767300000))
    answer = chatgpt_node("m2", "m1", ["m1"], message("m2", "assistant", "Since when?"))
    other = {"conversation_id": "c2", "title": None, "create_time": 1767300000.0, "current_node": None}
    forgotten = {"id": "c3", "is_do_not_remember": True, "current_node": "x", "mapping": {}}
    return [
        graz | {"mapping": {node["id"]: node for node in nodes}},
        None,
        other | {"mapping": {"m1": lost, "m2": answer}},
        forgotten,
    ]


def chatgpt_zip(folder: Path) -> Path:
    """Two parts, in a folder of the archive, with what macOS adds and what was exported twice."""
    conversations = chatgpt_conversations()
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/conversations-000.json", json.dumps(conversations[:2], separators=(",", ":")))
        archive.writestr("export/conversations-001.json", json.dumps(conversations))
        archive.writestr("__MACOSX/export/._conversations-000.json", b"\x00\x05\x16\x07")
        archive.writestr("export/chat.html", "<html></html>")
    return path


def chatgpt_utf16(folder: Path) -> Path:
    path = folder / "conversations.json"
    path.write_bytes(json.dumps({"conversations": chatgpt_conversations()}, indent=1).encode("utf-16"))
    return path


def claude(folder: Path) -> Path:
    def message(name: str, sender: str, said: str, time: str, parent: str, **fields: object) -> Json:
        blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": said}] if said else []
        about = {"uuid": name, "sender": sender, "text": "", "content": blocks, "created_at": time}
        return about | {"parent_message_uuid": parent, "attachments": [], "files": []} | fields

    pasted = {"file_name": "notes.txt", "extracted_content": "long"}
    messages: list[Any] = [
        message("h1", "human", "I keep two llamas.", "2026-01-05T08:00:00.000001Z", ROOT),
        message("a1", "assistant", "How old?", "2026-01-05T08:00:05Z", "h1"),
        message("h2", "human", "They are 3.", "2026-01-05T08:01:00Z", "a1"),
        message("h3", "human", "They are 4 and 7.", "2026-01-05T08:02:00Z", "a1", attachments=[pasted]),
        None,
        message("a3", "assistant", "", "2026-01-05T08:03:00Z", "h3", text="A fine age."),
    ]
    talk = {
        "uuid": "k1",
        "name": "Llamas",
        "summary": "",
        "created_at": "2026-01-05T07:59:00Z",
        "chat_messages": messages,
    }
    empty: Json = {"uuid": "k2", "name": "", "created_at": "2026-01-05T07:59:00Z", "chat_messages": []}
    memory = "**Work context**\n\nPaints signs for shops.\n\n**Home**\n- Has a barn\n  with a blue door\n- Sleeps late"
    known = [{"conversations_memory": memory, "project_memories": {"p1": "Wants a logo."}, "account_uuid": "u"}]
    export = folder / "claude"
    (export / "projects").mkdir(parents=True)
    (export / "conversations.json").write_text("\ufeff" + json.dumps([empty, 7, talk]), encoding="utf-8")
    (export / "memories.json").write_text(json.dumps(known), encoding="utf-8")
    (export / "users.json").write_text(json.dumps([{"uuid": "u", "full_name": "A", "email_address": "a@b.c"}]))
    project: Json = {"uuid": "p1", "name": "Signs", "prompt_template": "", "docs": []}
    (export / "projects" / "p1.json").write_text(json.dumps(project))
    return export


def claude_code_lines(session: str = "s1") -> list[Json | str]:
    base = {"sessionId": session, "cwd": "/home/ada/kite", "isSidechain": False}

    def line(kind: str, name: str, content: object, time: str, **fields: object) -> Json:
        message = {"role": kind, "content": content} | ({"id": f"msg-{name}"} if kind == "assistant" else {})
        return base | {"type": kind, "uuid": name, "timestamp": time, "message": message} | fields

    text = {"type": "text", "text": "A kite with two lines."}
    reminder = "<system-reminder>be nice</system-reminder>\nIts colour is green."
    return [
        {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}},
        line("user", "l1", "The kite needs two lines.", "2026-02-01T10:00:00.000Z"),
        line("assistant", "l2", [{"type": "thinking", "thinking": "hm"}], "2026-02-01T10:00:01.000Z"),
        line("assistant", "l3", [text], "2026-02-01T10:00:02.000Z"),
        line("assistant", "l3", [text], "2026-02-01T10:00:02.000Z"),
        line(
            "assistant",
            "l4",
            [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}],
            "2026-02-01T10:00:03.000Z",
        ),
        line(
            "user", "l5", [{"type": "tool_result", "tool_use_id": "t", "content": "secret"}], "2026-02-01T10:00:04.000Z"
        ),
        line("user", "l6", "<command-name>/clear</command-name>", "2026-02-01T10:00:05.000Z"),
        line("user", "l7", [{"type": "text", "text": reminder}], "2026-02-01T10:00:06.000Z"),
        line("user", "l8", "Caveat", "2026-02-01T10:00:07.000Z", isMeta=True),
        line("assistant", "l9", [{"type": "text", "text": "from below"}], "2026-02-01T10:00:08Z", isSidechain=True),
        {"type": "ai-title", "aiTitle": "Kite lines", "sessionId": session},
    ]


def claude_code(folder: Path) -> Path:
    """A session, and another that was resumed from it: the same lines in a new file, and one more, half written."""
    lines = claude_code_lines()
    (folder / "one.jsonl").write_text(jsonl(*lines), encoding="utf-8", newline="\r\n")
    more = {"type": "user", "uuid": "l10", "sessionId": "s2", "timestamp": "2026-02-02T10:00:00Z"}
    more |= {"message": {"role": "user", "content": "Paint the kite with a heron."}}
    (folder / "two.jsonl").write_text(jsonl(*claude_code_lines("s2"), more, '{"type": "user", "uu'), encoding="utf-8")
    return folder


def codex_lines() -> list[Json | str]:
    def item(time: str, role: str, said: str) -> Json:
        kind = "output_text" if role == "assistant" else "input_text"
        payload = {"type": "message", "role": role, "content": [{"type": kind, "text": said}]}
        return {"timestamp": time, "type": "response_item", "payload": payload}

    return [
        {"timestamp": "2026-03-01T09:00:00Z", "type": "session_meta", "payload": {"id": "r1", "cwd": "/home/ada/boat"}},
        item("2026-03-01T09:00:01Z", "user", "<environment_context>cwd</environment_context>"),
        item("2026-03-01T09:00:01Z", "developer", "Obey."),
        item("2026-03-01T09:00:02Z", "user", "The boat is built of larch."),
        {
            "timestamp": "2026-03-01T09:00:02Z",
            "type": "event_msg",
            "payload": {"type": "user_message", "message": "The boat"},
        },
        {
            "timestamp": "2026-03-01T09:00:03Z",
            "type": "response_item",
            "payload": {"type": "function_call", "name": "shell"},
        },
        item("2026-03-01T09:00:04Z", "assistant", "Larch lasts in water."),
    ]


def codex(folder: Path) -> Path:
    """A session and its fork, which repeats what was said; and an old one without times."""
    (folder / "rollout-1.jsonl").write_text(jsonl(*codex_lines()), encoding="utf-8")
    fork = [{**line, "payload": line["payload"]} for line in codex_lines() if isinstance(line, dict)]
    fork[0]["payload"] = {"id": "r2", "cwd": "/home/ada/boat", "forked_from_id": "r1"}
    (folder / "rollout-2.jsonl").write_text(jsonl(*fork), encoding="utf-8")
    old: list[Json | str] = [{"id": "r0", "timestamp": "2025-06-01T09:00:00Z", "instructions": None, "git": None}]
    old += [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "The oars are ash."}]}] * 2
    (folder / "rollout-0.jsonl").write_text(jsonl(*old), encoding="utf-8")
    return folder


def gemini_cli(folder: Path) -> Path:
    about = {"sessionId": "g1", "projectHash": "ff", "startTime": "2026-04-01T10:00:00Z", "kind": "main"}
    said = [
        {"id": "m1", "timestamp": "2026-04-01T10:00:01Z", "type": "user", "content": [{"text": "I bake rye bread."}]},
        {"id": "m2", "timestamp": "2026-04-01T10:00:02Z", "type": "info", "content": "tip"},
        {
            "id": "m3",
            "timestamp": "2026-04-01T10:00:03Z",
            "type": "gemini",
            "content": "With a starter?",
            "toolCalls": [],
        },
    ]
    (folder / "session-1.json").write_text(json.dumps(about | {"messages": said}, indent=2), encoding="utf-8")
    (folder / "session-2.jsonl").write_text(jsonl(about | {"sessionId": "g2"}, *said), encoding="utf-8")
    return folder


def vscode_lines() -> list[Json | str]:
    def event(kind: str, name: str, time: str, **about: object) -> Json:
        return {"type": kind, "data": about, "id": name, "timestamp": time, "parentId": None}

    return [
        event("session.start", "v0", "2026-05-01T10:00:00Z", sessionId="v"),
        event("user.message", "v1", "2026-05-01T10:00:01Z", content="The lamp takes a small bulb.", attachments=[]),
        event("assistant.message", "v2", "2026-05-01T10:00:02Z", content="", toolRequests=[{"name": "read"}]),
        event("tool.execution_complete", "v3", "2026-05-01T10:00:03Z", result="file"),
        event("assistant.message", "v4", "2026-05-01T10:00:04Z", content="An E14, then."),
    ]


def vscode(folder: Path) -> Path:
    path = folder / "v.jsonl"
    path.write_text(jsonl(*vscode_lines()), encoding="utf-8")
    return path


def server_memory(folder: Path) -> Path:
    path = folder / "memory.jsonl"
    ada = {
        "type": "entity",
        "name": "Ada_L",
        "entityType": "person",
        "observations": ["breeds goats", "", "breeds goats"],
    }
    relation = {"type": "relation", "from": "Ada_L", "to": "Goat_House", "relationType": "works_at"}
    path.write_text(jsonl(ada, relation, {"type": "note"}), encoding="utf-8")
    return path


_SERVICE = (
    "CREATE TABLE memories (id INTEGER PRIMARY KEY, content_hash TEXT, content TEXT, tags TEXT, memory_type TEXT,"
    " metadata TEXT, created_at REAL, created_at_iso TEXT, deleted_at REAL, superseded_by TEXT)"
)


def memory_service(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "sqlite_vec.db")) as database:
        database.execute(_SERVICE)
        database.executemany(
            "INSERT INTO memories VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL, ?, ?)",
            [
                (
                    "h1",
                    "The server room is on floor 3.",
                    "work, place",
                    "note",
                    '{"by": "me"}',
                    1767225600.5,
                    None,
                    None,
                ),
                ("h2", "The room was on floor 2.", "", "note", None, 1760000000.0, None, "h1"),
                ("h3", "A secret that was deleted.", "", None, None, 1767225600.0, 1767225700.0, None),
            ],
        )
        database.commit()
    again = {
        "content": "The server room is on floor 3.",
        "content_hash": "h1",
        "tags": ["work"],
        "created_at": 1767225600.5,
    }
    more = {
        "content": "Backups run at night.",
        "content_hash": "h4",
        "tags": None,
        "created_at": 1767225601,
        "metadata": {},
    }
    export = {"export_metadata": {"exporter_version": "5.0.1"}, "memories": [again, more, None]}
    (folder / "export.json").write_text(json.dumps(export), encoding="utf-8")
    return folder


def mem0(folder: Path) -> Path:
    results = [
        {"id": "i1", "memory": "Likes jazz", "created_at": "2025-11-01T10:00:00-07:00", "categories": ["music"]},
        {"id": "i2", "memory": "Name is Ada", "created_at": "2025-11-02T10:00:00-07:00", "metadata": {"a": 1}},
    ]
    (folder / "all.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    with closing(sqlite3.connect(folder / "history.db")) as database:
        database.execute(
            "CREATE TABLE history (id TEXT, memory_id TEXT, old_memory TEXT, new_memory TEXT, event TEXT,"
            " created_at TEXT, is_deleted INTEGER)"
        )
        database.executemany(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                ("1", "j1", None, "Has a canoe", "ADD", "2025-10-01T10:00:00+00:00", 0),
                ("2", "j1", "Has a canoe", "Has a red canoe", "UPDATE", "2025-10-02T10:00:00+00:00", 0),
                ("3", "j2", None, "Has a tent", "ADD", "2025-10-01T10:00:00+00:00", 0),
                ("4", "j2", "Has a tent", None, "DELETE", "2025-10-03T10:00:00+00:00", 1),
            ],
        )
        database.commit()
    one = {"id": "o1", "content": "Collects stamps", "state": "active", "created_at": "2025-09-01T10:00:00"}
    gone = {"id": "o2", "content": "Old news", "state": "deleted", "created_at": "2025-09-01T10:00:00"}
    rest: Json = {"user": {}, "apps": [], "export_meta": {"version": "1"}, "memories": [one, gone]}
    with zipfile.ZipFile(folder / "memories_export_a.zip", "w") as archive:
        archive.writestr("memories.json", json.dumps(rest))
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb") as lines:
            lines.write(jsonl(one | {"app": "x", "categories": ["hobby"]}, gone).encode())
        archive.writestr("memories.jsonl.gz", packed.getvalue())
    return folder


NOTE = """---
title: Coffee
tags: [drinks, morning]
created: 2026-01-02 08:00:00
---

# Coffee

## Brewing
- [method] Pour over tastes best #filter (at home)
- [ ] buy beans
- brewed_with [[Kettle]]
- A plain item
  over two lines

Some prose about water,
on two lines.

```python
print("code")
```
"""


def markdown(folder: Path) -> Path:
    notes = folder / "notes"
    notes.mkdir()
    (notes / "coffee.md").write_text(NOTE, encoding="utf-8", newline="\r\n")
    (notes / "saved.md").write_text("# Saved\n\n- [2026-01-05] - Sister lives in Linz\n", encoding="utf-8-sig")
    return notes


def tables(folder: Path) -> Path:
    with (folder / "talk.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["Role", "Content", "Date", "Conversation"])
        rows.writerow(["User", 'I said "yes";\nthen no.', "2026-01-05 10:00", "t1"])
        rows.writerow(["AI", "Which?", "", "t1"])
        rows.writerow(["AI", "", "", "t1"])
        rows.writerow(["narrator", "It rains.", "", "t1"])
    said = {"role": "human", "content": "The\x00 fox came.", "time": 1767225600}
    (folder / "talk.jsonl").write_text(jsonl(said, "[]", {"role": "assistant", "content": "Again?"}, said))
    (folder / "facts.csv").write_text("fact,tags\nOwns a sauna,home\n", encoding="utf-16")
    return folder


def ours(folder: Path) -> Path:
    path = folder / "ours.jsonl"
    said = {"kind": "message", "conversation_id": "c", "id": "m1", "role": "user", "content": "I hike on Sundays."}
    known = {"kind": "memory", "conversation_id": "c", "memory_value": "Hikes on Sundays.", "sources": ["m1"]}
    path.write_text(jsonl(said | {"task_id": "t1", "create_time": "2026-01-05 10:00:00"}, known), encoding="utf-8-sig")
    return path


SAMPLES: dict[str, Callable[[Path], Path]] = {
    function.__name__: function
    for function in (
        chatgpt_zip,
        chatgpt_utf16,
        claude,
        claude_code,
        codex,
        gemini_cli,
        vscode,
        server_memory,
        memory_service,
        mem0,
        markdown,
        tables,
        ours,
    )
}
