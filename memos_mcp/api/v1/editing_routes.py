"""The routes that set memories right, and those that delete."""

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


class EditingRoutes:
    """The routes over what a backend lets people change."""

    def __init__(self, backend: MemoryBackend, browsing: "Browsing", curating: "Curating") -> None:
        """Take what is changed."""
        self._backend = backend
        self._browsing = browsing
        self._curating = curating

    def operations(self) -> list[Operation]:
        """Return the routes."""
        memory = "/memories/{memory_id}"
        return [
            Operation("PATCH", memory, self.patch, "Give a memory other words", MemoryDetail, body=MemoryPatch),
            Operation("POST", f"{memory}/archive", self.archive, "Take a memory out of force", MemoryDetail),
            Operation("POST", f"{memory}/restore", self.restore, "Put a memory back into force", MemoryDetail),
            Operation("POST", f"{memory}/undo", self.undo, "Take back a memory's last change", MemoryDetail),
            Operation("POST", "/memories/delete", self.delete_memories, "Delete memories for good", Deleted, body=Ids),
            Operation(
                "POST",
                "/messages/delete",
                self.delete_messages,
                "Delete messages for good, with the memories that were learnt from them alone",
                Deleted,
                body=MessagesToDelete,
            ),
            Operation(
                "DELETE",
                "/conversations/{conversation_id:path}",
                self.delete_conversation,
                "Delete a conversation for good",
                Deleted,
            ),
            Operation(
                "POST", "/forget", self.forget, "Delete all about a word or a person", Deleted, body=TextToForget
            ),
        ]

    async def patch(self, call: Call) -> MemoryDetail:
        """Rewrite a memory."""
        patch = await call.body(MemoryPatch)
        return await self._curating.patch(call.path["memory_id"], patch, user_id=call.user_id)

    async def archive(self, call: Call) -> MemoryDetail:
        """Archive a memory."""
        return await self._curating.archive(call.path["memory_id"], user_id=call.user_id)

    async def restore(self, call: Call) -> MemoryDetail:
        """Restore a memory."""
        return await self._curating.restore(call.path["memory_id"], user_id=call.user_id)

    async def undo(self, call: Call) -> MemoryDetail:
        """Take a change back."""
        return await self._curating.undo(call.path["memory_id"], user_id=call.user_id)

    async def delete_memories(self, call: Call) -> Deleted:
        """Delete memories."""
        body = await call.body(Ids)
        request = DeleteMemory(memory_ids=body.ids, delete_messages=body.delete_messages, dry_run=body.dry_run)
        return await self._deleted(request, call)

    async def delete_messages(self, call: Call) -> Deleted:
        """Delete messages, or a stretch of a conversation."""
        body = await call.body(MessagesToDelete)
        if bool(body.message_ids) == bool(body.conversation_id):
            raise InvalidRequest("Give message_ids, or conversation_id with from and to. Nothing was deleted.")
        if body.message_ids:
            return await self._deleted(DeleteMemory(message_ids=body.message_ids, dry_run=body.dry_run), call)
        if not (body.first and body.last):
            raise InvalidRequest("Give from and to: each the id of a message, or a time. Nothing was deleted.")
        stretch = Stretch(conversation_id=body.conversation_id, first=body.first, last=body.last)
        return await self._deleted(DeleteMemory(stretch=stretch, dry_run=body.dry_run), call)

    async def delete_conversation(self, call: Call) -> Deleted:
        """Delete a conversation."""
        return await self._deleted(DeleteMemory(conversation_ids=(call.path["conversation_id"],)), call)

    async def forget(self, call: Call) -> Deleted:
        """Delete all about a word or a person, and count what is left."""
        body = await call.body(TextToForget)
        deleted = await self._deleted(DeleteMemory(text=body.text, dry_run=body.dry_run), call)
        if body.dry_run:
            return deleted
        left = await self._browsing.mentions(body.text, user_id=call.user_id)
        return deleted.model_copy(update={"left": left})

    async def _deleted(self, request: DeleteMemory, call: Call) -> Deleted:
        receipt = await self._backend.delete_memory(request, user_id=call.user_id)
        held = [message.id for message in receipt.still_held_by]
        holding = await self._browsing.shown((), held, user_id=call.user_id)
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
        shown = await self._browsing.shown(
            receipt.deleted[:SHOWN], receipt.deleted_messages[:SHOWN], user_id=call.user_id
        )
        return deleted.model_copy(update={"memories": shown.memories, "messages": shown.messages})
