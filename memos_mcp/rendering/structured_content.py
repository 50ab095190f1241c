"""What tools answer in `structuredContent`: MemOS's names, times that can be read, nothing that says nothing."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from memos_mcp.core.models import (
    AddReceipt,
    DeleteReceipt,
    FeedbackReceipt,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    SearchMemory,
    SearchResult,
    StoredMessage,
    clock_text,
    local_text,
)

_TIMES = ("memory_time", "create_time", "update_time")
_IMPLIED = ("memory_key", "tags")
_USUAL = {
    "memory_type": "LongTermMemory",
    "status": "activated",
    "time_grain": "day",
    "preference_type": "explicit_preference",
}


class MessageView(TypedDict, total=False):
    """A message; where its content was cut, `characters` says how long it is."""

    id: str
    role: str
    role_id: str
    role_name: str
    content: str
    characters: int
    conversation_id: str
    create_time: str
    relativity: float
    status: str
    superseded_by: str


class MemoryView(TypedDict, total=False):
    """A memory; `sources` are ids of messages, `supersedes` and `superseded_by` of memories."""

    id: str
    memory_key: str
    memory_value: str
    memory_time: str
    time_grain: str
    conversation_id: str
    status: str
    confidence: float
    tags: list[str]
    create_time: str
    relativity: float
    sources: list[str]
    supersedes: list[str]
    superseded_by: str


class PreferenceView(TypedDict, total=False):
    """A preference."""

    id: str
    preference: str
    preference_type: str
    reasoning: str
    conversation_id: str
    status: str
    create_time: str
    relativity: float
    sources: list[str]
    supersedes: list[str]
    superseded_by: str


class AddView(TypedDict, total=False):
    """The answer of add_message."""

    success: bool
    task_id: str
    status: str
    conversation_id: str
    note: str


class SearchView(TypedDict, total=False):
    """The answer of search_memory."""

    notice: str
    memory_detail_list: list[MemoryView]
    preference_detail_list: list[PreferenceView]
    message_detail_list: list[MessageView]
    preference_note: str
    instruction: str
    full_instruction: str


class MessagesView(TypedDict, total=False):
    """The answer of get_message."""

    notice: str
    conversation_id: str
    message_detail_list: list[MessageView]
    total: int
    page: int
    pages: int


class MemoriesView(TypedDict, total=False):
    """The answer of get_memory."""

    notice: str
    memory_detail_list: list[MemoryView]
    preference_detail_list: list[PreferenceView]
    total: int
    current: int
    pages: int


class DeleteView(TypedDict, total=False):
    """The answer of delete_memory: ids of memories and of messages."""

    success: bool
    deleted: list[str]
    deleted_messages: list[str]
    still_held_by: list[str]
    fewer_sources: list[str]
    stale_backups: list[str]


class FeedbackView(TypedDict, total=False):
    """The answer of add_feedback."""

    success: bool
    task_id: str
    status: str
    archived: list[str]
    added: list[str]
    note: str


def search_view(
    result: SearchResult, request: SearchMemory, *, notice: str, whole: Mapping[str, int]
) -> dict[str, Any]:
    """Show a search; the lists that were asked for are there even when they are empty.

    A memory's title and tags, which its text implies, are left to get_memory: an agent pays for each search.
    """
    lists: dict[str, Any] = {}
    if request.memory_limit_number:
        memories = [_compact(memory, without=_IMPLIED) for memory in result.memory_detail_list]
        lists["memory_detail_list"] = memories
        if result.preference_detail_list:
            lists["preference_detail_list"] = [_compact(one) for one in result.preference_detail_list]
            lists["preference_note"] = result.preference_note
    if request.message_limit_number:
        lists["message_detail_list"] = [_message(message, whole) for message in result.message_detail_list]
    texts = {"instruction": result.instruction, "full_instruction": result.full_instruction}
    return {"notice": notice, **lists, **{name: text for name, text in texts.items() if text}}


def conversation_view(page: MessagePage, *, notice: str, whole: Mapping[str, int]) -> dict[str, Any]:
    """Show a page of a conversation; `whole` has the lengths of messages that are cut."""
    messages = [_message(message, whole, without=("conversation_id",)) for message in page.message_detail_list]
    counts = {"total": page.total, "page": page.page, "pages": page.pages}
    return {"notice": notice, "conversation_id": page.conversation_id, "message_detail_list": messages, **counts}


def known_view(page: MemoryPage, *, notice: str) -> dict[str, Any]:
    """Show a page of what is known of the user."""
    lists = {
        "memory_detail_list": [_compact(memory) for memory in page.memory_detail_list],
        "preference_detail_list": [_compact(one) for one in page.preference_detail_list],
    }
    return {"notice": notice, **lists, "total": page.total, "current": page.current, "pages": page.pages}


def deletion_view(answer: DeleteReceipt) -> dict[str, Any]:
    """Show what was deleted; of the messages that still say it, the ids."""
    shown = answer.model_dump(mode="json", exclude={"still_held_by", "message_detail_list", "dry_run"})
    shown["still_held_by"] = [message.id for message in answer.still_held_by]
    return {name: value for name, value in shown.items() if value or name == "deleted"}


def receipt_view(answer: AddReceipt | FeedbackReceipt) -> dict[str, Any]:
    """Show what was done."""
    return {name: value for name, value in answer.model_dump(mode="json").items() if value not in ("", None)}


def _message(message: StoredMessage, whole: Mapping[str, int], *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    cut = {"characters": whole[message.id]} if message.id in whole else {}
    shown = _compact(message, without=(*without, "utc_offset"))
    if "create_time" in shown:
        shown["create_time"] = local_text(message.create_time, message.utc_offset)
    return shown | cut


def _compact(shown: Memory | Preference | StoredMessage, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    fields = shown.model_dump(mode="json", exclude={*without, "update_time"})
    if isinstance(shown, Memory) and shown.confidence == 1:
        del fields["confidence"]
    return {name: _shown(name, value) for name, value in fields.items() if _tells(name, value, fields)}


def _tells(name: str, value: object, fields: Mapping[str, object]) -> bool:
    if name in _TIMES:
        return bool(value) and not (name == "create_time" and value == fields.get("memory_time"))
    return value is not None and value not in ("", []) and _USUAL.get(name) != value


def _shown(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    if name in _TIMES:
        return clock_text(value)
    return round(value, 3) if isinstance(value, float) else value
