"""What an assistant said that it would do does not stand before what the user said of themselves."""

import pytest

from memos_mcp.backends.local.search.announcements import users_first
from memos_mcp.core.models import Memory


def memory(name: str, value: str, relativity: float) -> Memory:
    return Memory(id=name, memory_value=value, relativity=relativity)


PROMISE = memory("promise", "[assistant perspective] Understood, I'll recommend destinations suitable for trips.", 0.86)
ADVICE = memory("advice", "[assistant perspective] Qingdao is mild in July.", 0.86)
TRIP = memory("trip", "[user perspective] I want to travel with both children and elderly.", 0.82)
CAT = memory("cat", "[user perspective] I have a cat.", 0.3)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([PROMISE, TRIP, CAT], ["trip", "promise", "cat"]),
        ([ADVICE, TRIP], ["advice", "trip"]),
        ([TRIP, PROMISE], ["trip", "promise"]),
        ([], []),
    ],
)
def test_a_promise_goes_behind_what_the_user_said(found: list[Memory], shown: list[str]) -> None:
    assert [one.id for one in users_first(found)] == shown
