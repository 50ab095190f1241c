"""The export of Claude: conversations, and what Claude remembers; in one archive or an archive a kind."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import (
    Item,
    LeftOut,
    Origin,
    Progress,
    digest,
    elements,
    milliseconds,
    objects,
    text,
)

_HEADING: Final = re.compile(r"^(?:#+\s*(?P<mark>.+?)|\*\*(?P<bold>[^*]+)\*\*:?)\s*$")
_ITEM: Final = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is part of such an export."""
    return head.kind != "text" and (
        head.has("chat_messages")
        or head.has("conversations_memory")
        or head.has("account_uuid", "memory_files")
        or _is_beside(head)
    )


def _is_beside(head: DocumentHead) -> bool:
    return (
        head.has("uuid", "prompt_template", "docs")
        or head.has("uuid", "full_name", "email_address")
        or head.has("data_files", "total_files")
    )


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the messages of all conversations, or the memories."""
    is_list = document.first_bytes().startswith(b"[")
    for element in elements(document, "item" if is_list else "", on_read=on_read):
        one = mapping(element)
        if isinstance(element, LeftOut):
            yield element
        elif "chat_messages" in one:
            yield from _conversation(one, origin)
        elif "conversations_memory" in one or "memory_files" in one:
            yield from _memories(one, origin)
        elif "prompt_template" in one:
            yield LeftOut("projects, with their instructions and documents")
        else:
            yield LeftOut("parts that are no conversation")


def _conversation(conversation: Mapping[str, Any], origin: Origin) -> Iterator[Item]:
    messages = objects(conversation.get("chat_messages"))
    path = branch(messages)
    if len(path) < len(messages):
        yield LeftOut("messages of branches left aside", len(messages) - len(path))
    name, last = text(conversation.get("uuid")), milliseconds(conversation.get("created_at"))
    for message in path:
        last = milliseconds(message.get("created_at")) or last
        things = [text(one.get("file_name")) for kind in ("attachments", "files") for one in objects(message.get(kind))]
        if things:
            yield LeftOut("attachments, of which the names are kept", len(things))
        said = _said(message)
        if not said:
            yield LeftOut("attachments without a word" if things else "empty messages")
            continue
        yield origin.message(
            text(message.get("sender")),
            said,
            identity=text(message.get("uuid")) or origin.repeats.numbered(digest(name, str(last), said)),
            conversation=name,
            time=last,
            title=text(conversation.get("name")),
            info={"attachments": [*things]} if things else None,
        )


def branch(messages: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return the messages up to the newest that nothing answers; all where none names another, or one has no id."""
    named = {text(message.get("uuid")): message for message in messages}
    parents = {text(message.get("parent_message_uuid")) for message in messages}
    if "" in named or not parents & named.keys():
        return messages
    leaves = [message for name, message in named.items() if name not in parents]
    leaf = max(leaves, key=lambda one: milliseconds(one.get("created_at")) or 0, default=None)
    path: list[dict[str, Any]] = []
    while leaf is not None and leaf not in path:
        path.append(leaf)
        leaf = named.get(text(leaf.get("parent_message_uuid")))
    return path[::-1]


def _said(message: Mapping[str, Any]) -> str:
    blocks = [text(one.get("text")) for one in objects(message.get("content")) if one.get("type") == "text"]
    return "\n\n".join(block for block in blocks if block).strip() or text(message.get("text")).strip()


def _memories(told: Mapping[str, Any], origin: Origin) -> Iterator[Item]:
    pages = [("", told.get("conversations_memory"), None)]
    pages += [(project, page, None) for project, page in mapping(told.get("project_memories")).items()]
    pages += [
        (text(one.get("path")), one.get("content"), milliseconds(one.get("updated_at")))
        for one in objects(told.get("memory_files"))
    ]
    for place, page, time in pages:
        for heading, sentence in statements(text(page)):
            yield origin.memory(
                sentence,
                identity=f"memory/{digest(place, sentence)}",
                key=heading,
                time=time,
                tags=("claude-memory", *([f"project {place}"] if place else [])),
            )


def statements(page: str) -> Iterator[tuple[str, str]]:
    """Yield each paragraph and list item of a page in Markdown, with the heading above it."""
    heading, paragraph = "", ""
    for line in [*page.splitlines(), ""]:
        found, is_item = _HEADING.match(line), _ITEM.match(line)
        if paragraph and (found or is_item or not line.strip()):
            yield heading, paragraph
            paragraph = ""
        if found:
            heading = (found["mark"] or found["bold"]).strip()
        elif line.strip():
            paragraph = f"{paragraph} {_ITEM.sub('', line).strip()}".strip()
