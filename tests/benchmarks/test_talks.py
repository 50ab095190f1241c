"""Talks: the text files that the model is tuned on, and the few that are held out."""

from pathlib import Path

import pytest

from benchmarks.common.samples import DATA, load
from benchmarks.common.talks import load_talk

TALKS = DATA / "talks"


@pytest.mark.parametrize("part", ["tune", "held"])
def test_every_question_but_those_that_nothing_answers_names_turns_of_its_talk(part: str) -> None:
    samples = load(TALKS / part)

    assert len(samples) == len(list((TALKS / part).iterdir()))
    for sample in samples:
        ids = {turn.id for turn in sample.turns}
        assert sample.part == part
        assert len(ids) == len(sample.turns)
        for question in sample.questions:
            assert question.evidence <= ids, question.text
            assert bool(question.evidence) == (question.category != "never"), question.text


def test_no_held_out_turn_is_tuned_on() -> None:
    tune, held = ({turn.content for sample in load(TALKS / part) for turn in sample.turns} for part in ("tune", "held"))

    assert not {text for text in tune & held if len(text.split()) > 5}


def test_friends_have_their_names_before_what_they_say_and_each_session_is_a_conversation(tmp_path: Path) -> None:
    path = tmp_path / "nora-ben.txt"
    path.write_text(
        "kind: friends\n# 2024-03-02 14:05\n1 Nora: Hey: I quit!\n2 Ben: No!\n# 2024-03-03 09:00\n3 Ben: So?\n"
        "? list | What did Nora quit? | 1, 3 | her job\n",
        encoding="utf-8",
    )

    sample = load_talk(path)

    assert [(turn.id, turn.role, turn.content) for turn in sample.turns] == [
        ("1", "user", "Nora: Hey: I quit!"),
        ("2", "assistant", "Ben: No!"),
        ("3", "assistant", "Ben: So?"),
    ]
    assert len({turn.conversation_id for turn in sample.turns}) == 2
    assert sample.questions[0].evidence == {"1", "3"}


def test_a_line_that_is_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("kind: friends\n# 2024-03-02 14:05\nNora says hello\n", encoding="utf-8")

    with pytest.raises(ValueError, match="'Nora says hello' is no session, turn or question"):
        load_talk(path)
