import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.retrieval.postings import Postings

TEXTS = st.lists(st.dictionaries(st.integers(0, 6) | st.integers(2**29 - 3, 2**29 - 1), st.integers(1, 7)), max_size=12)


@pytest.mark.long
@given(TEXTS, st.data())
def test_postings_added_in_any_portions_are_all_found(texts: list[dict[int, int]], data: st.DataObject) -> None:
    postings, first = Postings(), 0
    while first < len(texts):
        portion = texts[first : first + data.draw(st.integers(1, 4))]
        entries = [(term, row, count) for row, text in enumerate(portion) for term, count in text.items()]
        columns = np.array(entries, np.int64).reshape(-1, 3)
        terms, rows, counts = (columns[:, column] for column in range(3))
        postings.add(terms.astype(np.uint32), rows.astype(np.uint32), counts.astype(np.uint8), first_row=first)
        first += len(portion)
    asked = sorted({0, 3, 2**29 - 1} | {term for text in texts for term in text})
    found = postings.find(np.array(asked, np.uint32), np.ones(len(texts), np.bool_))
    triples = zip(found.term_of.tolist(), found.rows.tolist(), found.counts.tolist(), strict=True)
    expected = {(asked.index(term), row, count) for row, text in enumerate(texts) for term, count in text.items()}
    assert sorted(triples) == sorted(expected)
    assert postings.count(np.array(asked, np.uint32)).sum() == len(expected)


def test_the_postings_of_removed_rows_are_left_out() -> None:
    postings = Postings()
    postings.add(np.full(3, 7, np.uint32), np.arange(3, dtype=np.uint32), np.ones(3, np.uint8), first_row=0)
    found = postings.find(np.array([7], np.uint32), np.array([True, False, True]))
    assert found.rows.tolist() == [0, 2]
