"""Transcripts of VS Code's agents (and of the Copilot command line): events, a JSON object a line."""

from collections.abc import Mapping
from typing import Any

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.record_builder import LeftOut, digest, milliseconds, text
from memos_mcp.transfer.transcripts import TOOL_OUTPUT, Transcript, Utterance, spoken, without_notes


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a transcript."""
    return head.kind == "lines" and head.any_is("type", "session.start", "user.message") and head.has("data")


class VsCode(Transcript):
    """Reads a transcript of VS Code."""

    def take(self, line: Mapping[str, Any]) -> Utterance | LeftOut | None:
        """Take the next line."""
        kind, about = text(line.get("type")), mapping(line.get("data"))
        if kind == "session.start":
            self.session = self.session or text(about.get("sessionId"))
            self.folder = text(mapping(about.get("context")).get("cwd")) or self.folder
        if kind.startswith("tool."):
            return TOOL_OUTPUT
        role, _, is_message = kind.partition(".")
        if is_message != "message" or role not in ("user", "assistant"):
            return None
        said = without_notes(spoken(about.get("content")))
        if not said:
            return TOOL_OUTPUT if about.get("toolRequests") else None
        name = digest(self.session, text(line.get("timestamp")), role, said)
        return Utterance(
            text(line.get("id")) or self.repeats.numbered(name), role, said, milliseconds(line.get("timestamp"))
        )
