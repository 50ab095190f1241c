"""Completing the ids in the addresses of resources."""

from typing import Any

from mcp import MCPError
from mcp.server import MCPServer
from mcp.types import (
    INTERNAL_ERROR,
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import MAX_ID_LENGTH, GetConversation, GetMemory
from memos_mcp.mcp.access import Access

_MOST = 100
"""The protocol allows no more values."""

_MEMORIES = 50  # the largest page


def attach(server: MCPServer[Any], access: Access) -> None:
    """Register the completion."""

    @server.completion()
    async def complete(  # pyright: ignore[reportUnusedFunction] - the server calls it
        ref: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _: CompletionContext | None
    ) -> Completion | None:
        if not isinstance(ref, ResourceTemplateReference):
            return None
        try:
            return await _ids(access, argument)
        except MemosError as exc:
            raise MCPError(code=INTERNAL_ERROR, message=str(exc)) from exc


async def _ids(access: Access, argument: CompletionArgument) -> Completion | None:
    match argument.name:
        case "conversation_id":
            return await _conversation_ids(access, argument.value)
        case "memory_id":
            return await _memory_ids(access, argument.value)
        case _:
            return None


async def _conversation_ids(access: Access, prefix: str) -> Completion:
    request = GetConversation(size=_MOST, prefix=prefix.replace("\0", "")[:MAX_ID_LENGTH])
    page = await (await access.backend()).get_conversation(request, user_id=access.user_id())
    ids = [one.conversation_id for one in page.conversation_detail_list]
    return Completion(values=ids, total=page.total, has_more=page.total > len(ids))


async def _memory_ids(access: Access, prefix: str) -> Completion:
    page = await (await access.backend()).get_memory(GetMemory(size=_MEMORIES), user_id=access.user_id())
    known = (*page.memory_detail_list, *page.preference_detail_list)
    return Completion(values=[one.id for one in known if one.id.startswith(prefix)], has_more=page.pages > 1)
