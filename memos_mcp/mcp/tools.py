"""The six tools: each a signature, what a model reads, and one call of the backend."""

from functools import cache
from typing import Annotated

from mcp.server.mcpserver import Context, ElicitationResult, Resolve
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations

from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    GetMemory,
    GetMessage,
    SearchMemory,
)
from memos_mcp.mcp import tool_arguments as arguments
from memos_mcp.mcp.access import Access, repeat_key
from memos_mcp.mcp.apps import BOUND
from memos_mcp.mcp.conversation_reader import read_conversation, read_message
from memos_mcp.mcp.deletion_consent import (
    DeletionConsent,
    confirm_deletion,
    deletion_request,
    deletion_text,
    doomed_texts,
)
from memos_mcp.mcp.plain_tool import PlainTool
from memos_mcp.mcp.results import structured_content as views
from memos_mcp.mcp.results import text_content
from memos_mcp.mcp.results.search import MEMORIES, MESSAGES, PREFERENCES, search_answer
from memos_mcp.mcp.results.size_limits import shortened
from memos_mcp.mcp.results.structured_content import answered


async def add_message(
    messages: arguments.Messages,
    ctx: Context[Access],
    conversation_id: arguments.ConversationId = "",
    memories: arguments.AgentMemories = (),
) -> Annotated[CallToolResult, views.AddView]:
    """Store messages of this conversation in long-term memory, word for word.
    Call after each turn with what the user and you said.
    memories: facts worth keeping, a sentence each, in the messages' own words, naming who and when; replaces: ids of
    memories that are now out of date."""
    access = ctx.request_context.lifespan_context
    conversation = access.conversation(ctx.session, given=conversation_id)
    is_new = not access.notices.has_listed(conversation)
    request = AddMessage(
        messages=tuple(messages),
        conversation_id=conversation,
        memories=tuple(memories),
        key=repeat_key(ctx.request_context.meta),
    )
    receipt = await (await access.backend()).add_message(request, user_id=access.user_id())
    if is_new and not conversation_id:
        note = text_content.sentences_of(receipt.note, text_content.ONE_CONVERSATION)
        receipt = receipt.model_copy(update={"note": note})
    return answered(text_content.added_text(receipt, count=len(messages)), views.receipt_view(receipt))


async def search_memory(
    query: arguments.Query,
    ctx: Context[Access],
    conversation_id: arguments.ConversationId = "",
    memory_limit_number: arguments.MemoryLimit = MEMORIES,
    message_limit_number: arguments.MessageLimit = MESSAGES,
    return_instruction: bool = False,
    return_full_instruction: bool = False,
    filter: arguments.Filter = None,  # noqa: A002 - MemOS's name
    max_words: arguments.Words = 0,
    query_time: arguments.QueryTime = None,
) -> Annotated[CallToolResult, views.SearchView]:
    """Find what earlier conversations say about something: memories, preferences, messages.
    Call before answering what may depend on the past.
    conversation_id prefers that conversation; max_words bounds the answer; query_time: when it was asked, if not now;
    filter is JSON, e.g. {"and":[{"tags":{"contains":"trip"}},{"create_time":{"gte":"2025-12-01"}}]}."""
    access = ctx.request_context.lifespan_context
    request = SearchMemory(
        query=query,
        conversation_id=conversation_id,
        filter=filter,
        memory_limit_number=memory_limit_number,
        preference_limit_number=min(memory_limit_number, PREFERENCES),
        message_limit_number=message_limit_number,
        relativity=0,
        return_instruction=return_instruction,
        return_full_instruction=return_full_instruction,
        max_words=max_words,
        query_time=query_time,
    )
    result = await (await access.backend()).search_memory(request, user_id=access.user_id())
    return search_answer(result, request)


async def get_message(
    ctx: Context[Access],
    conversation_id: arguments.ConversationId = "",
    message_limit_number: arguments.PageSize = 6,
    page: arguments.Page = 1,
    message_id: arguments.MessageId = "",
) -> Annotated[CallToolResult, views.MessagesView]:
    """Read a conversation (default: this one) word for word, oldest first; page 1 has the latest messages.
    Call to read what a search shows in part. message_id: that message alone, whole; page then counts its parts."""
    access = ctx.request_context.lifespan_context
    conversation = access.conversation(ctx.session, given=conversation_id)
    request = GetMessage(conversation_id=conversation, message_limit_number=message_limit_number, page=page)
    if message_id:
        return await read_message(access, request, message_id=message_id)
    return await read_conversation(access, request, named=bool(conversation_id))


async def get_memory(
    ctx: Context[Access], page: arguments.Page = 1, size: arguments.Size = 10
) -> Annotated[CallToolResult, views.MemoriesView]:
    """List what is known of the user, newest first. Call when asked what you remember, or to find a memory's id."""
    access = ctx.request_context.lifespan_context
    known = await (await access.backend()).get_memory(GetMemory(page=page, size=size), user_id=access.user_id())
    short = shortened(known)
    notice = text_content.known_notice(short, cut=short != known)
    return answered(text_content.known_text(short, notice=notice), views.known_view(short, notice=notice))


async def delete_memory(
    ctx: Context[Access],
    doomed: Annotated[list[str], Resolve(doomed_texts)],
    answer: Annotated[ElicitationResult[DeletionConsent], Resolve(confirm_deletion)],
    memory_ids: arguments.MemoryIds = (),
    delete_messages: bool = False,
    message_ids: arguments.MessageIds = (),
    conversation_id: arguments.ConversationId = "",
) -> Annotated[CallToolResult, views.DeleteView]:
    """Delete for good, by id: memories or preferences (delete_messages: with the messages that they come from),
    messages, or a whole conversation. Call only when the user wants them forgotten."""
    access = ctx.request_context.lifespan_context
    if answer.action != "accept" or not answer.data.delete:
        return answered("Nothing was deleted: the user said no.", {"success": False, "deleted": []})
    request = deletion_request(memory_ids, delete_messages, message_ids, conversation_id)
    receipt = await (await access.backend()).delete_memory(request, user_id=access.user_id())
    return answered(deletion_text(receipt, doomed=doomed), views.deletion_view(receipt))


async def add_feedback(
    feedback_content: arguments.Feedback,
    ctx: Context[Access],
    conversation_id: arguments.ConversationId = "",
    memory_ids: arguments.CorrectedIds = (),
) -> Annotated[CallToolResult, views.FeedbackView]:
    """Correct what is remembered, in plain words ("I never had a cat").
    Call when the user says that a memory is wrong or out of date."""
    access = ctx.request_context.lifespan_context
    request = AddFeedback(
        feedback_content=arguments.checked_feedback(feedback_content),
        conversation_id=conversation_id,
        memory_ids=tuple(memory_ids),
    )
    receipt = await (await access.backend()).add_feedback(request, user_id=access.user_id())
    return answered(text_content.feedback_text(receipt), views.receipt_view(receipt))


@cache
def tools() -> tuple[Tool, ...]:
    """Return the tools with their titles and hints."""
    return (
        PlainTool.of(add_message, title="Remember messages", annotations=_hints(destructive=False)),
        PlainTool.of(search_memory, title="Search memory", annotations=_hints(read_only=True), meta=BOUND),
        PlainTool.of(get_message, title="Read a conversation", annotations=_hints(read_only=True)),
        PlainTool.of(get_memory, title="List memories", annotations=_hints(read_only=True), meta=BOUND),
        PlainTool.of(delete_memory, title="Delete memories", annotations=_hints(destructive=True)),
        PlainTool.of(add_feedback, title="Correct a memory", annotations=_hints(destructive=False)),
    )


def _hints(*, read_only: bool = False, destructive: bool = False) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=read_only, destructive_hint=destructive, idempotent_hint=read_only, open_world_hint=False
    )
