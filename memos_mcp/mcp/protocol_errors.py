"""What a request is answered that fails: a code and a sentence, the same in both eras of the protocol."""

import logging
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import INTERNAL_ERROR
from pydantic import ValidationError

logger = logging.getLogger(__name__)

BROKEN = "The server failed at this; its log says why. Other calls still work."


async def in_words(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Have what nobody foresaw be an internal error; the SDK answers it with the code 0, or with nothing said."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):  # the SDK says what is wrong with parameters
        raise
    except Exception as exc:
        logger.exception("%s failed", ctx.method)
        raise MCPError(code=INTERNAL_ERROR, message=BROKEN) from exc
