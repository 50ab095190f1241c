import numpy as np
import pytest

from memos_mcp.backends.local.retrieval.dense import Dense
from memos_mcp.backends.local.retrieval.features import analyse, unpack
from memos_mcp.backends.local.retrieval.query import Query
from memos_mcp.backends.local.retrieval.rows import Rows

SPANISH = ["Soy alérgico a las nueces.", "Mi hermana vive en Sevilla con su novio."]
ENGLISH = ["I changed the tires of my bike.", "My report is due on Friday.", "We went to the fair."]
COSINES = dict(zip(range(1, 6), (0.5, 0.3, 0.02, -0.03, 0.01), strict=True))


def dense(told: list[str], *, usual: float | None) -> Dense:
    seqs, rows = np.arange(1, len(told) + 1), Rows()
    rows.extend(seqs, np.ones_like(seqs), seqs, unpack([analyse(text, role="user") for text in told]))
    return Dense.of(Query(text="¿Qué no puedo comer?", now=9, dense=list(COSINES.items()), usual=usual), rows)


@pytest.mark.parametrize(("usual", "mean"), [(0.4, 0.4), (None, 0.16)])
def test_what_another_model_embedded_is_no_part_of_the_mean(usual: float | None, mean: float) -> None:
    assert dense(SPANISH + ENGLISH, usual=usual).mean == pytest.approx(mean, abs=0.001)


def test_few_texts_tell_little_of_what_a_question_is_near_to() -> None:
    few, many = (dense(told, usual=0.2).mean for told in (SPANISH, SPANISH * 50))

    assert few == pytest.approx((0.4 + 0.2) / 2, abs=0.001)
    assert abs(many - dense(SPANISH * 50, usual=0.3).mean) < 0.01
