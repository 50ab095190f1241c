"""Asking the user before memories are deleted, where the host can ask."""

from collections.abc import Sequence
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, Resolve
from pydantic import BaseModel, Field

from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import DeleteMemory, DeleteReceipt, GetMemory, StoredMessage
from memos_mcp.mcp.access import Access
from memos_mcp.mcp.results.text_content import known_line
from memos_mcp.rendering.instructions import visible

_SHOWN = 10  # lines: what a dialogue shows without scrolling
_SHOWN_CHARACTERS = 150  # of a line


class DeletionConsent(BaseModel):
    """The user's answer."""

    delete: bool = Field(description="Yes, delete for good")


def deletion_request(
    memory_ids: Sequence[str], delete_messages: bool, message_ids: Sequence[str], conversation_id: str
) -> DeleteMemory:
    """Put the request together.

    Raises:
        InvalidRequest: nothing is named, or a conversation beside something else.
    """
    if not (memory_ids or message_ids or conversation_id):
        raise InvalidRequest("Name what is to go: memory_ids, message_ids or a conversation_id. Nothing was deleted.")
    if conversation_id and (memory_ids or message_ids):
        raise InvalidRequest(
            "conversation_id deletes the whole conversation: leave it out, or name no ids. Nothing was deleted."
        )
    return DeleteMemory(
        memory_ids=tuple(dict.fromkeys(memory_ids)),
        delete_messages=delete_messages,
        message_ids=tuple(dict.fromkeys(message_ids)),
        conversation_ids=(conversation_id,) if conversation_id else (),
    )


async def doomed_texts(
    memory_ids: Sequence[str],
    delete_messages: bool,
    message_ids: Sequence[str],
    conversation_id: str,
    ctx: Context[Access],
) -> list[str]:
    """Return a line for each memory and message that is to go."""
    access = ctx.request_context.lifespan_context
    backend, user_id = await access.backend(), access.user_id()
    request = deletion_request(memory_ids, delete_messages, message_ids, conversation_id)
    lines: list[str] = []
    going = request.memory_ids
    if request.of_messages:
        tried = await backend.delete_memory(request.model_copy(update={"dry_run": True}), user_id=user_id)
        going = tried.deleted
        lines = [_said(message) for message in tried.message_detail_list]
        lines += ["…"] * (len(tried.deleted_messages) - len(lines))
    if going:
        page = await backend.get_memory(GetMemory(memory_ids=going, size=50), user_id=user_id)
        lines = [*map(known_line, (*page.memory_detail_list, *page.preference_detail_list)), *lines]
    return [line if len(line) <= _SHOWN_CHARACTERS else f"{line[: _SHOWN_CHARACTERS - 1]}…" for line in lines]


def _said(message: StoredMessage) -> str:
    return f"{message.id} {message.role}: {visible(message.content)}"


async def confirm_deletion(
    doomed: Annotated[list[str], Resolve(doomed_texts)], ctx: Context[Access]
) -> DeletionConsent | Elicit[DeletionConsent]:
    """Ask whether these are to go; where nobody can be asked, the host knows that the tool is destructive."""
    if not _can_ask(ctx):
        return DeletionConsent(delete=True)
    return Elicit(f"Delete for good?\n{_listed(doomed)}", DeletionConsent)


def deletion_text(receipt: DeleteReceipt, *, doomed: list[str]) -> str:
    """Say what is gone, and where its words are still."""
    gone = len(receipt.deleted) + len(receipt.deleted_messages)
    lines = [f"Deleted {gone} for good:", _listed(doomed)]
    if receipt.still_held_by:
        lines.append("Still said in messages, which delete_messages: true or their message_ids delete too:")
        lines.append(_listed([_said(message)[:_SHOWN_CHARACTERS] for message in receipt.still_held_by]))
    if receipt.fewer_sources:
        lines.append(f"Kept, for other messages say it too: {', '.join(receipt.fewer_sources[:_SHOWN])}.")
    if receipt.stale_backups:
        lines.append(f"Backups may still hold it: {', '.join(receipt.stale_backups[:_SHOWN])}.")
    return "\n".join(lines)


def _can_ask(ctx: Context[Access]) -> bool:
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _listed(lines: list[str]) -> str:
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])
