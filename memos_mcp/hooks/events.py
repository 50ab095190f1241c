"""An event of a host's hook, as each host writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from memos_mcp.core.models import MAX_ID_LENGTH
from memos_mcp.core.projects import project_of
from memos_mcp.relay.hook import kind_of
from memos_mcp.relay.jsonrpc import mapping
from memos_mcp.transfer.formats.claude_code import ClaudeCode
from memos_mcp.transfer.formats.codex import Codex
from memos_mcp.transfer.formats.gemini_cli import GeminiCli
from memos_mcp.transfer.formats.vscode import VsCode
from memos_mcp.transfer.record_builder import digest, text
from memos_mcp.transfer.transcripts import Transcript

Host = Literal["claude-code", "cursor", "codex", "gemini", "vscode"]
Kind = Literal["start", "prompt", "turn", "compact", "end"]

_HOSTS: Final[dict[str, Host]] = {
    "claude-code": "claude-code",
    "claude": "claude-code",
    "cursor": "cursor",
    "codex": "codex",
    "gemini": "gemini",
    "gemini-cli": "gemini",
    "vscode": "vscode",
    "vs-code": "vscode",
}
_SOURCES: Final[dict[Host, str]] = {"gemini": "gemini-cli"}
"""The name that an import of the same transcripts gives them, where that is another."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: in which session of which host and project, what was said, and where the transcript is.

    `turn` is the host's name of the turn, `is_aside` tells of what a sub-agent, or no person, said.
    """

    host: Host
    kind: Kind
    name: str
    session: str
    turn: str
    prompt: str
    reply: str
    transcript: str
    project: str
    is_aside: bool

    @property
    def source(self) -> str:
        """The name that begins the ids of what was said here."""
        return _SOURCES.get(self.host, self.host)

    @property
    def conversation_id(self) -> str:
        """The conversation that is this session."""
        return f"{self.source}:{self.session}"[:MAX_ID_LENGTH]

    def reader(self) -> Transcript | None:
        """Return what reads this host's transcripts, where it has any that name each message."""
        match self.host:
            case "claude-code":
                return ClaudeCode(self.session)
            case "codex":
                return Codex(self.session)
            case "gemini":
                return GeminiCli(self.session)
            case "vscode":
                return VsCode(self.session)
            case "cursor":
                return None


def read_event(payload: bytes, *, event: str, host: str, folder: str) -> Event | None:
    """Return an event; None where it is not known, or what came is no event."""
    kind = kind_of(event)
    try:
        told = mapping(json.loads(payload.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return None
    if not kind or not told:
        return None
    roots = told.get("workspace_roots")
    root = text(cast("list[object]", roots)[0]) if isinstance(roots, list) and roots else ""
    place = text(told.get("cwd")) or root or folder
    return Event(
        host=_host_of(told, host, event),
        kind=cast("Kind", kind),
        name=text(told.get("hook_event_name")) or text(told.get("hookEventName")) or event,
        session=_first(told, "session_id", "sessionId", "conversation_id") or digest(place)[:12],
        turn=_first(told, "generation_id", "turn_id", "prompt_id"),
        prompt=text(told.get("prompt")),
        reply=_first(told, "last_assistant_message", "prompt_response", "text"),
        transcript=text(told.get("transcript_path")),
        project=project_of(place),
        is_aside=bool(told.get("agent_id")) or text(told.get("source")) in ("system", "loop_wakeup"),
    )


def _first(told: Mapping[str, Any], *names: str) -> str:
    return next((found for name in names if (found := text(told.get(name)))), "")


def _host_of(told: Mapping[str, Any], host: str, event: str) -> Host:
    """Say which host it is: two of them run the hooks that were written for another as well, and are told by theirs."""
    if "cursor_version" in told:
        return "cursor"
    if "sessionId" in told:
        return "vscode"
    if known := _HOSTS.get(host.strip().lower()):
        return known
    if event.lower().replace("-", "") in ("beforeagent", "afteragent", "precompress"):
        return "gemini"
    return "codex" if "turn_id" in told else "claude-code"
