"""A correction in plain words takes back or sets right the memories it is meant of, and no other."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.consolidation.corrections import read
from memos_mcp.backends.local.consolidation.statements import told
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.core.models import AddFeedback, FeedbackReceipt, GetMemory, Memory
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import everything_said, find, store

pytestmark = pytest.mark.usefixtures("both_ledgers")


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with store(tmp_path) as opened:
        yield opened


async def tell(backend: LocalBackend, *said: str, user_id: str = "u") -> None:
    for text in said:
        await backend.add_message(add(text, conversation_id=text[:50], wait=True), user_id=user_id)


async def correct(
    backend: LocalBackend, text: str, *, conversation_id: str = "", user_id: str = "u"
) -> FeedbackReceipt:
    request = AddFeedback(feedback_content=text, conversation_id=conversation_id)
    return await backend.add_feedback(request, user_id=user_id)


async def learnt(backend: LocalBackend, receipt: FeedbackReceipt) -> None:
    """Wait until the correction itself was learnt from."""
    with anyio.fail_after(30):
        while (await backend.get_status(receipt.task_id, user_id="u")).status == "running":
            await anyio.sleep(0.01)


async def known(backend: LocalBackend, *ids: str, user_id: str = "u") -> dict[str, Memory]:
    found = (await backend.get_memory(GetMemory(memory_ids=ids, size=50), user_id=user_id)).memory_detail_list
    return {memory.memory_value.removeprefix("[user perspective] "): memory for memory in found}


async def test_what_the_user_never_had_is_archived_at_once(backend: LocalBackend) -> None:
    await tell(backend, "My cat is called Miso.", "My sister's cat is ill.", "I like cats.")

    receipt = await correct(backend, "I never had a cat.")

    assert receipt.archived == ("k1",)
    assert receipt.added == ()
    assert (await known(backend, "k1"))["My cat is called Miso."].status == "archived"
    assert {"My sister's cat is ill."} <= set(await known(backend))


async def test_what_is_only_taken_back_is_archived_and_teaches_nothing(backend: LocalBackend) -> None:
    await tell(backend, "My landlord's phone number is 040 1234567.", "I like olives.")

    receipts = [
        await correct(backend, "Forget my landlord's phone number"),
        await correct(backend, "I never said that I like olives."),
    ]

    assert [(one.archived, one.added, one.status) for one in receipts] == [
        (("k1",), (), "completed"),
        (("k2",), (), "completed"),
    ]
    assert await known(backend) == {}


async def test_an_archived_memory_points_to_what_was_learnt_from_the_correction(backend: LocalBackend) -> None:
    await tell(backend, "My cat is called Miso.")

    await learnt(backend, await correct(backend, "I never had a cat."))

    current = await known(backend)
    assert current["I never had a cat."].supersedes == ("k1",)
    assert await everything_said(backend, "feedback") == ["I never had a cat."]


async def test_an_exchanged_word_is_put_right_with_the_sources_of_both(backend: LocalBackend) -> None:
    await tell(backend, "We got a cat for Lena's birthday.")

    receipt = await correct(backend, "It was a rabbit, not a cat.")

    assert (receipt.archived, len(receipt.added)) == (("k1",), 1)
    right = (await known(backend))["We got a rabbit for Lena's birthday."]
    assert right.id == receipt.added[0]
    assert right.sources == ("m1", "m2")
    assert right.supersedes == ("k1",)
    found = (await find(backend, "What did we get for Lena's birthday?")).memory_detail_list
    assert found[0].id == right.id


async def test_where_several_may_be_meant_none_is_touched_unless_one_is_of_that_conversation(
    backend: LocalBackend,
) -> None:
    await tell(backend, "The retro is on Tuesday.", "I play chess on Tuesday.")

    assert (await correct(backend, "It's Thursday, not Tuesday.")).archived == ()
    here = await correct(backend, "It's Thursday, not Tuesday.", conversation_id="The retro is on Tuesday.")

    assert here.archived == ("k1",)
    assert "The retro is on Thursday." in await known(backend)


async def test_what_still_holds_of_a_corrected_memory_goes_on(backend: LocalBackend) -> None:
    await tell(backend, "I live in Paris. I work as a nurse.")

    receipt = await correct(backend, "No, I live in Rome.")

    assert receipt.archived == ("k1",)
    assert (await known(backend, *receipt.added))["I work as a nurse."].sources == ("m1",)


async def test_a_correction_of_nothing_known_changes_nothing_and_is_kept(backend: LocalBackend) -> None:
    await tell(backend, "My cat is called Miso.")

    for text in ("That's wrong.", "I never had a piano.", "?", "My cat is nice."):
        receipt = await correct(backend, text)
        assert (receipt.archived, receipt.added) == ((), ())

    assert await everything_said(backend, "feedback") == [
        "That's wrong.",
        "I never had a piano.",
        "?",
        "My cat is nice.",
    ]


async def test_where_nothing_bears_on_a_correction_no_memory_is_offered(backend: LocalBackend) -> None:
    await tell(backend, "We use pnpm.", "I had lunch with Ana.", "My cat food is in the car.")

    assert 'nothing about "piano" is remembered' in (await correct(backend, "I never had a piano.")).note
    assert "nothing about this is remembered" in (await correct(backend, "The printer is not broken.")).note
    offered = (await correct(backend, "I never had a cat.")).note
    assert 'The nearest: k3 "My cat food is in the car.". Repeat' in offered


async def test_a_correction_never_touches_another_user(backend: LocalBackend) -> None:
    await tell(backend, "My cat is called Miso.", user_id="u")
    await tell(backend, "My cat is called Tofu.", user_id="v")

    assert (await correct(backend, "I never had a cat.", user_id="v")).archived == ("k2",)
    assert set(await known(backend)) == {"My cat is called Miso."}
    assert (await correct(backend, "I never had a cat.", user_id="nobody yet")).archived == ()


async def test_a_secret_in_a_correction_is_stored_no_more_than_in_a_message(tmp_path: Path) -> None:
    opened = open_local(
        tmp_path, embedder=HashedEmbedder, extractor=RulesExtractor, redact=lambda text: (text.replace("4711", "#"), 1)
    )
    async with opened as backend:
        await correct(backend, "My locker is 4711, not 4710.")

        assert await everything_said(backend, "feedback") == ["My locker is #, not 4710."]


MEANT = [
    ("I don't have a dog.", "Our dog likes snow."),
    ("I never lived in Paris.", "I moved to Paris."),
    ("I never lived in Paris.", "I lived in Paris for two years."),
    ("I'm not vegetarian.", "I'm vegetarian now."),
    ("I never said that I like olives.", "I like olives."),
    ("I never said that I live in Berlin.", "I live in Berlin and maintain this in my spare time."),
    ("Forget my landlord's phone number", "My landlord's phone number is 040 1234567."),
    ("Please forget that I like olives.", "I like olives."),
    ("That's not true, I'm not allergic to nuts.", "I'm allergic to nuts."),
    ("I'm not 34, I'm 35.", "I'm 34."),
    ("My sister doesn't live in Rome.", "My sister lives in Rome."),
    ("我从来没养过猫。", "我的猫叫咪咪。"),
    ("不对，我住在苏州。", "我住在南京。"),
    ("No tengo gato.", "Mi gato se llama Luna."),
    ("The billing service does not use Postgres any more.", "The billing service uses Postgres 16"),
    ("The billing service does not use Postgres any more.", "Our billing service uses Postgres 16."),
    ("The billing service no longer uses Postgres.", "We decided that the billing service uses Postgres 16."),
    ("我妹妹现在住在北京，不在上海了。", "我妹妹住在上海"),
    ("我妹妹不在上海了。", "我妹妹住在上海。"),
]

NOT_MEANT = [
    ("I don't have a dog.", "I want a dog."),
    ("I don't have a dog.", "My dog food brand is Alba."),
    ("I never had a cat.", "The neighbour's cat sleeps here."),
    ("I never lived in Paris.", "My sister lived in Paris."),
    ("I never said that I like olives.", "I like anchovies."),
    ("I never said that I live in Berlin.", "I do not live in Berlin and never will."),
    ("I'm not 34, I'm 35.", "I run 34 km."),
    ("I don't like coffee.", "I drink coffee every day."),
    ("我从来没养过猫。", "邻居的猫很可爱。"),
    ("No tengo gato.", "El gato de mi vecina es negro."),
    ("The billing service does not use Postgres any more.", "The order service uses Postgres 16."),
    ("The billing service does not use Postgres any more.", "The billing service uses Redis."),
    ("The billing service does not use Postgres any more.", "We use Postgres 16."),
    ("The billing service does not use Postgres any more.", "The billing service used Postgres in 2019."),
    ("I don't live in Rome any more.", "I lived in Rome for two years."),
    ("我妹妹现在住在北京，不在上海了。", "我哥哥住在上海，是一名护士。"),
    ("我妹妹现在住在北京，不在上海了。", "我妹妹在上海出生。"),
    ("我不在上海了。", "我妹妹叫小红，住在上海。"),
]

LEFT = [
    ("我妹妹现在住在北京，不在上海了。", "我妹妹住在上海，她喜欢收集邮票。", ("我妹妹喜欢收集邮票",)),
    ("我妹妹不住在上海了。", "我妹妹住在上海，是一名护士。", ("我妹妹是一名护士",)),
    ("我不住在上海了。", "我住在上海，养了一只猫。", ("我养了一只猫",)),
]

SET_RIGHT = [
    ("My dog is called Bruno, not Bruce.", "My dog is called Bruce.", "My dog is called Bruno."),
    ("I moved to Berlin, not Bern.", "I moved to Bern.", "I moved to Berlin."),
    ("It's not Tuesday, it's Thursday.", "The retro is on Tuesday.", "The retro is on Thursday."),
    ("Please change Tuesday to Thursday.", "The retro is on Tuesday.", "The retro is on Thursday."),
    ("My name is Ana Maria, not Anna.", "My name is Anna.", "My name is Ana Maria."),
    ("I never had a cat, it was a rabbit.", "We got a cat in May.", "We got a rabbit in May."),
    ("是兔子，不是猫。", "我养了一只猫。", "我养了一只兔子。"),
    ("Era un conejo, no un gato.", "Tuve un gato de niña.", "Tuve un conejo de niña."),
    ("My dog is called Bruno, not Bruce.", "My brother is called Bruce.", None),
    ("My dog is called Bruno, not Bruce.", "My sister's dog is called Bruce.", None),
    ("I moved to Berlin, not Bern.", "My brother moved to Bern.", None),
    ("I work at Bosch, not Siemens.", "I worked at Siemens in 2010.", None),
    ("The office is in Ghent now, not in Antwerp any more.", "The office is in Antwerp.", "The office is in Ghent."),
]


@pytest.mark.parametrize(("correction", "memory"), MEANT)
def test_a_memory_is_denied(correction: str, memory: str) -> None:
    assert read(correction).verdict(told(memory)).relation == "updates"


@pytest.mark.parametrize(("correction", "memory"), NOT_MEANT)
def test_a_memory_is_not_what_is_denied(correction: str, memory: str) -> None:
    assert read(correction).verdict(told(memory)).relation == "different"


@pytest.mark.parametrize(("correction", "memory", "kept"), LEFT)
def test_the_other_clauses_of_a_denied_one_hold(correction: str, memory: str, kept: tuple[str, ...]) -> None:
    assert read(correction).verdict(told(memory)).kept == kept


@pytest.mark.parametrize(("correction", "memory", "right"), SET_RIGHT)
def test_a_memory_is_set_right_word_for_word(correction: str, memory: str, right: str | None) -> None:
    exchange = read(correction).exchanged(memory)

    assert (exchange and exchange[1]) == right
