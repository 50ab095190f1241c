"""Asking the user before memories are deleted, where the host can ask."""

from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, Resolve
from pydantic import BaseModel, Field

from memos_mcp.models import DeleteReceipt, GetMemory
from memos_mcp.server.access import Access
from memos_mcp.server.text import known_line

_SHOWN = 10
_SHOWN_CHARACTERS = 150


class Deletion(BaseModel):
    """The user's answer."""

    delete: bool = Field(description="Yes, delete for good")


async def doomed_texts(memory_ids: list[str], ctx: Context[Access]) -> list[str]:
    """Give a line for each memory that is to go."""
    access = ctx.request_context.lifespan_context
    request = GetMemory(memory_ids=tuple(dict.fromkeys(memory_ids)), size=50)
    page = await (await access.backend()).get_memory(request, user_id=access.user_id())
    lines = [known_line(one) for one in (*page.memory_detail_list, *page.preference_detail_list)]
    return [line if len(line) <= _SHOWN_CHARACTERS else f"{line[: _SHOWN_CHARACTERS - 1]}…" for line in lines]


async def confirm_deletion(
    doomed: Annotated[list[str], Resolve(doomed_texts)], ctx: Context[Access]
) -> Deletion | Elicit[Deletion]:
    """Ask whether these memories are to go; where nobody can be asked, the host knows that the tool is destructive."""
    if not _can_ask(ctx):
        return Deletion(delete=True)
    return Elicit(f"Delete for good?\n{_listed(doomed)}", Deletion)


def deletion_text(receipt: DeleteReceipt, *, doomed: list[str]) -> str:
    """Say what is gone."""
    return f"Deleted {len(receipt.deleted)} for good:\n{_listed(doomed)}"


def _can_ask(ctx: Context[Access]) -> bool:
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _listed(lines: list[str]) -> str:
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])
