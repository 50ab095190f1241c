"""Why no connection to a Chroma server could be made, as sentences."""

from collections.abc import Generator
from contextlib import contextmanager

from memos_mcp.backends.local.vectors.clean_memory import CLEAN_MEMORY
from memos_mcp.core.errors import Unavailable


@contextmanager
def naming_what_answers(address: str) -> Generator[None]:
    """Say of a server with which no connection could be made what answers at its address.

    Raises:
        Unavailable: none could.
    """
    try:
        with CLEAN_MEMORY.used():
            yield
    except Exception as exc:  # Chroma raises bare Exceptions
        raise Unavailable(f"{_found_at(address)} Until then search goes on by words.") from exc


def _found_at(address: str) -> str:
    import httpx  # noqa: PLC0415  # Chroma's client loads it anyway

    try:
        status = httpx.get(f"{address}/api/v2/heartbeat", timeout=5).status_code
    except httpx.HTTPError:
        return f"No Chroma server answers at {address}: start it (chroma run), or correct MEMOS_CHROMA_URL."
    if status in {401, 403}:
        return f"The Chroma server at {address} refuses the key or tenant: correct MEMOS_CHROMA_API_KEY and its like."
    if status >= 500:
        return f"The Chroma server at {address} fails (HTTP {status}): see its log."
    if status >= 300:
        return f"What answers at {address} is no Chroma server of version 1 (HTTP {status}): upgrade or correct it."
    return f"The Chroma server at {address} lacks this tenant or database: correct MEMOS_CHROMA_TENANT and _DATABASE."
