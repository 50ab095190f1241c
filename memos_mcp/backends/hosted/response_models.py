"""Answers of the contract as our models, read liberally.

Nulls are absent fields, unknown fields are passed over, a field that cannot be read is taken as absent, and an entry
that makes no sense without it is left out of its list: one odd memory does not cost the others.
"""

import logging
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from memos_mcp.core.models import (
    AddReceipt,
    Conversation,
    ConversationPage,
    DeleteReceipt,
    FeedbackReceipt,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    SearchResult,
    StoredMessage,
    Task,
    TaskState,
)

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)
Answer = dict[str, Any]

_FAILED = frozenset({"failed", "cancelled", "canceled", "error"})
_COMPLETED = frozenset({"completed", "success", "succeeded", "done"})


def search_result(data: Answer) -> SearchResult:
    """Read the answer of search/memory."""
    return _read(SearchResult, _without_nulls(data) | _lists(data)) or SearchResult()


def message_page(data: Answer, *, conversation_id: str) -> MessagePage:
    """Read the answer of get/message; the cloud says nothing of what it left out."""
    messages = _entries(data, "message_detail_list", StoredMessage)
    counted = {"conversation_id": conversation_id, "total": len(messages)} | _without_nulls(data)
    return _read(MessagePage, counted | {"message_detail_list": messages}) or MessagePage()


def memory_page(data: Answer) -> MemoryPage:
    """Read the answer of get/memory."""
    lists = _lists(data)
    counted = {"total": len(lists["memory_detail_list"]) + len(lists["preference_detail_list"])}
    return _read(MemoryPage, counted | _without_nulls(data) | lists) or MemoryPage()


def conversation_page(data: Answer) -> ConversationPage:
    """Read the answer of get/conversation, which only an engine of ours has."""
    listed = _entries(data, "conversation_detail_list", Conversation)
    return _read(ConversationPage, data | {"conversation_detail_list": listed}) or ConversationPage()


def add_receipt(data: Answer, *, conversation_id: str) -> AddReceipt:
    """Read the answer of add/message, which may be empty: it was taken all the same."""
    return AddReceipt(
        task_id=_text(data, "task_id"),
        status=task_state(data),
        conversation_id=_text(data, "conversation_id") or conversation_id,
        note=_text(data, "note"),
    )


def delete_receipt(data: Answer, *, memory_ids: tuple[str, ...]) -> DeleteReceipt:
    """Read the answer of delete/memory."""
    return _read(DeleteReceipt, {"deleted": memory_ids} | _without_nulls(data)) or DeleteReceipt(deleted=memory_ids)


def feedback_receipt(data: Answer) -> FeedbackReceipt:
    """Read the answer of add/feedback."""
    known = {"task_id": _text(data, "task_id"), "status": task_state(data)}
    return _read(FeedbackReceipt, _without_nulls(data) | known) or FeedbackReceipt.model_validate(known)


def task(data: Answer, task_id: str) -> Task:
    """Read the answer of get/status."""
    known = {"task_id": task_id, "status": task_state(data)}
    return _read(Task, _without_nulls(data) | known) or Task.model_validate(known)


def task_state(data: Answer) -> TaskState:
    """Read a status; whatever is neither done nor failed is running."""
    status = _text(data, "status").lower()
    if status in _FAILED:
        return "failed"
    return "completed" if status in _COMPLETED else "running"


def _lists(data: Answer) -> dict[str, tuple[BaseModel, ...]]:
    return {
        "memory_detail_list": _entries(data, "memory_detail_list", Memory),
        "preference_detail_list": _entries(data, "preference_detail_list", Preference),
        "message_detail_list": _entries(data, "message_detail_list", StoredMessage),
    }


def _entries(data: Answer, name: str, model: type[Model]) -> tuple[Model, ...]:
    """Read a list; null or no list is an empty one."""
    raw: object = data.get(name)
    listed = cast("list[object]", raw) if isinstance(raw, list) else []
    read = [_read(model, _entry(cast("Answer", entry))) for entry in listed if isinstance(entry, dict)]
    found = tuple(entry for entry in read if entry is not None)
    if len(found) < len(listed):
        logger.warning("%d of %d entries of %s could not be read", len(listed) - len(found), len(listed), name)
    return found


def _entry(entry: Answer) -> Answer:
    """Even out what differs between the sources of the contract."""
    known = _without_nulls(entry)
    for other in ("memory_time", "update_time"):
        if other in known:
            known.setdefault("create_time", known[other])
    if "content" in known:
        known["content"] = plain_text(known["content"])
    return known


def plain_text(content: object) -> object:
    """Put the text parts of a message's content together; a text is itself."""
    if not isinstance(content, list):
        return content
    parts = cast("list[object]", content)
    texts = (cast("Answer", part).get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _read(model: type[Model], fields: Answer) -> Model | None:
    """Read a model; fields that cannot be read are dropped, and None is what makes no sense without them."""
    try:
        return model.model_validate(fields)
    except ValidationError as exc:
        unreadable = {error["loc"][0] for error in exc.errors() if error["loc"]}
    try:
        return model.model_validate({name: value for name, value in fields.items() if name not in unreadable})
    except ValidationError:
        return None


def _without_nulls(data: Answer) -> Answer:
    return {name: value for name, value in data.items() if value is not None}


def _text(data: Answer, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
