"""Whether the engine takes calls, and its version; nothing else."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from memos_mcp import __version__


async def health(_: Request) -> Response:
    """Answer: who can reach this has a server whose store is open."""
    return JSONResponse({"ready": True, "version": __version__})
