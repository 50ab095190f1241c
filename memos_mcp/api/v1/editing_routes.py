"""The routes that set memories right, and those that delete."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memos_mcp.api.v1.operation import Call, Operation
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.api_models import (
    Deleted,
    Ids,
    MemoryDetail,
    MemoryPatch,
    MessagesToDelete,
    TextToForget,
)
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import DeleteMemory, Stretch

if TYPE_CHECKING:
    from memos_mcp.backends.local.browsing import Browsing
    from memos_mcp.backends.local.curation.editing import Curating

SHOWN = 1_000
"""Memories and messages of each kind that are shown before they are deleted."""


def editing_operations(backend: MemoryBackend, browsing: "Browsing", curating: "Curating") -> list[Operation]:
    """Return the routes over what a backend lets people change."""

    async def patch(call: Call) -> MemoryDetail:
        """Give a memory other words."""
        return await curating.patch(call.path["memory_id"], await call.body(MemoryPatch), user_id=call.user_id)

    def archive(call: Call) -> Awaitable[MemoryDetail]:
        """Take a memory out of force."""
        return curating.archive(call.path["memory_id"], user_id=call.user_id)

    def restore(call: Call) -> Awaitable[MemoryDetail]:
        """Put a memory back into force."""
        return curating.restore(call.path["memory_id"], user_id=call.user_id)

    def undo(call: Call) -> Awaitable[MemoryDetail]:
        """Take back a memory's last change."""
        return curating.undo(call.path["memory_id"], user_id=call.user_id)

    memory = "/memories/{memory_id}"
    return [
        Operation("PATCH", memory, patch, MemoryDetail, body=MemoryPatch),
        Operation("POST", f"{memory}/archive", archive, MemoryDetail),
        Operation("POST", f"{memory}/restore", restore, MemoryDetail),
        Operation("POST", f"{memory}/undo", undo, MemoryDetail),
        *_Deleting(backend, browsing).operations(),
    ]


@dataclass(frozen=True, slots=True)
class _Deleting:
    backend: MemoryBackend
    browsing: "Browsing"

    def operations(self) -> list[Operation]:
        return [
            Operation("POST", "/memories/delete", self.memories, Deleted, body=Ids),
            Operation("POST", "/messages/delete", self.messages, Deleted, body=MessagesToDelete),
            Operation("DELETE", "/conversations/{conversation_id:path}", self.conversation, Deleted),
            Operation("POST", "/forget", self.forget, Deleted, body=TextToForget),
        ]

    async def memories(self, call: Call) -> Deleted:
        """Delete memories for good."""
        body = await call.body(Ids)
        request = DeleteMemory(memory_ids=body.ids, delete_messages=body.delete_messages, dry_run=body.dry_run)
        return await self._deleted(request, call)

    async def messages(self, call: Call) -> Deleted:
        """Delete messages for good, with the memories that were learnt from them alone."""
        return await self._deleted(_messages_to_delete(await call.body(MessagesToDelete)), call)

    async def conversation(self, call: Call) -> Deleted:
        """Delete a conversation for good."""
        return await self._deleted(DeleteMemory(conversation_ids=(call.path["conversation_id"],)), call)

    async def forget(self, call: Call) -> Deleted:
        """Delete all about a word or a person."""
        body = await call.body(TextToForget)
        deleted = await self._deleted(DeleteMemory(text=body.text, dry_run=body.dry_run), call)
        if body.dry_run:
            return deleted
        left = await self.browsing.mentions(body.text, user_id=call.user_id)
        return deleted.model_copy(update={"left": left})

    async def _deleted(self, request: DeleteMemory, call: Call) -> Deleted:
        receipt = await self.backend.delete_memory(request, user_id=call.user_id)
        held = [message.id for message in receipt.still_held_by]
        holding = await self.browsing.shown((), held, user_id=call.user_id)
        deleted = Deleted(
            deleted_memories=receipt.deleted,
            deleted_messages=receipt.deleted_messages,
            still_held_by=holding.messages,
            fewer_sources=receipt.fewer_sources,
            stale_backups=receipt.stale_backups,
            dry_run=receipt.dry_run,
        )
        if not receipt.dry_run:
            return deleted
        shown = await self.browsing.shown(
            receipt.deleted[:SHOWN], receipt.deleted_messages[:SHOWN], user_id=call.user_id
        )
        return deleted.model_copy(update={"memories": shown.memories, "messages": shown.messages})


def _messages_to_delete(body: MessagesToDelete) -> DeleteMemory:
    if bool(body.message_ids) == bool(body.conversation_id):
        raise InvalidRequest("Give message_ids, or conversation_id with from and to. Nothing was deleted.")
    if body.message_ids:
        return DeleteMemory(message_ids=body.message_ids, dry_run=body.dry_run)
    if not (body.first and body.last):
        raise InvalidRequest("Give from and to: each the id of a message, or a time. Nothing was deleted.")
    stretch = Stretch(conversation_id=body.conversation_id, first=body.first, last=body.last)
    return DeleteMemory(stretch=stretch, dry_run=body.dry_run)
