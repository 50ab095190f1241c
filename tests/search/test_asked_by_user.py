"""What an agent asks about its user is searched for in the words of that user."""

from pathlib import Path

import pytest

from memos_mcp.backends.local.search.asked_by_user import asked_by_user
from tests.consolidation.conversation import add
from tests.local.stores import find, store


@pytest.mark.parametrize(
    ("query", "searched"),
    [
        ("user's pets", "my pets"),
        ("user pets", "my pets"),
        ("What is the user\u2019s job?", "What is my job?"),
        ("Does the user have pets?", "Does I have pets?"),
        ("is the user vegetarian", "is I vegetarian"),
        ("用户的宠物", "我的宠物"),
        ("用户喜欢什么？", "我喜欢什么？"),
        ("user table schema", "user table schema"),
        ("what happens when the user clicks the button", "what happens when the user clicks the button"),
        ("user authentication bug", "user authentication bug"),
        ("用户名是什么", "用户名是什么"),
        ("users of the API", "users of the API"),
    ],
)
def test_the_user_is_named_in_the_first_person_and_the_users_of_a_program_stay(query: str, searched: str) -> None:
    assert asked_by_user(query) == searched


async def test_what_is_asked_of_the_user_is_found_as_what_they_ask_themselves(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        for text in ("I live in Hamburg with our cat Pixel.", "The table user has a column city.", "I hate coriander."):
            await backend.add_message(add(text, conversation_id=text[:20], wait=True), user_id="u")

        named = (await find(backend, "Where does the user live?")).message_detail_list[0]
        own = (await find(backend, "Where do I live?")).message_detail_list[0]

    assert named.content == own.content == "I live in Hamburg with our cat Pixel."
    assert abs((named.relativity or 0) - (own.relativity or 0)) < 0.1
