"""The addresses of resources; an id may hold any character."""

from urllib.parse import quote

PROFILE = "memos://profile"
CONVERSATIONS = "memos://conversations"
CONVERSATION_TEMPLATE = "memos://conversations/{conversation_id}{?page}"
MEMORY_TEMPLATE = "memos://memories/{memory_id}"


def conversation(conversation_id: str) -> str:
    """Return the address of a conversation's latest messages."""
    return f"{CONVERSATIONS}/{_segment(conversation_id)}"


def memory(memory_id: str) -> str:
    """Return the address of a memory."""
    return f"memos://memories/{_segment(memory_id)}"


def _segment(name: str) -> str:
    """Write a name so that it stays one segment of a path, `.` and `..` too."""
    segment = quote(name, safe="")
    return segment.replace(".", "%2E") if not segment.strip(".") else segment
