"""What is drafted and not stored is kept from secrets too."""

from collections.abc import Sequence
from pathlib import Path

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.text.secrets import redact
from memos_mcp.core.models import Message
from tests.local.stores import store

SECRET = "AKIA" + "IOSFODNN7EXAMPLE"


class Repeating:
    """Drafts each message as a memory."""

    name = "repeating"
    takes_instructions = False

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        return [Draft(key="", value=one.content, sources=(one.seq,)) for one in messages]

    def close(self) -> None:
        pass


async def test_a_secret_is_not_drafted(tmp_path: Path) -> None:
    message = Message(role="user", content=f"My access key is {SECRET}.")

    async with store(tmp_path / "plain", extractor=Repeating) as backend:
        plain = await backend.means.extract_memory((message,))
    async with store(tmp_path / "redacting", extractor=Repeating, redact=redact) as backend:
        redacted = await backend.means.extract_memory((message,))

    assert SECRET in str(plain)
    assert SECRET not in str(redacted)
    assert "My access key is" in str(redacted)
