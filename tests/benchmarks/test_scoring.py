"""The measures count what they say they count."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.common.baselines import answer, bm25, dense, fusion
from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.common.scoring import Found, auc, first_words, means, score, words
from benchmarks.common.synthetic import synthetic_turns

TEXTS = ("I moved to Berlin in May.", "The cat likes duck.", "Berlin is cold, but the cat in Berlin is warm.")
TURNS = {str(n): Turn(str(n), "user", text, "c", "2025-05-01 08:00:00") for n, text in enumerate(TEXTS)}
SAMPLE = Sample("someone", tuple(TURNS.values()), ())


def question(*evidence: str, text: str = "Berlin?") -> Question:
    return Question(text, "", "fact", "en", frozenset(evidence))


def test_recall_is_the_share_of_the_evidence_and_rank_that_of_the_first() -> None:
    result = score(Found(question("0", "2"), ("1", "0"), ""), TURNS)
    assert result.recall == (0.5, 0.5, 0.5)
    assert (result.hit, result.reciprocal_rank) == (1.0, 0.5)


def test_a_hit_at_rank_six_counts_at_ten_and_not_at_five() -> None:
    result = score(Found(question("0"), ("a", "b", "c", "d", "e", "0"), ""), TURNS)
    assert result.recall == (0.0, 1.0, 1.0)


def test_evidence_counts_as_read_where_it_stands_whole_in_the_budget() -> None:
    padding = "word " * 146
    assert score(Found(question("1"), (), padding + TEXTS[1]), TURNS).budgets == (1.0, 1.0, 1.0)
    assert score(Found(question("1"), (), padding + "word " + TEXTS[1]), TURNS).budgets == (0.0, 1.0, 1.0)


def test_what_stands_between_spaces_is_one_word_of_the_budget() -> None:
    assert first_words("m7·2023-05-08·0.93 user: I moved to Berlin", 4) == "m7·2023-05-08·0.93 user: I moved"


def test_part_of_a_short_turn_does_not_count_as_read() -> None:
    assert score(Found(question("1"), (), "The cat likes"), TURNS).budgets == (0.0, 0.0, 0.0)


def test_a_character_of_chinese_is_a_word() -> None:
    assert words("CA437 到了, get_user!") == ["ca437", "到", "了", "get", "user"]
    assert first_words("CA437到了, get_user!", 3) == "CA437到了"


def test_the_area_under_the_curve_is_the_chance_of_the_right_order() -> None:
    assert auc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auc([0.5, 0.1], [0.5, 0.1]) == 0.5
    assert auc([0.9, 0.1], [0.5]) == 0.5


def test_bm25_prefers_the_text_that_says_the_word_more_often() -> None:
    scores = bm25(TEXTS)("Berlin")
    assert scores[2] > scores[0] > scores[1] == 0


def test_bm25_has_the_value_of_the_formula() -> None:
    idf = np.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    lengths = [6, 4, 10]
    expected = idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / np.mean(lengths)))
    assert bm25(TEXTS)("duck")[1] == pytest.approx(expected)


def test_fusion_sums_reciprocal_ranks() -> None:
    def by_length(_query: str) -> NDArray[np.float64]:
        return np.array([len(text) for text in TEXTS], dtype=float)

    assert fusion(by_length, by_length)("any").tolist() == pytest.approx([2 / 62, 2 / 63, 2 / 61])


def test_a_baseline_answers_with_the_turns_in_the_order_of_their_scores() -> None:
    def encode(text: str, *, query: bool = False) -> NDArray[np.float32]:
        return np.array([text.count("Berlin"), 1], dtype=np.float32)

    found = answer(dense(TEXTS, encode=encode), SAMPLE, question("2"))
    assert found.hits == ("2", "0", "1")
    assert found.text.splitlines()[0] == TEXTS[2]


def test_means_are_per_cent() -> None:
    found = Found(question("0"), ("0",), TEXTS[0])
    assert set(means([score(found, TURNS)]).values()) == {100.0}


def test_synthetic_turns_are_the_same_in_every_run_and_differ_by_seed() -> None:
    assert synthetic_turns(50, seed=1) == synthetic_turns(50, seed=1)
    assert synthetic_turns(50, seed=1) != synthetic_turns(50, seed=2)
    assert len({turn.conversation_id for turn in synthetic_turns(81, seed=1)}) == 3
