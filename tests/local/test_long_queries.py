"""A query that is a long paste with a question at its end finds what the question asks for."""

from pathlib import Path

import pytest

from memos_mcp.core.models import AddMessage, Message
from tests.local.stores import find, found_messages, store

LOG = "\n".join(
    f"2026-05-01 10:{minute:02}:00 ERROR worker {minute}: the queue of the invoice service timed out after 30 seconds"
    for minute in range(60)
)
QUESTIONS = [
    ("By the way, what is my cat called?", "My cat is called Mia"),
    ("Where do I live?", "I live in a flat in Lyon"),
]


@pytest.mark.long
@pytest.mark.parametrize(("question", "answer"), QUESTIONS)
@pytest.mark.parametrize("paste", [LOG, LOG * 8, "lorem ipsum dolor sit amet " * 2_000])
async def test_the_question_after_a_paste_is_answered(tmp_path: Path, paste: str, question: str, answer: str) -> None:
    async with store(tmp_path) as backend:
        for number, text in enumerate(
            (*(told for _, told in QUESTIONS), "The invoice service is written in Go", "Workers run on three machines")
        ):
            said = AddMessage(messages=(Message(role="user", content=text),), conversation_id=f"c{number}", wait=True)
            await backend.add_message(said, user_id="u")
        found = await find(backend, f"{paste}\n\n{question}")

    assert answer in found_messages(found)[:2]
