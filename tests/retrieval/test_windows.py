import numpy as np
import pytest

from memos_mcp.backends.local.retrieval.features import analyse, unpack
from memos_mcp.backends.local.retrieval.rows import Rows
from memos_mcp.backends.local.retrieval.windows import Windows, receivers

TEXTS = ["I went out", "Where to?", "To the sea", "It was cold", "Who came?", "Ada did", "We swam", "And you?"]
THREADS = [1, 1, 2, 1, 1, 2, 1, 2]
BEFORE, AFTER = (0.7, 0.5), (0.6, 0.3)


@pytest.fixture
def rows() -> Rows:
    made = Rows()
    features = unpack([analyse(text, role="user") for text in TEXTS])
    made.extend(np.arange(1, 9), np.array(THREADS), np.arange(8), features)
    return made


def test_a_text_gets_the_best_of_what_its_neighbours_give(rows: Rows) -> None:
    windows = Windows(np.arange(8), rows, before=BEFORE, after=AFTER)
    given = windows.best(np.array([3]), np.array([10.0]))[0]
    assert given.tolist() == pytest.approx([3.0, 6.0, 0, 10.0, 7.0, 0, 5.0, 0])


def test_a_question_gives_more_to_the_text_right_after_it(rows: Rows) -> None:
    windows = Windows(np.arange(8), rows, before=BEFORE, after=AFTER, asked=0.2)
    assert windows.best(np.array([1]), np.array([10.0]))[0][3] == pytest.approx(9.0)


def test_evidence_told_by_its_givers_is_that_gathered_by_the_windows(rows: Rows) -> None:
    windows = Windows(np.array([0, 3, 5, 7]), rows, before=BEFORE, after=AFTER, asked=0.2)
    members = np.flatnonzero(windows.members())
    found = np.random.default_rng(1).random((len(members), 3))
    told = [windows.best(members, found[:, kind])[0] for kind in range(3)]
    assert windows.best_words(members, found) == pytest.approx(np.array(told))


def test_evidence_reaches_those_who_have_the_giver_in_their_window(rows: Rows) -> None:
    reached = np.flatnonzero(receivers(np.array([3]), rows, before=BEFORE, after=AFTER))
    assert reached.tolist() == [0, 1, 3, 4, 6]


def test_a_window_that_is_the_text_alone_gets_nothing_from_beside_it(rows: Rows) -> None:
    windows = Windows(np.arange(8), rows, before=(), after=(), asked=0.2)
    assert windows.best(np.array([1]), np.array([10.0]))[0].tolist() == [0, 10.0, 0, 0, 0, 0, 0, 0]
