"""The envelope of the contract: `{"code", "message", "data"}`, beside an HTTP status that fits."""

import json
import logging
import math
import traceback
from typing import Any

from starlette.responses import Response

from memos_mcp.core.errors import MemosError

logger = logging.getLogger(__name__)


class Envelope(Response):
    """An answer of the contract."""

    media_type = "application/json"

    def __init__(
        self,
        data: dict[str, Any] | list[dict[str, Any]] | None,
        *,
        code: int = 0,
        message: str = "ok",
        status: int = 200,
        wait: float | None = None,
    ) -> None:
        """Put an answer together; `wait` is told as `Retry-After`, in seconds."""
        headers = None if wait is None else {"retry-after": str(math.ceil(wait))}
        super().__init__(
            _encoded({"code": code, "message": message, "data": data}), status_code=status, headers=headers
        )


def json_response(content: Any, *, status: int = 200) -> Response:  # noqa: ANN401 - any JSON
    """Answer with JSON which nobody is to keep."""
    headers = {"cache-control": "no-store"}
    return Response(_encoded(content), status_code=status, media_type="application/json", headers=headers)


def _encoded(content: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Write JSON in UTF-8; a lone surrogate, which UTF-8 does not have, is written as JSON escapes it."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")


def problem(error: MemosError, *, status: int | None = None) -> Response:
    """Refuse in the form of `/api/v1` and the page: `{"error": sentence}`, beside the HTTP status."""
    response = json_response({"error": str(error)}, status=status or error.status)
    if error.retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(error.retry_after))
    return response


def refusal_at(path: str, error: MemosError, *, status: int | None = None) -> Response:
    """Answer with an error in the form that the path's callers read."""
    return problem(error, status=status) if path.startswith("/api/v1/") else refusal(error, status=status)


def refusal(error: MemosError, *, status: int | None = None) -> Envelope:
    """Answer with an error; HTTP has a status of its own for some of what the contract has one code for."""
    return Envelope(None, code=error.code, message=str(error), status=status or error.status, wait=error.retry_after)


def log_failure(error: Exception, where: str) -> None:
    """Log what nobody foresaw: the kind of error and where it happened, without the text of anybody's data."""
    logger.error("%s in %s\n%s", type(error).__name__, where, "".join(traceback.format_tb(error.__traceback__)))
