"""How sure a search is of a text, in short conversations, with the model that comes with the install."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query
from memos_mcp.core.models import AddMessage, Message, SearchMemory
from memos_mcp.core.perspective import bare
from tests.consolidation.conversation import add
from tests.local.stores import find, followed, store

THRESHOLD = 0.45
OF_SEVERAL_MATTERS = (
    "My cat is named Miso.",
    "Thanks!",
    "What is the capital of Peru?",
    "Lima.",
    "Remind me to buy batteries.",
    "I will.",
)


@pytest.fixture(scope="module")
def model() -> Embedder:
    return load_embedder("onnx", onnx_model=None)


def relativities(model: Embedder, talk: Sequence[str], query: str) -> dict[str, float]:
    """Search a conversation of a user and an assistant who take turns."""
    index = Index()
    roles = ("user", "assistant")
    index.extend(
        IndexEntry(seq, thread=1, time=seq, features=analyse(text, role=roles[1 - seq % 2]))
        for seq, text in enumerate(talk, 1)
    )
    asked, told = model.embed(query, query=True), dict(enumerate(map(model.embed, talk), 1))
    cosines = [(seq, float(one.vector @ asked.vector)) for seq, one in told.items()]
    looked_for = Query(
        text=query,
        now=len(talk),
        dense=sorted(cosines, key=lambda pair: -pair[1]),
        tokens=asked.tokens,
        words=asked.words,
        token_vectors=lambda seqs: {seq: tokens for seq in seqs if (tokens := told[seq].tokens) is not None},
    )
    return {talk[hit.seq - 1]: hit.relativity for hit in index.search(looked_for, limit=len(talk))}


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ("what is my cat's name", {"My cat is named Miso."}),
        ("What do I need to buy?", {"Remind me to buy batteries."}),
    ],
)
def test_what_stands_beside_an_answer_is_not_sure(model: Embedder, query: str, answers: set[str]) -> None:
    found = relativities(model, OF_SEVERAL_MATTERS, query)

    assert {text for text, sure in found.items() if sure >= THRESHOLD} == answers


def test_a_question_right_before_it_makes_an_answer_sure_that_has_none_of_its_words(model: Embedder) -> None:
    query = "How old is the sister of Wren?"
    answered = relativities(model, ("Hello.", "Hi! How old is Wren's sister?", "Seven."), query)
    told = relativities(model, ("Hello.", "Wren's sister is getting old.", "Seven."), query)

    assert answered["Seven."] > 0.8
    assert told["Seven."] < THRESHOLD


async def test_a_memory_with_a_word_that_no_other_holds_may_leave_the_rest_to_what_was_said_before(
    model: Embedder, tmp_path: Path
) -> None:
    said = (
        Message(role="user", content="I travel to Guangzhou in the summer. Which hotel chain do you suggest?"),
        Message(role="assistant", content="You can consider 7 Days, Ji Hotel or Hilton."),
        Message(role="user", content="I'll choose 7 Days."),
    )
    async with store(tmp_path, embedder=lambda: model) as backend:
        await backend.add_message(AddMessage(messages=said, conversation_id="0610", wait=True), user_id="u")
        await followed(backend)
        found = await find(backend, "Which hotel chain did I choose?")

    assert "7 Days" in str([one.memory_value for one in found.memory_detail_list if one.relativity >= THRESHOLD])


def test_a_word_for_the_kind_of_thing_finds_the_one_thing_that_is_known(model: Embedder) -> None:
    found = relativities(model, ["I keep two canaries named Salt and Pepper."], "What are my birds called?")

    assert [sure >= THRESHOLD for sure in found.values()] == [True]


ABOUT_ANA = (
    "My sister Ana collects stamps.",
    "A quiet hobby.",
    "Ana moved from Kiel to Bremen last month.",
    "A nice city to settle in.",
    "Ana called me yesterday, she was in a good mood.",
    "Good to hear.",
    "Remind me to send Ana the photos of the party.",
    "I will remind you.",
)


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ("Where does Ana live?", {"Ana moved from Kiel to Bremen last month."}),
        ("where does ana live", {"Ana moved from Kiel to Bremen last month."}),
        ("What does Ana collect?", {"My sister Ana collects stamps."}),
        ("Which car does Ana drive?", set[str]()),
        ("How tall is Ana?", set[str]()),
    ],
)
def test_a_shared_name_does_not_make_a_text_sure(model: Embedder, query: str, answers: set[str]) -> None:
    found = relativities(model, ABOUT_ANA, query)

    assert {text for text, sure in found.items() if sure >= THRESHOLD} == answers


@pytest.mark.parametrize(
    ("query", "talk", "answers"),
    [
        ("Where do I work?", ("I started at Brightwell.", "Congratulations on the job!"), {"I started at Brightwell."}),
        ("What did Kai break?", ("My son Kai broke his glasses.", "Poor Kai."), {"My son Kai broke his glasses."}),
        ("Is it raining?", ("Does it rain there?", "It is raining."), {"Does it rain there?", "It is raining."}),
    ],
)
def test_a_remark_is_no_answer_unless_it_was_asked_for(
    model: Embedder, query: str, talk: Sequence[str], answers: set[str]
) -> None:
    found = relativities(model, talk, query)

    assert {text for text, sure in found.items() if sure >= THRESHOLD} == answers


@pytest.mark.parametrize("named", ["My boss is called Henrietta.", "my boss is called henrietta"])
def test_who_somebody_is_is_told_by_a_text_that_holds_a_name(model: Embedder, named: str) -> None:
    found = relativities(
        model, ("Help me with a subject line for an email to my boss.", "Done.", named), "Who is my boss?"
    )

    assert [text for text, sure in found.items() if sure >= THRESHOLD] == [named]


async def test_what_nothing_answers_gets_nothing_though_much_is_told_of_the_matter(
    model: Embedder, tmp_path: Path
) -> None:
    told = [
        "My wife Ayumi repairs violins in Delft.",
        "Shellfish make my lips swell.",
        "We rent from a widow called Mrs. Okker.",
        "Our tortoise Bolt sleeps in the shed.",
        "I walk to the office along the canal.",
        "Mum moved to Leith in the autumn.",
        "I gave up smoking when the baby came.",
        "The twins start school after the summer.",
        "Mi hermana vive en Sevilla y trabaja en un hospital.",
    ]

    async def found(query: str) -> list[str]:
        asked = SearchMemory(query=query, nearest=True)
        memories = (await backend.search_memory(asked, user_id="u")).memory_detail_list
        return [bare(one.memory_value) for one in memories]

    async with store(tmp_path, embedder=lambda: model) as backend:
        await backend.add_message(add(*told, wait=True), user_id="u")
        await followed(backend)
        assert told[0] in await found("Where does my spouse work?")
        assert told[1] in await found("Which food am I allergic to?")
        assert told[2] in await found("Who is our landlady?")
        assert told[8] in await found("¿Dónde está empleada mi hermana?")
        for query in ("What is my blood type?", "How much rent do we pay?", "Which football club do I support?"):
            assert await found(query) == []
