import numpy as np
import pytest

from memos_mcp.backends.local.retrieval.dense import Dense
from memos_mcp.backends.local.retrieval.features import analyse, unpack
from memos_mcp.backends.local.retrieval.query import Query
from memos_mcp.backends.local.retrieval.rows import Rows

SPANISH = ["Soy alérgico a las nueces.", "Mi hermana vive en Sevilla con su novio."]
ENGLISH = ["I changed the tires of my bike.", "My report is due on Friday.", "We went to the fair."]
COSINES = dict(zip(range(1, 6), (0.5, 0.3, 0.02, -0.03, 0.01), strict=True))


@pytest.mark.parametrize(("tuned", "mean"), [(True, 0.4), (False, 0.16)])
def test_what_another_model_embedded_is_no_part_of_the_mean(tuned: bool, mean: float) -> None:
    seqs, rows = np.array(list(COSINES), np.int64), Rows()
    rows.extend(seqs, np.ones_like(seqs), seqs, unpack([analyse(text, role="user") for text in SPANISH + ENGLISH]))
    asked = Query(text="¿Qué no puedo comer?", now=9, dense=list(COSINES.items()), tuned=tuned)

    assert Dense.of(asked, rows).mean == pytest.approx(mean, abs=0.001)
