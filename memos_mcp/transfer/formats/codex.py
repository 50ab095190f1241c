"""Transcripts of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`."""

from collections.abc import Mapping
from typing import Any, Final

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.record_builder import LeftOut, digest, milliseconds, text
from memos_mcp.transfer.transcripts import TOOL_OUTPUT, Transcript, Utterance, spoken, without_notes

_NOT_SAID: Final = (
    "<environment_context>",
    "<user_instructions>",
    "# AGENTS.md instructions",
    "<permissions",
    "<skill",
    "<turn_aborted>",
    "<user_shell_command>",
    "<collaboration_mode>",
)


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a transcript."""
    return head.kind == "lines" and (
        (head.any_is("type", "session_meta", "response_item", "turn_context") and head.has("payload"))
        or (head.has("id", "timestamp", "instructions") and not head.has("kind"))
    )


class Codex(Transcript):
    """Reads a transcript of Codex. A fork copies what was said, with its time: that, the role and the text tell it."""

    def take(self, line: Mapping[str, Any]) -> Utterance | LeftOut | None:
        """Take the next line."""
        kind, payload = text(line.get("type")), mapping(line.get("payload"))
        if kind == "session_meta" or (not kind and "instructions" in line):
            about = payload or line
            self.session = self.session or text(about.get("id"))
            self.folder = text(about.get("cwd")) or self.folder
            return None
        if kind == "turn_context":
            self.folder = text(payload.get("cwd")) or self.folder
        if kind == "response_item":
            return self._take_item(payload, text(line.get("timestamp")))
        return self._take_item(line, text(line.get("timestamp"))) if "payload" not in line else None

    def _take_item(self, item: Mapping[str, Any], time: str) -> Utterance | LeftOut | None:
        kind, role = text(item.get("type")), text(item.get("role"))
        if kind.endswith(("_call", "_output")):
            return TOOL_OUTPUT
        if kind != "message" or role not in ("user", "assistant"):
            return None
        said = spoken(item.get("content"))
        if said.startswith(_NOT_SAID) or not (said := without_notes(said)):
            return LeftOut("notes of the host")
        name = digest(time or self.session, role, said)
        return Utterance(name if time else self.repeats.numbered(name), role, said, milliseconds(time))
