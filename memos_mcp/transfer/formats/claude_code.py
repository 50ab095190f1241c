"""Transcripts of Claude Code: `~/.claude/projects/FOLDER/SESSION.jsonl`."""

from collections.abc import Mapping
from typing import Any, Final

from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.record_builder import LeftOut, digest, milliseconds, objects, text
from memos_mcp.transfer.transcripts import TOOL_OUTPUT, Transcript, Utterance, spoken, without_notes

_NOT_SAID: Final = (
    "<command-name>",
    "<command-message>",
    "<local-command-stdout>",
    "<local-command-caveat>",
    "<task-notification>",
    "<bash-input>",
    "<bash-stdout>",
    "Caveat: The messages below",
    "[Request interrupted",
)
_TITLES: Final = {"summary": ("summary", 1), "ai-title": ("aiTitle", 2), "custom-title": ("customTitle", 3)}
_SUBAGENT: Final = LeftOut("messages of sub-agents")
_HOST: Final = LeftOut("notes of the host")


def recognises(head: DocumentHead) -> bool:
    """Say whether a document is such a transcript."""
    return head.kind == "lines" and (head.has("sessionId", "uuid", "type") or head.has("sessionId", "message", "type"))


class ClaudeCode(Transcript):
    """Reads a transcript of Claude Code; an id stays when a session is resumed into another file."""

    def __init__(self, session: str = "") -> None:
        """Begin; `session` is its name where no line has told it yet."""
        super().__init__(session)
        self._rank = 0
        self._last: tuple[str, str] = ("", "")

    def take(self, line: Mapping[str, Any]) -> Utterance | LeftOut | None:
        """Take the next line."""
        kind = text(line.get("type"))
        self._take_title(kind, line)
        if kind not in ("user", "assistant"):
            return None
        self.session = text(line.get("sessionId")) or self.session
        self.folder = text(line.get("cwd")) or self.folder
        if line.get("isSidechain") or line.get("agentId"):
            return _SUBAGENT
        if any(
            line.get(flag) for flag in ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly", "isApiErrorMessage")
        ):
            return _HOST
        return self._said(kind, line, mapping(line.get("message")))

    def _said(self, kind: str, line: Mapping[str, Any], message: Mapping[str, Any]) -> Utterance | LeftOut | None:
        blocks = {text(block.get("type")) for block in objects(message.get("content"))}
        said = spoken(message.get("content"))
        if kind == "user":
            if "tool_result" in blocks:
                return TOOL_OUTPUT
            said = without_notes(said)
            if not said or said.startswith(_NOT_SAID):
                return LeftOut("images") if "image" in blocks else _HOST
        elif not said:
            return TOOL_OUTPUT if "tool_use" in blocks else None
        if kind == "assistant" and self._last == (again := (text(message.get("id")), said)) and again[0]:
            return None  # a part of a message that was written twice
        self._last = (text(message.get("id")), said)
        name = digest(self.session, text(line.get("timestamp")), kind, said)
        identity = text(line.get("uuid")) or self.repeats.numbered(name)
        return Utterance(identity, kind, said, milliseconds(line.get("timestamp")))

    def _take_title(self, kind: str, line: Mapping[str, Any]) -> None:
        name, rank = _TITLES.get(kind, ("", 0))
        if rank >= max(self._rank, 1) and (title := text(line.get(name)) or text(line.get("title"))):
            self.title, self._rank = title, rank
