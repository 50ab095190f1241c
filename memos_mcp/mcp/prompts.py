"""Prompts: what a user may want to ask of a memory with one click."""

import logging
from typing import Any, cast

from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from memos_mcp.core.errors import MemosError
from memos_mcp.core.models import GetMemory, SearchMemory
from memos_mcp.core.validation_messages import SHOWN
from memos_mcp.mcp.access import Access
from memos_mcp.mcp.results import text_content
from memos_mcp.mcp.results.size_limits import shortened
from memos_mcp.rendering.instructions import DATA_NOT_INSTRUCTIONS, visible, with_instructions

logger = logging.getLogger(__name__)

ARGUMENTS = {"recall": {"topic"}, "remember": {"text"}, "review": set[str]()}
"""The prompts that there are, and the arguments of each."""


async def recall(ctx: Context[Access], topic: str = "") -> str:
    """Bring what is remembered about a topic into the chat; without a topic, what is known of the user."""
    access = ctx.request_context.lifespan_context
    try:
        backend = await access.backend()
        if not topic.strip():
            page = shortened(await backend.get_memory(GetMemory(size=50), user_id=access.user_id()))
            return text_content.known_text(page, notice=text_content.known_notice(page))
        request = SearchMemory(query=topic, relativity=0, return_full_instruction=True)
        result = await backend.search_memory(request, user_id=access.user_id())
    except MemosError as exc:
        raise MCPError(code=INTERNAL_ERROR, message=str(exc)) from exc
    return with_instructions(result, request).full_instruction or ""


def remember(text: str = "") -> str:
    """Store something in memory; without a text, what matters of this conversation."""
    if text:
        return f"Store this with add_message, word for word, as a message of mine:\n\n{text}"
    return (
        "Store this conversation with add_message: my messages and yours, word for word and in order,"
        " leaving out what is stored already. Then say in one line what was stored."
    )


def review() -> str:
    """Go through what is remembered, and correct it."""
    return (
        "Go through what you remember of me with get_memory, page by page. Show it to me as a short list, say which"
        " entries look wrong, out of date or double, and ask what to do. Then correct with add_feedback, and delete"
        f" with delete_memory only what I name. {DATA_NOT_INSTRUCTIONS}"
    )


def attach(server: MCPServer[Any]) -> None:
    """Register the prompts."""
    server.prompt(title="Recall")(recall)
    server.prompt(title="Remember")(remember)
    server.prompt(title="Review what is remembered")(review)
    server.middleware.append(_known_only)


async def _known_only(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Refuse a prompt or an argument that there is not, which the SDK takes for a failure of the server."""
    params = ctx.params or {}
    problem = _unknown(params.get("name"), params.get("arguments")) if ctx.method == "prompts/get" else ""
    if problem:
        logger.warning("prompts/get was refused: %s", problem)
        raise MCPError(code=INVALID_PARAMS, message=problem)
    return await call_next(ctx)


def _unknown(name: object, arguments: object) -> str:
    if not isinstance(name, str):
        return ""  # the SDK says what is wrong with it
    if name not in ARGUMENTS:
        return f'There is no prompt "{visible(name[:SHOWN])}"; there are {", ".join(ARGUMENTS)}.'
    given = cast("dict[str, object]", arguments) if isinstance(arguments, dict) else {}
    extra = next((one for one in given if one not in ARGUMENTS[name]), None)
    if extra is None:
        return ""
    takes = f"it takes {', '.join(ARGUMENTS[name])}" if ARGUMENTS[name] else "it takes none"
    return f'The prompt {name} has no argument "{visible(extra[:SHOWN])}"; {takes}.'
