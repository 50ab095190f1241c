"""What tools answer in `structuredContent`: MemOS's names, times that can be read, nothing that says nothing."""

from collections.abc import Collection, Mapping
from typing import Any, Final, get_args, get_origin

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel
from typing_extensions import TypedDict

from memos_mcp.core.models import (
    AddReceipt,
    DeleteReceipt,
    FeedbackReceipt,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    SearchResult,
    StoredMessage,
    clock_text,
    local_text,
)

_TIMES = ("memory_time", "create_time", "update_time")
_USUAL = {
    "memory_type": "LongTermMemory",
    "status": "activated",
    "time_grain": "day",
    "preference_type": "explicit_preference",
}


def _view(
    name: str,
    about: str,
    model: type[BaseModel],
    *,
    without: Collection[str] = (),
    others: dict[str, object] | None = None,
) -> Any:  # noqa: ANN401 - a type
    """Return the type of a model as it is shown: any field may be missing, a time is text, a tuple a list."""
    fields: dict[str, object] = {
        field: str if field in _TIMES else _json_type(info.annotation)
        for field, info in model.model_fields.items()
        if field not in without
    }
    view = TypedDict(name, fields | (others or {}), total=False)  # pyright: ignore[reportArgumentType]
    view.__doc__ = about
    return view


def _json_type(annotation: object) -> object:
    if get_origin(annotation) is tuple:
        return list[str]
    return next((kind for kind in (bool, int, float) if kind in (annotation, *get_args(annotation))), str)


MessageView = _view(
    "MessageView",
    "A message; where its content was cut, `characters` says how long it is.",
    StoredMessage,
    without=("update_time", "utc_offset"),
    others={"characters": int},
)
MemoryView = _view(
    "MemoryView",
    "A memory; `sources` are ids of messages, `supersedes` and `superseded_by` of memories.",
    Memory,
    without=("memory_type", "update_time"),
)
PreferenceView = _view("PreferenceView", "A preference.", Preference, without=("update_time",))

_KNOWN: Final[dict[str, object]] = {
    "memory_detail_list": list[MemoryView],
    "preference_detail_list": list[PreferenceView],
}
_SAID: Final[dict[str, object]] = {"message_detail_list": list[MessageView], "notice": str}

AddView = _view("AddView", "The answer of add_message.", AddReceipt)
SearchView = _view(
    "SearchView", "The answer of search_memory.", SearchResult, without=("unknown_fields",), others=_KNOWN | _SAID
)
MessagesView = _view("MessagesView", "The answer of get_message.", MessagePage, others=_SAID)
MemoriesView = _view(
    "MemoriesView", "The answer of get_memory.", MemoryPage, without=("size", "unknown_fields"), others=_KNOWN
)
DeleteView = _view(
    "DeleteView",
    "The answer of delete_memory: ids of memories and of messages.",
    DeleteReceipt,
    without=("message_detail_list", "dry_run", "removed", "unknown_fields"),
)
FeedbackView = _view("FeedbackView", "The answer of add_feedback.", FeedbackReceipt)


def answered(text: str, structured: dict[str, Any]) -> CallToolResult:
    """Return an answer in its two forms."""
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured)


def conversation_view(page: MessagePage, *, notice: str, whole: Mapping[str, int]) -> dict[str, Any]:
    """Show a page of a conversation; `whole` has the lengths of messages that are cut."""
    messages = [shown_message(message, whole, without=("conversation_id",)) for message in page.message_detail_list]
    counts = {"total": page.total, "page": page.page, "pages": page.pages}
    return {"notice": notice, "conversation_id": page.conversation_id, "message_detail_list": messages, **counts}


def known_view(page: MemoryPage, *, notice: str) -> dict[str, Any]:
    """Show a page of what is known of the user."""
    lists = {
        "memory_detail_list": [compact(memory) for memory in page.memory_detail_list],
        "preference_detail_list": [compact(one) for one in page.preference_detail_list],
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


def shown_message(message: StoredMessage, whole: Mapping[str, int], *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Show a message; `whole` has the lengths of those that are cut."""
    cut = {"characters": whole[message.id]} if message.id in whole else {}
    shown = compact(message, without=(*without, "utc_offset"))
    if "create_time" in shown:
        shown["create_time"] = local_text(message.create_time, message.utc_offset)
    return shown | cut


def compact(shown: Memory | Preference | StoredMessage, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Show the fields of a find that say something."""
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
