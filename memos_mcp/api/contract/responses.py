"""Our models as the `data` of the contract: every list present, times as every known client reads them."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from memos_mcp.core.models import (
    AddReceipt,
    DeleteReceipt,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    Removed,
    Role,
    SearchResult,
    Status,
    StoredMessage,
    clock_text,
)
from memos_mcp.core.perspective import bare, perspective_of

Answer = dict[str, Any]
"""A JSON object."""


class DatedMessage(BaseModel):
    """A message as get/message writes it, its times as text in UTC."""

    id: str
    role: Role
    content: str
    role_id: str = ""
    role_name: str = ""
    conversation_id: str
    create_time: str
    update_time: str
    status: Status = "activated"


class DatedMessagePage(BaseModel):
    """A page of a conversation, oldest first."""

    conversation_id: str
    message_detail_list: tuple[DatedMessage, ...]
    total: int
    page: int
    pages: int


def deletion(receipts: Sequence[DeleteReceipt]) -> Answer:
    """Write what was deleted, of several users perhaps; beside the ids of memories only what there is."""
    joined: Answer = {"success": True, "deleted": []}
    for one in receipts:
        for name, value in one.model_dump(mode="json", exclude_defaults=True, exclude={"unknown_fields"}).items():
            joined[name] = [*joined.get(name, []), *value] if isinstance(value, list) else value
    if removed := [one.removed for one in receipts if one.removed is not None]:
        joined["removed"] = {name: sum(getattr(one, name) for one in removed) for name in Removed.model_fields}
    return joined


def receipt(added: AddReceipt, *others: AddReceipt) -> Answer:
    """Write what an add gives back; a note only where there is one, and every task of an add for several users."""
    written = added.model_dump(mode="json", exclude=None if added.note else {"note"})
    return written | {"task_ids": [one.task_id for one in (added, *others)]} if others else written


def search_result(found: SearchResult) -> Answer:
    """Write what was found."""
    composed = {
        "instruction": found.instruction,
        "full_instruction": found.full_instruction,
        "notice": found.notice,
    }
    return {
        **_known_lists(found),
        "message_detail_list": [known(message) for message in found.message_detail_list],
        "preference_note": found.preference_note,
        **{name: text for name, text in composed.items() if text},
    }


def memory_page(page: MemoryPage) -> Answer:
    """Write a page of what is known."""
    return _known_lists(page) | page.model_dump(include={"total", "size", "current", "pages"})


def message_page(page: MessagePage) -> Answer:
    """Write a page of a conversation, whose times are texts."""
    dated = [
        known(message.model_copy(update={"relativity": None}))
        | {"create_time": clock_text(message.create_time), "update_time": clock_text(message.update_time)}
        for message in page.message_detail_list
    ]
    return page.model_dump(mode="json", exclude={"message_detail_list"}) | {"message_detail_list": dated}


def _known_lists(found: SearchResult | MemoryPage) -> Answer:
    """Write the lists of what is known; two of the contract's are always empty here."""
    return {
        "memory_detail_list": [known(memory) for memory in found.memory_detail_list],
        "preference_detail_list": [known(preference) for preference in found.preference_detail_list],
        "tool_memory_detail_list": [],
        "skill_detail_list": [],
    }


def drafts(page: MemoryPage) -> Answer:
    """Write memories that are not stored: what they say, without ids and times."""
    stored = {"id", "conversation_id", "status", "create_time", "update_time", "relativity", "sources"}
    unsaid = stored | {"supersedes", "superseded_by"}
    return {
        "memory_detail_list": [one.model_dump(mode="json", exclude=unsaid) for one in page.memory_detail_list],
        "preference_detail_list": [one.model_dump(mode="json", exclude=unsaid) for one in page.preference_detail_list],
    }


def profile(page: MemoryPage) -> list[Answer]:
    """Write what the user said of themselves as MemOS's profile memories, the newest first."""
    return [
        {
            "id": one.id,
            "memory": bare(one.memory_value),
            "memory_type": "ProfileMemory",
            "profile_field": one.memory_key,
            "profile_category": next(iter(one.tags), ""),
            "status": one.status,
            "confidence": one.confidence,
            "create_time": one.create_time,
            "update_time": one.update_time,
        }
        for one in page.memory_detail_list
        if perspective_of(one.memory_value) == "user"
    ]


def known(hit: Memory | Preference | StoredMessage) -> Answer:
    """Write a hit; a score only where a search gave one, for clients take a null for no number, and who speaks."""
    unsaid = {"relativity"} if hit.relativity is None else set[str]()
    if isinstance(hit, StoredMessage):
        unsaid |= {name for name in ("role_id", "role_name") if not getattr(hit, name)}
    return hit.model_dump(mode="json", exclude=unsaid)
