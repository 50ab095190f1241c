from functools import partial

import numpy as np
import pytest

from memos_mcp.backends.local.retrieval import relativity
from memos_mcp.backends.local.retrieval.evidence import priors
from memos_mcp.backends.local.retrieval.flags import (
    ASKS_ALONE,
    BY_ASSISTANT,
    FIRST_PERSON,
    NUMBER,
    QUESTION,
    RELATIVE_TIME,
)
from memos_mcp.backends.local.retrieval.query_understanding import Question
from memos_mcp.backends.local.retrieval.relativity import Found
from memos_mcp.backends.local.retrieval.scores import interaction, rarity, standard
from memos_mcp.backends.local.retrieval.weights import Weights

NAMELESS = np.zeros(4, np.uint32)
of_meaning = partial(relativity.of_meaning, scale=relativity.ENGLISH, mean=0.1)


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.zeros((len(rows), 64))
    for row, values in enumerate(rows):
        vectors[row, : len(values)] = values
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * 127).round().astype(np.int8)


def test_a_rare_term_weighs_more_and_none_weighs_less_than_nothing() -> None:
    weights = rarity(np.array([0, 1, 500, 1000]), 1000)
    assert (np.diff(weights) < 0).all()
    assert weights[-1] >= 0


def test_the_nearest_alone_tell_the_mean_and_deviation_of_all() -> None:
    cosines = np.sort(np.random.default_rng(3).normal(0.3, 0.08, 20_000))[::-1]
    units, mean = standard(cosines[:200], texts=20_000, usual=0.1)
    assert mean == pytest.approx(0.3, abs=0.03)
    assert units[0] == pytest.approx((cosines[0] - 0.3) / 0.08, abs=0.5)


def test_few_cosines_keep_a_usual_deviation() -> None:
    units, _ = standard(np.array([0.5, 0.49, 0.48]), texts=3, usual=0.1)
    assert np.ptp(units) < 1


def test_no_cosines_have_no_units() -> None:
    units, mean = standard(np.empty(0), texts=10, usual=0.1)
    assert len(units) == 0
    assert mean == 0


def test_late_interaction_finds_each_word_where_it_is_likest() -> None:
    query = unit([1.0], [0.0, 1.0])
    found = interaction(query, [unit([1.0], [0.0, 0.0, 1.0]), unit([0.0, 1.0]), np.empty((0, 64), np.int8)])
    assert found == pytest.approx(np.array([[1, 0], [0, 1], [0, 0]]), abs=0.02)


def test_late_interaction_without_vectors_finds_nothing() -> None:
    assert interaction(np.empty((0, 64), np.int8), [unit([1.0])]).shape == (1, 0)
    assert interaction(unit([1.0]), []).shape == (0, 1)


def test_priors_favour_statements_of_ones_own_life_and_dates_for_when() -> None:
    flags = np.array([0, FIRST_PERSON, QUESTION, RELATIVE_TIME], np.uint32)
    plain, own, question, dated = priors(flags, NAMELESS[:4], Question("What happened?"), Weights())
    assert question < plain == dated < own
    assert priors(flags, NAMELESS[:4], Question("When did it happen?"), Weights())[3] > plain


def test_priors_favour_what_holds_the_kind_of_answer_that_is_wanted() -> None:
    flags = np.array([0, NUMBER], np.uint32)
    without, with_number = priors(flags, NAMELESS[:2], Question("How many came?"), Weights())
    assert without < with_number


@pytest.mark.parametrize(("question", "less"), [("Which jar broke?", True), ("Which jar did you recommend?", False)])
def test_priors_lower_an_assistants_responses_where_nobody_asks_for_them(question: str, less: bool) -> None:
    flags = np.array([0, BY_ASSISTANT, BY_ASSISTANT | ASKS_ALONE, BY_ASSISTANT], np.uint32)
    speakers = np.array([0, 0, 0, 7], np.uint32)
    plain, response, inquiry, person = priors(flags, speakers, Question(question), Weights())
    assert bool(inquiry < response < plain) is less
    assert person == plain


def found(coverage: float, cosine: float) -> Found:
    return Found(np.array([coverage]), np.array([cosine]))


def test_relativity_rises_with_evidence_and_falls_with_chance() -> None:
    rising = Found(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.4, 0.7]))
    few = of_meaning(rising, rising, texts=10)
    many = of_meaning(rising, rising, texts=100_000)
    assert (np.diff(few) > 0).all()
    assert (many < few).all()
    assert 0 <= few[0] < 0.1
    assert 0.9 < few[-1] <= 1


def test_shared_words_tell_more_in_a_large_store() -> None:
    alike, shared = found(0.0, 0.5), found(0.8, 0.5)
    added = [of_meaning(shared, shared, texts=texts) - of_meaning(alike, alike, texts=texts) for texts in (10, 30, 100)]
    assert sorted(added) == added


def test_what_has_all_of_a_question_is_sure_though_the_model_knows_nothing_of_it() -> None:
    most, whole = found(0.8, 0.15), found(1.0, 0.15)
    assert of_meaning(most, most, texts=200) < 0.2
    assert of_meaning(whole, whole, texts=200) > 0.45


@pytest.mark.parametrize("unfit", [relativity.REMARK, relativity.NO_NAME])
def test_what_cannot_answer_is_not_sure_whatever_it_has_of_the_question(unfit: float) -> None:
    told, against = found(1.0, 0.6), np.array([unfit])
    assert of_meaning(told, told, unfit=against, texts=10) < of_meaning(told, told, texts=10)
    assert relativity.of_another_script(told, told, unfit=against) < 0.45
    assert relativity.of_likeness(told, told, unfit=against, mean=0.1, texts=10) < 0.45
    assert relativity.of_words(told, told, unfit=against, texts=10) < 0.45


def test_neighbours_make_a_text_surer_that_bears_on_the_question_and_no_other() -> None:
    window = found(0.8, 0.6)
    unrelated, bearing = found(0.05, 0.1), found(0.2, 0.5)
    assert of_meaning(window, unrelated, texts=100) < 0.05
    assert of_meaning(window, bearing, texts=100) > 0.7
    assert of_meaning(bearing, bearing, texts=100) < 0.45
    assert of_meaning(window, unrelated, of_its_own=np.array([0.5]), texts=10) > 0.7
    assert relativity.of_words(window, found(0.0, 0.0), texts=10) < 0.3
    assert relativity.of_another_script(window, found(0.0, 0.7)) < 0.2
    assert relativity.of_likeness(window, unrelated, mean=0.1, texts=10) < 0.1


def test_in_other_languages_less_evidence_is_needed() -> None:
    likely = found(0.3, 0.4)
    english, chinese, german = (
        relativity.of_meaning(likely, likely, scale=scale, mean=0.2, texts=60)
        for scale in (relativity.ENGLISH, relativity.UNINFLECTED, relativity.IN_OTHERS)
    )

    assert english < chinese < 0.45 < german


def test_to_a_question_to_which_all_texts_are_near_none_is_sure_for_that() -> None:
    near = found(0.3, 0.45)
    judged = partial(relativity.of_meaning, near, near, texts=60)
    assert judged(scale=relativity.IN_OTHERS, mean=0.4) < judged(scale=relativity.IN_OTHERS, mean=0.1)
    assert judged(scale=relativity.ENGLISH, mean=0.4) == judged(scale=relativity.ENGLISH, mean=0.1)


def test_a_cosine_says_less_of_a_language_that_the_model_does_not_know() -> None:
    few, most = found(0.2, 0.7), found(0.8, 0.7)
    assert relativity.of_another_script(few, few) < 0.45 < relativity.of_another_script(most, most)


def test_relativity_by_an_unknown_model_does_not_depend_on_its_scale() -> None:
    near, shifted = found(0.5, 0.6), found(0.5, 0.9)
    assert relativity.of_likeness(near, near, mean=0.2, texts=100) == pytest.approx(
        relativity.of_likeness(shifted, shifted, mean=0.8, texts=100)
    )
