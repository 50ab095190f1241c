"""The export of ChatGPT: `conversations.json`, or several of them. Of each tree the current branch is read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead, head_of
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, elements, milliseconds, text

_CITATIONS: Final = re.compile("\ue200[^\ue201]*\ue201|[\ue200-\ue2ff]|【\\d+[^】]{0,40}】")
_NOT_SAID: Final = {
    "code": "tool calls and their output",
    "execution_output": "tool calls and their output",
    "tether_quote": "tool calls and their output",
    "tether_browsing_display": "tool calls and their output",
    "sonic_webpage": "tool calls and their output",
    "computer_output": "tool calls and their output",
    "system_error": "tool calls and their output",
    "thoughts": "thoughts",
    "reasoning_recap": "thoughts",
    "user_editable_context": "custom instructions",
    "model_editable_context": "memories shown to the model",
}


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such an export."""
    return head.has("mapping", "current_node") or (
        head.is_object and head.has("conversations") and "mapping" in head.text
    )


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the messages of all conversations."""
    head = head_of(document)
    is_list = head is not None and head.kind == "array"
    place = "item" if is_list else "" if head is not None and head.has("mapping") else "conversations.item"
    for element in elements(document, place, on_read=on_read):
        conversation = mapping(element)
        if isinstance(element, LeftOut):
            yield element
        elif conversation.get("is_do_not_remember"):
            yield LeftOut("conversations that are not to be remembered")
        elif isinstance(conversation.get("mapping"), dict):
            yield from _conversation(conversation, origin)
        else:
            yield LeftOut("parts that are no conversation")


def _conversation(conversation: Mapping[str, Any], origin: Origin) -> Iterator[Item]:
    name = text(conversation.get("conversation_id")) or text(conversation.get("id"))
    nodes = mapping(conversation.get("mapping"))
    path = branch(nodes, text(conversation.get("current_node")))
    last = milliseconds(conversation.get("create_time"))
    aside = sum(1 for node in nodes if node not in set(path) and mapping(nodes[node]).get("message"))
    if aside:
        yield LeftOut("messages of branches left aside", aside)
    for node in path:
        message = mapping(mapping(nodes[node]).get("message"))
        if not message:
            continue
        last = milliseconds(message.get("create_time")) or last
        said = _said(message)
        if isinstance(said, LeftOut):
            yield said
            continue
        words, things = said
        if things:
            yield LeftOut("attachments, of which the names are kept", len(things))
        yield origin.message(
            text(mapping(message.get("author")).get("role")),
            words,
            identity=text(message.get("id")) or f"{name}/{node}",
            conversation=name,
            time=last,
            title=text(conversation.get("title")),
            info={"attachments": things} if things else None,
        )


def branch(nodes: Mapping[str, Any], leaf: str) -> Sequence[str]:
    """Return the nodes from the root to the current one or, where that is not told, along the last children."""
    path: list[str] = []
    seen: set[str] = set()
    if leaf not in nodes:
        leaf = _last_leaf(nodes)
    while leaf in nodes and leaf not in seen:
        seen.add(leaf)
        path.append(leaf)
        leaf = text(mapping(nodes[leaf]).get("parent"))
    return path[::-1]


def _last_leaf(nodes: Mapping[str, Any]) -> str:
    node = next((name for name in nodes if text(mapping(nodes[name]).get("parent")) not in nodes), "")
    seen: set[str] = set()
    following = node
    while following:
        node = following
        seen.add(node)
        children = [text(child) for child in _list(mapping(nodes[node]).get("children"))]
        following = next((child for child in reversed(children) if child in nodes and child not in seen), "")
    return node


def _said(message: Mapping[str, Any]) -> tuple[str, list[Any]] | LeftOut:
    about, content = mapping(message.get("metadata")), mapping(message.get("content"))
    kind = text(content.get("content_type"))
    if kind in _NOT_SAID:
        return LeftOut(_NOT_SAID[kind])
    role = text(mapping(message.get("author")).get("role"))
    if about.get("is_visually_hidden_from_conversation") or message.get("weight") == 0 or role == "system":
        return LeftOut("hidden messages")
    if role == "tool" or text(message.get("recipient") or "all") != "all":
        return LeftOut("tool calls and their output")
    if kind not in ("text", "multimodal_text"):
        return LeftOut(f'messages of the kind "{kind[:30]}"')
    words, things = _parts(_list(content.get("parts")))
    attached = _list(about.get("attachments"))
    names: list[Any] = [name for one in attached if (name := text(mapping(one).get("name")))]
    return words, names or things


def _parts(parts: Sequence[object]) -> tuple[str, list[Any]]:
    words: list[str] = []
    things: list[Any] = []
    for part in parts:
        about = mapping(part)
        match text(about.get("content_type")):
            case "audio_transcription":
                words.append(text(about.get("text")))
            case "":
                words.append(text(part))
            case kind:
                things.append(text(about.get("asset_pointer")) or kind)
    return _CITATIONS.sub("", "\n".join(word for word in words if word)).strip(), things


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
