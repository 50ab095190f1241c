""" "Tomorrow" is worked out on the day of its speaker, and times are shown as they were there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.models import AddMessage, GetMemory, GetMessage, Message, StoredMessage, clock_text, local_text
from memos_mcp.core.settings import read_settings
from memos_mcp.mcp.results.text_content import conversation_text
from tests.fakes.hashed_embedder import HashedEmbedder

SAID = "I have a dentist appointment tomorrow."


async def day_of(folder: Path, chat_time: str | int, *, timezone: str) -> tuple[str, StoredMessage]:
    """Say it at this time in a store of this zone; return the day that it is about, and the stored message."""
    message = Message.model_validate({"role": "user", "content": SAID, "chat_time": chat_time})
    opened = open_local(folder, embedder=HashedEmbedder, extractor=RulesExtractor, timezone=timezone)
    async with opened as backend:
        await backend.add_message(AddMessage(messages=(message,), conversation_id="c", wait=True), user_id="u")
        (memory,) = (await backend.get_memory(GetMemory(), user_id="u")).memory_detail_list
        (stored,) = (await backend.get_message(GetMessage(conversation_id="c"), user_id="u")).message_detail_list
    return clock_text(memory.memory_time or 0)[:10], stored


@pytest.mark.parametrize(
    ("chat_time", "timezone", "day", "shown"),
    [
        ("2025-11-27T23:30:00-08:00", "Asia/Shanghai", "2025-11-28", "2025-11-27 23:30:00-08:00"),
        ("2025-11-28T07:30:00+08:00", "America/New_York", "2025-11-29", "2025-11-28 07:30:00+08:00"),
        ("2025-11-27 23:30:00", "Asia/Shanghai", "2025-11-28", "2025-11-27 23:30:00"),
        (1764286200000, "America/Los_Angeles", "2025-11-28", "2025-11-27 15:30:00-08:00"),
        (1764286200000, "Asia/Shanghai", "2025-11-29", "2025-11-28 07:30:00+08:00"),
        (1764286200000, "UTC", "2025-11-28", "2025-11-27 23:30:00"),
    ],
)
async def test_a_day_is_that_of_the_speaker(
    tmp_path: Path, chat_time: str | int, timezone: str, day: str, shown: str
) -> None:
    named, stored = await day_of(tmp_path, chat_time, timezone=timezone)

    assert named == day
    assert local_text(stored.create_time, stored.utc_offset) == shown


async def test_a_conversation_shows_the_times_of_its_speaker(tmp_path: Path) -> None:
    _, stored = await day_of(tmp_path, "2025-11-27T23:30:00-08:00", timezone="UTC")

    assert "2025-11-27 23:30:00-08:00 user: I have" in conversation_text([stored], notice="", cut={})


async def test_a_message_without_a_time_is_of_the_users_zone(tmp_path: Path) -> None:
    clock = datetime(2025, 11, 28, 6, 30, tzinfo=UTC)
    opened = open_local(
        tmp_path,
        embedder=HashedEmbedder,
        extractor=RulesExtractor,
        timezone="America/Los_Angeles",
        clock=lambda: int(clock.timestamp() * 1000),
    )
    async with opened as backend:
        request = AddMessage(messages=(Message(role="user", content=SAID),), conversation_id="c", wait=True)
        await backend.add_message(request, user_id="u")
        (memory,) = (await backend.get_memory(GetMemory(), user_id="u")).memory_detail_list

    assert clock_text(memory.memory_time or 0)[:10] == "2025-11-28"


def test_a_zone_that_does_not_exist_stops_the_start_with_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_TIMEZONE: .*Europe/Berlin"):
        read_settings({"MEMOS_TIMEZONE": "Mars/Olympus"})
