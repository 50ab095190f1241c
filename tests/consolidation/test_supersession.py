"""The judge: what repeats, what updates, and what merely sounds alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.common.samples import CHANGES, CHANGES_HELD_OUT, PAIRS_HELD_OUT, load_pairs
from memos_mcp.backends.local.consolidation.corrections import compare
from memos_mcp.backends.local.consolidation.normalisation import wording
from memos_mcp.backends.local.consolidation.statements import told
from memos_mcp.backends.local.consolidation.supersession import Verdict, judge
from tests.consolidation.statement_pairs import APART, KEPT, NOT_JUDGED, REPEATED, UPDATED
from tests.local.changed_values import CHANGED, UNCHANGED


def verdict(earlier: str, later: str, *, near: bool = False, correcting: bool = False) -> Verdict:
    return judge(told(earlier), told(later), near=near, correcting=correcting)


@pytest.mark.parametrize(("earlier", "later"), REPEATED)
def test_a_statement_is_known_again_in_other_words(earlier: str, later: str) -> None:
    assert verdict(earlier, later).relation == "same"


@pytest.mark.parametrize(("earlier", "later"), [*UPDATED, *CHANGED])
def test_a_later_statement_takes_the_place_of_an_earlier_one(earlier: str, later: str) -> None:
    assert verdict(earlier, later) == Verdict("updates", KEPT.get(earlier, ()))


@pytest.mark.parametrize(("earlier", "later"), [*APART, *NOT_JUDGED, *UNCHANGED])
def test_what_merely_sounds_alike_stays_apart(earlier: str, later: str) -> None:
    assert verdict(earlier, later).relation == "different"


@pytest.mark.parametrize(("earlier", "later"), [*REPEATED, *UPDATED, *CHANGED])
def test_what_bears_on_each_other_is_found_by_a_key(earlier: str, later: str) -> None:
    assert told(earlier).keys & told(later).sought
    assert told(later).keys & told(earlier).sought


def test_what_an_updated_memory_says_besides_is_named() -> None:
    found = verdict(
        "[user perspective] I live in Paris. My balcony faces south.", "[user perspective] I moved to Rome."
    )

    assert found == Verdict("updates", ("My balcony faces south.",))


def test_a_memory_that_says_more_is_no_repetition() -> None:
    assert verdict("I live in Paris.", "I live in Paris. I keep bees on the roof.").relation == "different"
    assert verdict("I live in Paris. I keep bees on the roof.", "I live in Paris.").relation == "same"


def test_an_answer_that_needs_its_question_is_known_again_by_both() -> None:
    asked = '[user perspective] "Are you travelling alone?" Yes.'

    assert verdict(asked, asked).relation == "same"
    assert verdict(asked, '[user perspective] "Are you travelling by train?" Yes.').relation == "different"


def test_what_counts_time_from_the_day_or_points_at_something_is_the_same_on_that_day_alone() -> None:
    for text in ("I have a headache today.", "I love it."):
        assert verdict(text, text, near=True).relation == "same"
        assert verdict(text, text, near=False).relation == "different"


def test_the_user_and_the_assistant_do_not_speak_for_each_other() -> None:
    said, replied = "[user perspective] I live in Paris.", "[assistant perspective] I live in Rome."

    assert verdict(said, replied).relation == "different"
    assert verdict(said, said.replace("user", "assistant")).relation == "different"


def test_speakers_of_one_conversation_are_told_apart() -> None:
    earlier, later = "[user perspective] Ana: I live in Paris.", "[user perspective] Ana: I moved to Rome."

    assert verdict(earlier, later.replace("Ana", "Ben")).relation == "different"
    assert verdict(earlier, later).relation == "updates"


def test_who_corrects_needs_no_word_that_says_that_it_is_new() -> None:
    earlier, later = "The meeting is on Tuesday.", "The meeting is on Friday."

    assert verdict(earlier, later).relation == "different"
    assert verdict(earlier, later, correcting=True).relation == "updates"


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_can_be_judged_and_never_updates_itself(one: str, other: str) -> None:
    assert verdict(one, other).relation in ("same", "updates", "different")
    assert verdict(one, one, near=True).relation in ("same", "different")


def test_changes_in_a_life_are_recognised_and_what_others_changed_is_not_taken_for_one() -> None:
    for path in (CHANGES, CHANGES_HELD_OUT, PAIRS_HELD_OUT):
        judged = [(pair, compare(pair.old, pair.new, near=False).relation) for pair in load_pairs(path)]
        updates = [relation for pair, relation in judged if pair.label == "update"]
        wrong = [pair for pair, relation in judged if pair.label == "different" and relation != "different"]

        assert updates.count("updates") >= 0.6 * len(updates)
        assert wrong == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("My manager is Olga.", "Olga left; Peter is my manager now."),
        ("I read on a Kindle.", "My Kindle broke, so I read on a Kobo now."),
        ("I play the guitar.", "I gave up the guitar for the piano."),
    ],
)
def test_a_memory_whose_value_was_replaced_is_found_by_what_it_ends_with(old: str, new: str) -> None:
    assert told(old).keys & told(new).sought


def test_a_number_is_read_in_its_own_language_alone() -> None:
    assert "11" not in wording("I once lived in Rome.").stems
    assert "11" in wording("Mi hermano tiene once gatos.").stems
