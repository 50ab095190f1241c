"""Chats of Gemini CLI: `~/.gemini/tmp/PROJECT/chats/session-*.json`, and `.jsonl` in newer versions."""

from collections.abc import Iterator, Mapping
from typing import Any

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead, head_of
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, elements, milliseconds, text
from memos_mcp.transfer.transcripts import Transcript, Utterance, read_transcript, spoken, without_notes


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a chat."""
    return head.has("sessionId", "projectHash")


class GeminiCli(Transcript):
    """Reads a chat of Gemini CLI, a message a line."""

    def take(self, line: Mapping[str, Any]) -> Utterance | LeftOut | None:
        """Take the next line."""
        self.session = text(line.get("sessionId")) or self.session
        self.title = text(line.get("summary")) or self.title
        kind = text(line.get("type"))
        if kind not in ("user", "gemini"):
            return None
        said = without_notes(spoken(line.get("content")))
        if not said:
            return LeftOut("tool calls and their output") if line.get("toolCalls") else None
        name = text(line.get("id")) or self.repeats.numbered(digest(self.session, kind, said))
        return Utterance(name, "user" if kind == "user" else "assistant", said, milliseconds(line.get("timestamp")))


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the messages of a chat in either form."""
    head = head_of(document)
    if head is not None and head.is_object and head.has("messages"):
        session = next((text(sample.get("sessionId")) for sample in head.samples), "")
        yield from _of_one_object(document, origin, on_read, session=session)
    else:
        yield from read_transcript(document, origin, on_read, new=GeminiCli)


def _of_one_object(document: Document, origin: Origin, on_read: Progress, *, session: str) -> Iterator[Item]:
    chat, last = GeminiCli(session), None
    for element in elements(document, "messages.item", on_read=on_read):
        found = element if isinstance(element, LeftOut) else chat.take(mapping(element))
        if isinstance(found, LeftOut):
            yield found
        elif found is not None:
            last = found.time or last
            yield origin.message(found.role, found.content, identity=found.id, conversation=session, time=last)
