"""What is told to have changed stands before what was said earlier on the same matter."""

import pytest

from memos_mcp.backends.local.search.changed_first import changed_first
from memos_mcp.core.models import Role, StoredMessage


def said(day: int, content: str, *, relativity: float = 0.9, role: Role = "user") -> StoredMessage:
    return StoredMessage(id=f"m{day}", role=role, content=content, create_time=day, relativity=relativity)


SQLITE = said(1, "I'm building an app called ShiftSwap. I use SQLite.", relativity=0.98)
POSTGRES = said(9, "ShiftSwap now uses PostgreSQL instead of SQLite.")


@pytest.mark.parametrize(
    ("query", "found", "shown"),
    [
        ("What database does ShiftSwap use?", [SQLITE, POSTGRES], ["m9", "m1"]),
        ("tabs or spaces?", [said(1, "I want tabs, not spaces."), said(3, "I've switched to spaces.")], ["m3", "m1"]),
        ("我能吃辣吗?", [said(1, "我不吃辣。"), said(2, "我现在开始吃辣了。")], ["m2", "m1"]),
        (
            "When is the exam?",
            [said(1, "The exam is on 6 May."), said(2, "My exam helps."), said(3, "The exam was postponed to 9 May.")],
            ["m3", "m1", "m2"],
        ),
    ],
)
def test_a_change_stands_before_what_it_changed(query: str, found: list[StoredMessage], shown: list[str]) -> None:
    assert [one.id for one in changed_first(found, query=query)] == shown


@pytest.mark.parametrize(
    "later",
    [
        said(0, "ShiftSwap now uses PostgreSQL."),
        said(9, "I now drink tea."),
        said(9, "ShiftSwap now uses PostgreSQL.", relativity=0.1),
        said(9, "ShiftSwap now uses PostgreSQL.", role="assistant"),
        said(9, "Ana: ShiftSwap now uses PostgreSQL."),
        said(9, "Should ShiftSwap use PostgreSQL now?"),
        said(9, "ShiftSwap uses PostgreSQL."),
    ],
)
def test_what_is_older_of_another_matter_hardly_near_or_tells_of_no_change_keeps_its_place(
    later: StoredMessage,
) -> None:
    assert changed_first([SQLITE, later], query="What database does ShiftSwap use?") == (SQLITE, later)
