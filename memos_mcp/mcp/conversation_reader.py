"""Reading a conversation page by page, or one message of it whole."""

from mcp.types import CallToolResult

from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound
from memos_mcp.core.models import GetConversation, GetMessage, MessagePage, StoredMessage
from memos_mcp.mcp.access import Access
from memos_mcp.mcp.results import text_content
from memos_mcp.mcp.results.size_limits import beginnings, cut_lengths, parts
from memos_mcp.mcp.results.structured_content import answered, conversation_view

_RECENT = 5  # conversations that are named where there is none of a name


async def read_conversation(access: Access, request: GetMessage, *, named: bool) -> CallToolResult:
    """Read a page of a conversation; `named` says that the caller chose it, so that it has to exist.

    Raises:
        NotFound: there is no such conversation; the sentence names those used last.
    """
    try:
        page = await (await access.backend()).get_message(request, user_id=access.user_id())
    except NotFound as exc:
        recent = await _recent(access)
        if named:
            raise NotFound(f'No conversation "{request.conversation_id}" is stored. {recent}') from exc
        empty = MessagePage(conversation_id=request.conversation_id)
        notice = f"Nothing has been stored in this conversation yet. {recent}"
        return answered(notice, conversation_view(empty, notice=notice, whole={}))
    shown = beginnings(page.message_detail_list)
    cut = cut_lengths(page.message_detail_list, shown)
    notice = text_content.conversation_notice(page, limit=request.message_limit_number, cut=bool(cut))
    page = page.model_copy(update={"message_detail_list": shown})
    return answered(
        text_content.conversation_text(shown, notice=notice, cut=cut),
        conversation_view(page, notice=notice, whole=cut),
    )


async def read_message(access: Access, request: GetMessage, *, message_id: str) -> CallToolResult:
    """Read one message of a conversation whole, or the part of it that the page names.

    Raises:
        NotFound: the conversation has no such message.
        InvalidRequest: the message has fewer parts.
    """
    message, page = await _find(access, request, message_id=message_id)
    pieces = parts(message.content)
    if request.page > len(pieces):
        raise InvalidRequest(f"Message {message_id} has {len(pieces)} part(s); page goes from 1 to {len(pieces)}.")
    shown = message.model_copy(update={"content": pieces[request.page - 1]})
    notice = text_content.message_notice(message, part=request.page, parts=len(pieces), page=page.page)
    part = page.model_copy(
        update={"message_detail_list": (shown,), "page": request.page, "pages": len(pieces)},
    )
    cut = cut_lengths((message,), (shown,))
    return answered(
        text_content.conversation_text((shown,), notice=notice, cut={}),
        conversation_view(part, notice=notice, whole=cut),
    )


async def _find(access: Access, request: GetMessage, *, message_id: str) -> tuple[StoredMessage, MessagePage]:
    """Find a message, and the page that it is on."""
    wanted = request.model_copy(update={"message_id": message_id, "page": 1})
    page = await (await access.backend()).get_message(wanted, user_id=access.user_id())
    message = next((message for message in page.message_detail_list if message.id == message_id), None)
    if message is None:
        raise NotFound(
            f'Conversation "{request.conversation_id}" has no message "{message_id}"; search_memory gives ids.'
        )
    return message, page


async def _recent(access: Access) -> str:
    """Name the conversations used last, where the backend can."""
    try:
        request = GetConversation(size=_RECENT)
        page = await (await access.backend()).get_conversation(request, user_id=access.user_id())
    except MemosError:
        return ""
    names = [f'"{one.conversation_id}"' for one in page.conversation_detail_list]
    return f"Used last: {', '.join(names)}." if names else "No conversation is stored yet."
