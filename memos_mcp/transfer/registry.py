"""The formats that are recognised: the first that recognises a document reads it.

A new one goes before the tables and Markdown, which take much, and after a sample of it was tried: mem0 takes any
object with `results`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from memos_mcp.transfer.detection import DocumentHead, head_of
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.formats import (
    chatgpt,
    claude,
    claude_code,
    codex,
    gemini_cli,
    markdown,
    mem0,
    memory_service,
    memos,
    server_memory,
    tables,
    vscode,
)
from memos_mcp.transfer.record_builder import Item, Origin, Progress
from memos_mcp.transfer.transcripts import read_transcript


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its short name, what people call it, how it is recognised and read."""

    name: str
    title: str
    recognises: Callable[[DocumentHead], bool]
    read: Callable[[Document, Origin, Progress], Iterator[Item]]


OURS = Format("memos", "what `memos-mcp export` writes (JSON lines)", memos.recognises, memos.read)

FORMATS = (
    OURS,
    Format("chatgpt", "an export of ChatGPT (zip, folder or conversations.json)", chatgpt.recognises, chatgpt.read),
    Format("claude", "an export of Claude (zip, folder or its JSON files)", claude.recognises, claude.read),
    Format(
        "claude-code",
        "transcripts of Claude Code",
        claude_code.recognises,
        partial(read_transcript, new=claude_code.ClaudeCode),
    ),
    Format("codex", "transcripts of Codex", codex.recognises, partial(read_transcript, new=codex.Codex)),
    Format("gemini-cli", "chats of Gemini CLI", gemini_cli.recognises, gemini_cli.read),
    Format("vscode", "transcripts of VS Code's agents", vscode.recognises, partial(read_transcript, new=vscode.VsCode)),
    Format(
        "server-memory", "memory.jsonl of the reference memory server", server_memory.recognises, server_memory.read
    ),
    Format(
        "mcp-memory-service",
        "mcp-memory-service (its database or JSON export)",
        memory_service.recognises,
        memory_service.read,
    ),
    Format("mem0", "mem0 and OpenMemory (JSON, zip or history.db)", mem0.recognises, mem0.read),
    Format("table", "CSV, or JSON, of role, content and time", tables.recognises, tables.read),
    Format("markdown", "Markdown notes, such as those of basic-memory", markdown.recognises, markdown.read),
)


def format_of(document: Document) -> Format | None:
    """Return the format of a document; None where it is none of these."""
    head = head_of(document)
    return head and next((one for one in FORMATS if one.recognises(head)), None)


def list_of_formats() -> str:
    """Say what is recognised."""
    return "; ".join(one.title for one in FORMATS)
