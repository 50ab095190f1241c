"""Ranking given texts with the model that comes with the install."""

import pytest

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.search.rerank import rerank

NOW = 1_762_675_200_000
DOCUMENTS = [
    "The user is a backend developer in Hangzhou.",
    "The user likes playing badminton on weekends.",
    "The user prefers concise replies.",
    "The user is going on a business trip to Beijing next Wednesday.",
]
CHINESE = ["用户在杭州做后端开发", "用户喜欢打羽毛球", "用户下周三要去北京出差"]


@pytest.fixture(scope="module")
def model() -> Embedder:
    return load_embedder("onnx", onnx_model=None)


@pytest.mark.parametrize(
    ("query", "documents", "best"),
    [
        ("What sport does the user do?", DOCUMENTS, 1),
        ("Which trip is planned to the capital of China?", DOCUMENTS, 3),
        ("用户打羽毛球吗", CHINESE, 1),
    ],
)
def test_the_text_that_answers_comes_first(model: Embedder, query: str, documents: list[str], best: int) -> None:
    ranked = rerank(query, documents, embedder=model, now=NOW)

    assert ranked[0][0] == best
    assert sorted(position for position, _ in ranked) == list(range(len(documents)))
    assert all(0 <= relativity <= 1 for _, relativity in ranked)


def test_equal_texts_are_all_there(model: Embedder) -> None:
    ranked = rerank("badminton", [DOCUMENTS[1]] * 3, embedder=model, now=NOW)

    assert sorted(position for position, _ in ranked) == [0, 1, 2]
