from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query
from memos_mcp.backends.local.retrieval.weights import Weights

HOUR = 3_600_000
START = 1_700_000_000_000


def entries(texts: Sequence[str], *, first: int = 1, thread: int = 1) -> list[IndexEntry]:
    return [
        IndexEntry(seq=seq, thread=thread, time=START + seq * HOUR, features=analyse(text, role="user"))
        for seq, text in enumerate(texts, start=first)
    ]


def index_of(texts: Sequence[str]) -> Index:
    index = Index()
    index.extend(entries(texts))
    return index


def found(index: Index, text: str, *, limit: int = 10, now: int = START, **inputs: object) -> list[int]:
    query = Query(text=text, now=now, **inputs)
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
        IndexEntry(seq=seq, thread=seq % 3, time=START, features=analyse(text, role="user"))
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


def test_it_does_not_matter_how_many_texts_came_at_a_time() -> None:
    texts = [f"{word} in a sentence about {topic}" for word in ("kite", "boat") for topic in ("rain", "tea", "sun")] * 9
    whole, grown = index_of(texts), Index()
    everything = entries(texts)
    for first, last in ((0, 40), (40, 50), (50, 53), (53, 54)):
        grown.extend(everything[first:last])
    for query in ("a boat in the rain", "tea, the kite", "sun or rain"):
        asked = Query(text=query, now=START)
        assert grown.search(asked, limit=54) == whole.search(asked, limit=54)


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


def vectors_of(*rows: list[float]) -> np.ndarray:
    vectors = np.zeros((len(rows), 64))
    for row, values in enumerate(rows):
        vectors[row, : len(values)] = values
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) * 127).round().astype(np.int8)


LONG = [
    f"{word} and some more of the usual talk about the {word}" for word in ("rain", "bread", "train", "garden")
] * 200


def test_in_a_large_store_a_text_is_found_by_each_way_in() -> None:
    texts = [*LONG[:400], "The answer lies beside it", "My locker code is 7741", *LONG[400:]]
    index = index_of(texts)
    assert found(index, "locker code")[0] == 402
    assert 401 in found(index, "locker code")
    assert found(index, "wholly unrelated query", dense=[(402, 0.9), (3, 0.2), (4, 0.1)])[0] == 402
    assert set(found(index, "unheard of", now=START + 401 * HOUR, limit=3)) == set()


def test_what_a_named_time_points_at_is_found_without_a_word_in_common() -> None:
    index = Index()
    day = 24 * HOUR
    index.extend(
        IndexEntry(seq=seq, thread=1, time=START + seq * day, features=analyse(text, role="user"))
        for seq, text in enumerate(LONG, start=1)
    )
    seq = found(index, "What did I do on 1 February 2024?", limit=1)[0]
    assert datetime.fromtimestamp((START + seq * day) / 1000, UTC).date().isoformat() == "2024-02-01"


def test_where_a_time_is_all_that_is_asked_for_what_was_said_then_bears_on_it() -> None:
    index = Index()
    day = 24 * HOUR
    index.extend(
        IndexEntry(seq=seq, thread=1, time=START + seq * day, features=analyse(text, role="user"))
        for seq, text in enumerate(LONG[:60], start=1)
    )
    near = [(seq, 0.3) for seq in range(1, 61)]
    query = Query(text="What did I do in December?", now=START + 60 * day, dense=near, tokens=vectors_of([1.0]))
    best, *_, last = index.search(query, limit=60)
    assert datetime.fromtimestamp((START + best.seq * day) / 1000, UTC).month == 12
    assert last.relativity < 0.45 < best.relativity


def test_the_answer_beside_the_question_is_found_with_it() -> None:
    index = index_of([*FILLER, "Did you go to the ferry museum?", "Yes, with both of the twins.", *FILLER])
    assert set(found(index, "ferry museum", limit=2)) == {21, 22}


def test_the_text_after_a_question_is_its_answer_rather_than_that_after_a_statement() -> None:
    asked, stated = (
        ["Is the ferry museum open?", "Yes, for the twins"],
        ["The ferry museum is open", "Yes, for the twins"],
    )
    order = found(index_of([*FILLER, *asked, *FILLER, *stated, *FILLER]), "ferry museum", limit=4)
    assert order.index(22) < order.index(44)


def test_a_question_asked_before_is_no_sure_answer_to_it() -> None:
    index = index_of(
        [*FILLER, "Is the ferry museum open on Mondays?", *FILLER, "The ferry museum is open on Mondays.", *FILLER]
    )
    sure = {
        hit.seq: hit.relativity
        for hit in index.search(Query(text="Is the ferry museum open on Mondays?", now=START), limit=9)
    }
    assert sure[21] < 0.1
    assert sure[42] > 0.45
    told = index.search(Query(text="What did I ask about the ferry museum?", now=START), limit=9)
    assert {hit.seq: hit.relativity for hit in told}[21] > 0.45


def test_neighbours_are_of_the_same_conversation() -> None:
    index = Index()
    texts = ["Did you go to the ferry museum?", "Another topic, another place.", "Yes, with both of the twins."]
    index.extend(
        IndexEntry(seq=seq, thread=seq % 2, time=START, features=analyse(text, role="user"))
        for seq, text in enumerate(texts, start=1)
    )
    assert found(index, "ferry museum", limit=2) == [1, 3]


def test_the_words_of_the_named_person_come_first() -> None:
    said = ["Nora: I like tea", "Felix: I like tea", "Nora: It rains", "Felix: It rains"]
    assert found(index_of([*said, *said]), "What does Felix like to drink, tea?", limit=2) == [6, 2]


def test_a_conversation_is_preferred_softly() -> None:
    index = Index()
    texts = ["the red kite", "the red kite", "the blue kite with a long tail"]
    index.extend(
        IndexEntry(seq=seq, thread=seq, time=START, features=analyse(text, role="user"))
        for seq, text in enumerate(texts, start=1)
    )
    assert found(index, "red kite") == [2, 1, 3]
    assert found(index, "red kite", thread=1) == [1, 2, 3]
    assert found(index, "blue tail", thread=1)[0] == 3


def test_what_the_assistant_said_is_told_from_what_the_user_said() -> None:
    index = Index()
    index.extend(
        IndexEntry(seq=seq, thread=seq, time=START, features=analyse("a week in Porto", role=role))
        for seq, role in enumerate(["assistant", "user", "tool"], start=1)
    )
    assert found(index, "What did you suggest about Porto?")[0] == 1
    assert found(index, "What did I say about Porto?")[0] == 2


def test_a_word_is_found_by_its_meaning() -> None:
    index = index_of(["physician on Monday", "bread on Monday", "rain on Monday"])
    stored = {1: vectors_of([1.0, 0.1]), 2: vectors_of([0.0, 1.0]), 3: vectors_of([0.0, 0.0, 1.0])}
    query = Query(
        text="doctor",
        now=START,
        dense=[(1, 0.4), (2, 0.39), (3, 0.38)],
        tokens=vectors_of([1.0]),
        words=("doctor",),
        token_vectors=lambda seqs: {seq: stored[seq] for seq in seqs},
    )
    best, *others = index.search(query, limit=3)
    assert best.seq == 1
    assert best.relativity > 0.7  # a little less sure, since nobody ever said "doctor"
    assert all(hit.relativity < best.relativity for hit in others)


def test_a_text_with_a_word_of_the_query_is_looked_at_for_the_meaning_of_the_others() -> None:
    said = [f"Gallery {number}" for number in range(450)] + ["The previous role was in sales", "The previous train"]
    index = Index()
    index.extend(replace(entry, thread=entry.seq) for entry in entries(said))
    stored = dict.fromkeys(range(1, 453), vectors_of([0.0, 1.0])) | {451: vectors_of([1.0])}
    query = Query(
        text="previous occupation",
        now=START,
        dense=[(seq, 0.5 - seq / 1000) for seq in range(1, 453)],
        tokens=vectors_of([0.0, 0.0, 1.0], [1.0]),
        words=("previous", "occupation"),
        token_vectors=lambda seqs: {seq: stored[seq] for seq in seqs},
    )
    assert index.search(query, limit=1)[0].seq == 451


def test_a_model_without_token_vectors_says_more_by_its_sentence_vectors() -> None:
    index = index_of(["Trabajo de enfermera", "¿A qué hora te dedicas al huerto?", "Llueve", "Hace sol"])
    near = [(1, 0.88), (2, 0.82), (3, 0.81), (4, 0.8)]
    asked = Query(text="¿A qué me dedico?", now=START, dense=near)

    with_token_vectors = [hit.seq for hit in index.search(replace(asked, tokens=vectors_of([1.0])), limit=4)]

    assert index.search(asked, limit=1)[0].seq == 1
    assert with_token_vectors.index(2) < with_token_vectors.index(1)


def test_an_identifier_as_it_stands_comes_before_a_chance_likeness() -> None:
    index = index_of([f"Line {line} of note {note}" for note in range(10) for line in range(10)] + ["See QX4711"])
    alike = [(seq, 0.9) for seq in range(40, 46)] + [(seq, 0.5) for seq in range(46, 60)] + [(101, 0.5)]

    assert found(index, "QX4711", dense=alike)[0] == 101


def test_of_a_script_that_the_model_does_not_read_words_say_more_than_vectors() -> None:
    index = index_of(["Моя сестра живёт в Твери", "Купил хлеба", "Сегодня дождь", "Завтра снег"])
    near = [(2, 0.9), (3, 0.6), (4, 0.5), (1, 0.4)]
    asked = Query(text="В каком городе поселилась младшая сестра?", now=START, dense=near, tokens=vectors_of([1.0]))

    assert index.search(asked, limit=1)[0].seq == 1


def test_by_a_model_tuned_to_tell_answers_the_cosine_says_whether_there_is_one() -> None:
    index = index_of(["Мы завели двух канареек", "Купил хлеба", "Сегодня дождь", "Завтра снег"])

    def surest(cosine: float) -> float:
        near = [(1, cosine), (2, 0.05), (3, 0.02), (4, 0.0)]
        asked = Query(text="Какие у нас птицы?", now=START, dense=near, usual=0.2)
        return max(hit.relativity for hit in index.search(asked, limit=4))

    assert surest(0.2) < 0.45 < surest(0.5)


def test_a_number_is_met_only_as_it_stands() -> None:
    index = index_of(["The crash is ticket 4711", *FILLER, "The login is ticket 4712"])
    number = vectors_of([1.0])
    query = Query(
        text="4711",
        now=START,
        dense=[(1, 0.4), (len(FILLER) + 2, 0.4)],
        tokens=number,
        words=("4711",),
        token_vectors=lambda seqs: {seq: number for seq in seqs if seq in (1, len(FILLER) + 2)},
    )
    found_at = {hit.seq: hit.relativity for hit in index.search(query, limit=len(FILLER) + 2)}

    assert found_at[1] > 0.8
    assert found_at[len(FILLER) + 2] < 0.5


def test_an_ingredient_taken_away_has_no_say() -> None:
    said = ["Nora: I like tea", "Felix: I like tea"] * 2
    index = Index(weights=replace(Weights(), who=0.0, others=0.0, lexical=0.0, coverage=0.0))
    index.extend(entries(said))
    assert found(index, "What does Nora like?") == [4, 3, 2, 1]


def test_one_text_answers_for_itself() -> None:
    [hit] = index_of(["ok"]).search(Query(text="ok", now=START), limit=5)
    assert hit.relativity > 0.9


def test_a_page_long_query_is_answered_by_its_rarest_words() -> None:
    index = index_of([*FILLER, "The boiler in the cellar hums at night", *FILLER])
    page = " ".join("".join(letters) for letters in product("bcdfghj", repeat=5)) + " walk weather boiler"
    assert found(index, page)[0] == 21


def test_removing_and_adding_go_together() -> None:
    index = index_of(["alpha", "beta", "gamma"])
    index.remove([3])
    index.extend(entries(["delta"], first=4))
    assert len(index) == 3
    assert index.last_seq == 4
    assert set(found(index, "gamma delta")) == {1, 2, 4}
    index.remove([1, 2, 4])
    assert found(index, "delta") == []
