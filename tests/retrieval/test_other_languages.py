"""Other languages than English: where words are met less, who speaks and what kind of answer is wanted tell more."""

from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query


def found(turns: list[tuple[str, str]], question: str) -> list[int]:
    """Search turns of a conversation each."""
    index = Index()
    entries = (IndexEntry(seq, seq, seq * 1000, analyse(text, role=role)) for seq, (role, text) in enumerate(turns, 1))
    index.extend(entries)
    return [hit.seq for hit in index.search(Query(text=question, now=10_000), limit=len(turns))]


def test_the_users_own_words_come_first_where_a_question_about_oneself_has_no_pronoun() -> None:
    turns = [("user", "区役所の窓口で働いています。"), ("assistant", "ドレスは早めに頼みましょう。")]
    assert found(turns, "勤め先の名前は？")[0] == 1
    assert (
        found([(role, text) for (_, text), (role, _) in zip(turns, reversed(turns), strict=True)], "勤め先の名前は？")[
            0
        ]
        == 2
    )


def test_a_text_with_a_date_comes_first_where_it_is_asked_when() -> None:
    turns = [("user", "العمال سيأتون في 18 كانون الثاني."), ("user", "جارنا حازم مبسوط جدا.")]
    assert found(turns, "متى تركيب الألواح؟")[0] == 1
    assert found(turns, "كيف حال الجيران؟")[0] == 2
