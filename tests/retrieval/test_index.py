from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Entry, Index, Query

HOUR = 3_600_000
START = 1_700_000_000_000


def entries(texts: Sequence[str], *, first: int = 1, thread: int = 1) -> list[Entry]:
    return [
        Entry(seq=seq, thread=thread, time=START + seq * HOUR, features=analyse(text, role="user"))
        for seq, text in enumerate(texts, start=first)
    ]


def index_of(texts: Sequence[str]) -> Index:
    index = Index()
    index.extend(entries(texts))
    return index


def found(index: Index, text: str, *, limit: int = 10, **inputs: object) -> list[int]:
    query = Query(text=text, now=START, **inputs)  # pyright: ignore[reportArgumentType]
    return [hit.seq for hit in index.search(query, limit=limit)]


FILLER = [f"Nothing of note happened on walk number {number}, the weather was grey" for number in range(20)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("My sister adopted two kittens", "Which kitten did she adopt?"),
        ("我下周要去北京出差", "北京"),
        ("昨日、京都で抹茶を飲みました", "抹茶"),
        ("저는 매일 아침 커피를 마셔요", "커피"),
        ("ฉันชอบกินข้าวผัด", "ข้าวผัด"),
        ("Meine Schwestern wohnen in München", "Wo wohnt meine Schwester? Munchen?"),
        ("Mis hermanas viven en Sevilla", "¿Dónde vive mi hermana?"),
        ("Мои собаки любят гулять", "собака"),
        ("मुझे आम पसंद है", "आम"),
        ("The crash is in get_user_by_id of HTTPServer", "get_user_by_id"),
        ("The crash is in get_user_by_id of HTTPServer", "http server"),
        ("rustc says E0308, mismatched types", "error e0308"),
        ("It lies in src/store/ledger.py", "ledger.py"),
        ("Pinned numpy to 1.26.4", "which numpy 1.26.4"),
        ("Der Preis ist ＡＢＣ wert", "abc"),
    ],
)
def test_a_text_is_found_by_its_own_words_in_any_script(text: str, query: str) -> None:
    index = index_of([*FILLER[:10], text, *FILLER[10:]])
    assert found(index, query)[0] == 11


@given(st.text(min_size=1, max_size=200))
def test_no_text_is_too_strange_to_index_and_to_look_for(text: str) -> None:
    index = index_of(["first", text, "last"])
    assert len(found(index, text)) == 3


@given(
    st.lists(st.text(alphabet="abcde ", min_size=1, max_size=30), min_size=1, max_size=30),
    st.lists(st.integers(min_value=1, max_value=5), max_size=10),
    st.text(alphabet="abcde ", min_size=1, max_size=10),
)
def test_an_index_that_grew_answers_like_one_loaded_at_once(texts: list[str], steps: list[int], query: str) -> None:
    everything = [
        Entry(seq=seq, thread=seq % 3, time=START, features=analyse(text, role="user"))
        for seq, text in enumerate(texts, start=1)
    ]
    whole, grown = Index(), Index()
    whole.extend(everything)
    rest = list(everything)
    for step in [*steps, len(rest)]:
        grown.extend(rest[:step])
        del rest[:step]
    asked = Query(text=query, now=START)
    assert grown.search(asked, limit=30) == whole.search(asked, limit=30)


def test_what_is_removed_is_found_no_more_and_its_neighbours_meet() -> None:
    index = index_of(["the ferry to Corsica", "unrelated words here", "answer beside it", *FILLER])
    index.remove([2, 99])
    assert len(index) == 22
    assert 2 not in found(index, "unrelated words", limit=50)
    assert set(found(index, "ferry Corsica", limit=2)) == {1, 3}


def test_only_what_is_allowed_is_found() -> None:
    index = index_of(["a red bicycle", "a red car", "a red boat"])
    assert found(index, "red", allowed=[2, 77]) == [2]
    assert found(index, "red", allowed=[]) == []


def test_texts_out_of_order_are_refused() -> None:
    index = index_of(["one", "two"])
    with pytest.raises(ValueError, match="order of their seq"):
        index.extend(entries(["again"], first=2))


def test_an_empty_index_finds_nothing() -> None:
    assert found(Index(), "anything") == []
    assert Index().last_seq == 0
