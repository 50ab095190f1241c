import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.retrieval.top_k import best_of


@given(st.lists(st.integers(min_value=0, max_value=4), max_size=30), st.integers(min_value=1, max_value=40))
def test_the_best_are_those_that_a_sort_would_give_and_of_equals_the_later(values: list[int], count: int) -> None:
    array = np.array(values, np.float64)
    in_order = np.lexsort((-np.arange(len(array)), -array))[:count]
    assert sorted(best_of(array, count).tolist()) == sorted(in_order.tolist())
