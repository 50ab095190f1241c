"""A model's claims are kept only where the messages it names support them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.grounding import unsupported
from memos_mcp.core.models import Role

SAID = int(datetime(2023, 5, 8, 13, 56, tzinfo=UTC).timestamp() * 1000)


def said(*turns: str, roles: tuple[Role, ...] = ("user", "assistant")) -> list[Source]:
    return [Source(place, roles[place % len(roles)], turn, SAID) for place, turn in enumerate(turns)]


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The user went to an LGBTQ support group on 7 May 2023.", "I went to a LGBTQ support group yesterday."),
        ("The user moved to Berlin in 2022.", "I moved to Berlin last year."),
        ("User has two children, Ana and Leo.", "I have 2 kids - Ana and Leo are my children."),
        ("The user works at Siemens as an engineer.", "I'm an engineer at Siemens now, I work there since March."),
        ("The user hates flying.", "I can't stand flying."),
        ("User loves hiking but dislikes running.", "I love hiking, but I don't like running."),
        ("The user is going to visit Rome in June.", "Can't wait to visit Rome next month!"),
        ("用户上周五搬到了北京。", "我上周五搬到了北京，还没找到工作。"),
        ("El usuario prefiere los asientos de ventanilla.", "Prefiero los asientos de ventanilla."),
        ("Der Nutzer zieht im Mai nach Hamburg um.", "Ich ziehe im Mai nach Hamburg um."),
    ],
)
def test_what_was_said_or_follows_is_supported(claim: str, source: str) -> None:
    assert unsupported(claim, said(source)) is None


@pytest.mark.parametrize(
    ("claim", "source", "reason"),
    [
        ("The user owns a yacht.", "I moved to Berlin last year.", "words"),
        ("", "I moved to Berlin last year.", "words"),
        ("The user likes it.", "I moved to Berlin last year.", "words"),
        ("The user moved to Berlin with Peter last year.", "I moved to Berlin last year.", "name"),
        ("The user moved to Berlin from NYC last year.", "I moved to Berlin last year.", "name"),
        ("The user moved to Berlin, 14 Main street.", "I moved to Berlin, to Main street.", "number"),
        ("The user has three cats and a garden.", "I have two cats and a garden.", "number"),
        ("The user moved to Berlin in 2019.", "I moved to Berlin last year.", "date"),
        ("The user moved to Berlin on 6 May 2023.", "I moved to Berlin yesterday.", "date"),
        ("The user likes seafood.", "Never suggest seafood.", "negation"),
        ("The user doesn't drink coffee.", "I drink coffee every morning.", "negation"),
        ("用户喜欢海鲜。", "我不喜欢海鲜。", "negation"),
    ],
)
def test_what_was_invented_is_not(claim: str, source: str, reason: str) -> None:
    assert unsupported(claim, said(source)) == reason


def test_a_no_turns_its_question_round() -> None:
    asked = said("Do you eat seafood?", "No, thanks.", roles=("assistant", "user"))

    assert unsupported("The user eats seafood.", asked) == "negation"
    assert unsupported("The user does not eat seafood.", asked) is None


@given(st.text(max_size=60), st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_any_claim_can_be_judged(claim: str, turns: list[str]) -> None:
    unsupported(claim, said(*turns))
