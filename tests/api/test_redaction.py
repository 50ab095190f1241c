"""Secrets are replaced wherever text comes in, not in messages alone."""

import json
from pathlib import Path

from memos_mcp.backends.local.text.secrets import redact
from memos_mcp.core.models import GetMemory
from tests.api.engine import Json, engine

SECRET = "Zq7mPv2Kx9Wd"  # noqa: S105  # written for this test
SAYS = f"my password is {SECRET}"


async def test_nothing_that_comes_in_brings_a_secret_with_it(tmp_path: Path) -> None:
    async with engine(tmp_path, redact=redact) as api:
        told: Json = {
            "user_id": "u",
            "conversation_id": "c",
            "messages": [{"role": "user", "content": f"I live in Lyon, {SAYS}."}],
            "tags": [SAYS, f"redis://:{SECRET}@cache.example"],
            "info": {"password": SECRET, "deep": [{"note": SAYS}]},
            "memories": [f"The user lives in Lyon, {SAYS}."],
            "async_mode": False,
        }
        await api.data("add/message", told)
        await api.data("add/message", told | {"messages": "I keep two canaries.", "memories": []})
        known = await api.backend.get_memory(GetMemory(), user_id="u")
        first = known.memory_detail_list[0].id
        await api.data("update/memory", {"user_id": "u", "memory_id": first, "content": SAYS, "title": SAYS})
        await api.data("add/feedback", {"user_id": "u", "feedback_content": f"It is Nice, not Lyon, {SAYS}"})

        shown = [
            await api.data("get/memory", {"user_id": "u"}),
            await api.data("get/message", {"user_id": "u", "conversation_id": "c"}),
            await api.data("search/memory", {"user_id": "u", "query": "password Lyon", "relativity": 0}),
        ]
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert "[redacted: password]" in json.dumps(shown)
    assert SECRET not in json.dumps(shown)
    assert SECRET.encode() not in files
