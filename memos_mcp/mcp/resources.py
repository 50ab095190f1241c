"""Resources: what is known of the user, the conversations, and each memory and conversation by its id."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    ListResourcesResult,
    PaginatedRequestParams,
    Resource,
)
from pydantic import ValidationError

from memos_mcp.core.errors import MemosError, NotFound
from memos_mcp.core.models import (
    Conversation,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    Preference,
    SearchMemory,
    StoredMessage,
    clock_text,
)
from memos_mcp.mcp import uris
from memos_mcp.mcp.access import Access
from memos_mcp.mcp.results import text_content
from memos_mcp.mcp.results.size_limits import beginnings, cut_lengths, shortened
from memos_mcp.mcp.sdk import answer
from memos_mcp.rendering.instructions import visible

_ANY_ID = ResourceSecurity(reject_path_traversal=False, reject_absolute_paths=False, reject_null_bytes=False)
"""An id is no path: it is looked up, and any characters are good."""

_CONVERSATIONS = 100  # the largest page, as the two below
_MESSAGES = 50
_MEMORIES = 50
_QUERY_CHARACTERS = 2_000  # of a memory: enough to find the messages that it was made of

_BYTES = 1_200_000
"""A resource is read because somebody chose it: a message of the greatest length comes whole."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What can be attached to a chat, read from the current user's memory."""

    access: Access

    def attach(self, server: MCPServer[Any]) -> None:
        """Register the resources and their list."""
        server.resource(uris.PROFILE, title="What is known of the user", mime_type="text/plain")(self.profile)
        server.resource(uris.CONVERSATIONS, title="Conversations", mime_type="text/plain")(self.conversations)
        server.resource(
            uris.CONVERSATION_TEMPLATE, title="The messages of a conversation", mime_type="text/plain", security=_ANY_ID
        )(self.conversation)
        server.resource(
            uris.MEMORY_TEMPLATE, title="A memory and its sources", mime_type="text/plain", security=_ANY_ID
        )(self.memory)
        answer(server, "resources/list", PaginatedRequestParams, partial(self._list, server.list_resources))

    async def profile(self) -> str:
        """What is known of the user: preferences and memories, newest first."""
        with _told():
            backend = await self.access.backend()
            known = await backend.get_memory(GetMemory(size=_MEMORIES), user_id=self.access.user_id())
        short = shortened(known)
        notice = text_content.known_notice(short, more="get_memory lists the rest.", cut=short != known)
        return text_content.known_text(short, notice=notice)

    async def conversations(self) -> str:
        """The conversations that are stored, the last used first."""
        with _told():
            backend = await self.access.backend()
            page = await backend.get_conversation(GetConversation(size=_CONVERSATIONS), user_id=self.access.user_id())
        lines = [f"{uris.conversation(one.conversation_id)} {_summary(one)}" for one in page.conversation_detail_list]
        rest = " The list of resources has the rest." if page.pages > 1 else ""
        return "\n".join([f"{page.total} conversations, the last used first.{rest}", *lines])

    async def conversation(self, conversation_id: str, page: int = 1) -> str:
        """The messages of a conversation, oldest first; page 1 is the latest."""
        with _told():
            request = _request(conversation_id, page)
            found = await (await self.access.backend()).get_message(request, user_id=self.access.user_id())
        shown = beginnings(found.message_detail_list, limit=_BYTES)
        cut = cut_lengths(found.message_detail_list, shown)
        notice = text_content.conversation_notice(found, limit=_MESSAGES, cut=bool(cut))
        return text_content.conversation_text(shown, notice=notice, cut=cut)

    async def memory(self, memory_id: str) -> str:
        """A memory, and the messages that it was learnt from."""
        with _told():
            backend = await self.access.backend()
            page = await backend.get_memory(GetMemory(memory_ids=(memory_id,)), user_id=self.access.user_id())
            known = next(iter((*page.memory_detail_list, *page.preference_detail_list)), None)
            if known is None:
                raise NotFound(f'No memory "{memory_id}" is known; get_memory lists ids.')
            sources = await self._sources(known)
        return text_content.memory_text(known, sources)

    async def _sources(self, known: Memory | Preference) -> list[StoredMessage]:
        """Find the messages that a memory names: they are the ones most like it."""
        value = known.memory_value if isinstance(known, Memory) else known.preference
        request = SearchMemory(
            query=value[:_QUERY_CHARACTERS],
            conversation_id=known.conversation_id,
            memory_limit_number=0,
            preference_limit_number=0,
            message_limit_number=50,
        )
        result = await (await self.access.backend()).search_memory(request, user_id=self.access.user_id())
        return [message for message in result.message_detail_list if message.id in known.sources]

    async def _list(
        self,
        fixed: Callable[[], Awaitable[list[Resource]]],
        _: ServerRequestContext[Any, Any],
        params: PaginatedRequestParams,
    ) -> ListResourcesResult:
        """List the resources that are always there, then a page of the conversations."""
        number = _page_number(params.cursor)
        try:
            backend = await self.access.backend()
            page = await backend.get_conversation(
                GetConversation(page=number, size=_CONVERSATIONS), user_id=self.access.user_id()
            )
        except MemosError as exc:
            raise MCPError(code=INTERNAL_ERROR, message=str(exc)) from exc
        listed = [_resource(one) for one in page.conversation_detail_list]
        attachable = [one for one in await fixed() if not one.uri.startswith("ui:")]  # a view is read by its address
        return ListResourcesResult(
            resources=[*attachable, *listed] if number == 1 else listed,
            next_cursor=str(number + 1) if number < page.pages else None,
        )


@contextmanager
def _told() -> Generator[None]:
    """Turn our errors into the SDK's, whose sentences reach the client."""
    try:
        yield
    except NotFound as exc:
        raise ResourceNotFoundError(str(exc)) from exc
    except MemosError as exc:
        raise ResourceError(str(exc)) from exc


def _request(conversation_id: str, page: int) -> GetMessage:
    try:
        return GetMessage(conversation_id=conversation_id, message_limit_number=_MESSAGES, page=page)
    except ValidationError as exc:
        raise NotFound("A conversation_id has at most 100 characters, and page is 1 or more.") from exc


def _page_number(cursor: str | None) -> int:
    if cursor is None:
        return 1
    if not cursor.isdecimal() or int(cursor) < 2:
        raise MCPError(code=INVALID_PARAMS, message="This cursor is not one of ours: list from the beginning.")
    return int(cursor)


def _resource(one: Conversation) -> Resource:
    return Resource(
        uri=uris.conversation(one.conversation_id),
        name=visible(one.conversation_id),
        description=_summary(one),
        mime_type="text/plain",
    )


def _summary(one: Conversation) -> str:
    first, last = clock_text(one.create_time)[:10], clock_text(one.update_time)[:10]
    days = first if first == last else f"{first} to {last}"
    return f"{one.total} messages, {days}" if one.total else days  # the cloud does not say how many
