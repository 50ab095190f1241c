import pytest

from memos_mcp.backends.local.retrieval.features import NAME, NUMBER, PLACE
from memos_mcp.backends.local.retrieval.question import Question


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("How many cats does Ada have?", NUMBER),
        ("¿Cuántos gatos tiene?", NUMBER),
        ("Wie viele Katzen hat sie?", NUMBER),
        ("她有几只猫？", NUMBER),
        ("Who teaches me?", NAME),
        ("What is the cat called?", NAME),
        ("¿Con quién vive?", NAME),
        ("Wer leitet den Chor?", NAME),
        ("Where does she live?", PLACE),
        ("Which city is she from?", PLACE),
        ("¿Dónde vive?", PLACE),
        ("What does she like?", 0),
        ("the whole log of where it failed", 0),
    ],
)
def test_it_is_understood_what_a_question_wants_to_be_told(text: str, flag: int) -> None:
    assert Question(text).wants == flag


def test_words_that_only_frame_a_question_are_told_from_those_that_it_is_about() -> None:
    assert Question("What kind of books does Ada mention?").framing.tolist() == [True, False, False, True]
