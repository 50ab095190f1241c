"""Long texts: what they say beside what is looked for counts against them."""

import pytest

from memos_mcp.backends.local.retrieval.features import analyse, unpack
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query

_TASK_TALK = " ".join(f"Step {number}: rinse, chop, fry and season vegetable number {number}." for number in range(60))


def found(turns: list[tuple[str, str]], question: str) -> list[int]:
    index = Index()
    entries = (IndexEntry(seq, 1, seq * 1000, analyse(text, role=role)) for seq, (role, text) in enumerate(turns, 1))
    index.extend(entries)
    return [hit.seq for hit in index.search(Query(text=question, now=10_000), limit=len(turns))]


def test_a_short_fact_goes_before_a_long_answer_that_repeats_its_words() -> None:
    turns = [
        ("user", "Thanks! By the way, my sister bought a kayak on Sunday."),
        ("assistant", f"A kayak is fun, and your sister will like it. On Sunday, cook this. {_TASK_TALK}"),
    ]
    assert found(turns, "What did my sister buy on Sunday?")[0] == 1


def test_a_long_answer_takes_little_of_what_stands_beside_it() -> None:
    turns = [
        ("user", "Which brushes do I need to paint a landscape?"),
        ("assistant", _TASK_TALK),
        ("user", "I sold the landscape for 40 dollars."),
    ]
    assert found(turns, "How much did I get for the landscape?")[-1] == 2


def test_the_long_answer_is_found_where_the_words_of_the_assistant_are_asked_for() -> None:
    turns = [
        ("user", "Give me a dinner of vegetables, please, any vegetable."),
        ("assistant", f"Here is a dinner. {_TASK_TALK}"),
        ("user", "I like dinner."),
    ]
    assert found(turns, "What did you recommend for dinner with vegetables?")[0] == 2


@pytest.mark.parametrize(("between", "order"), [(_TASK_TALK, [4, 1, 2]), ("Simmer it.", [4, 2, 1])])
def test_of_the_requests_around_a_long_answer_one_goes_before_what_was_said_elsewhere(
    between: str, order: list[int]
) -> None:
    elsewhere = [("user", "Did they cook the pasta for the party?")]
    talk = [
        ("user", "I want to cook pasta for a party, how?"),
        ("assistant", between),
        ("user", "I will cook that pasta for the party, and a cake."),
    ]
    index = Index()
    for thread, turns in enumerate((elsewhere, talk), 1):
        first = index.last_seq + 1
        index.extend(
            IndexEntry(seq, thread, seq, analyse(text, role=role)) for seq, (role, text) in enumerate(turns, first)
        )
    hits = index.search(Query(text="cook pasta for a party", now=10_000), limit=4)
    assert [hit.seq for hit in hits if hit.seq != 3] == order
    assert sorted(hits, key=lambda hit: -hit.score) == hits


def test_the_words_of_a_text_are_counted_in_any_script() -> None:
    texts = ["I moved to Lisbon", "我搬到了里斯本"]
    assert unpack([analyse(text, role="user") for text in texts]).lengths.tolist() == [4, 4]
