"""A model that fails for ever leaves no message without memories for ever, and holds up nothing meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from memos_mcp.backends.local.adding import NO_INSTRUCTIONS
from memos_mcp.backends.local.composition import open_local
from memos_mcp.backends.local.consolidation import Consolidation
from memos_mcp.backends.local.consolidation.learning import (
    FEWEST_ATTEMPTS,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    PATIENCE,
    Learning,
)
from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.extraction.base import Draft, Extractor, Source
from memos_mcp.backends.local.extraction.llm import LlmExtractor
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.ledger import tasks
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.core.errors import Unavailable
from memos_mcp.core.models import AddMessage, Message
from tests.consolidation.conversation import add
from tests.fakes.chat import URL, FakeChat, proposal
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import find, store

HOUR = 3_600_000


@dataclass
class Clock:
    now: int = 1_749_546_000_000

    def __call__(self) -> int:
        return self.now


@dataclass
class AwayExtractor:
    """A model that is never there; it keeps when it was asked."""

    clock: Clock
    retry_after: float | None = None
    name: str = "llm:away:1"
    takes_instructions: bool = False
    asked: list[int] = field(default_factory=list)

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        del messages, before
        self.asked.append(self.clock.now)
        raise Unavailable("The model's endpoint cannot be reached.", retry_after=self.retry_after)

    def close(self) -> None:
        """Have nothing to end."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(tmp_path / LEDGER_FILE)
    yield opened
    opened.close()


def learning(ledger: Ledger, model: AwayExtractor, *, instead: type[RulesExtractor] = RulesExtractor) -> Learning:
    upkeep = Consolidation(ledger, clock=model.clock)
    return Learning(ledger, model, upkeep, instead=instead(), clock=model.clock, told=lambda: None)


def say(ledger: Ledger, *texts: str, now: int) -> None:
    ledger.messages.add(add(*texts), user_id="u", features=[b""] * len(texts), now=now)


def run_on(ledger: Ledger, at: Learning, clock: Clock, *, until: int) -> None:
    """Let the time pass from one due attempt to the next."""
    while clock.now < until and (due := ledger.tasks.next_due()) is not None:
        clock.now = max(clock.now, due)
        at.step()


def makers(ledger: Ledger) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in ledger.database.rows("SELECT memory_value, extractor FROM memory")]


def test_after_a_day_of_growing_pauses_the_rules_take_the_place_of_a_model_that_is_away(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    say(ledger, "I moved to Berlin last year.", now=clock.now)
    began = clock.now

    run_on(ledger, learning(ledger, model), clock, until=began + 2 * PATIENCE)

    pauses = [later - earlier for earlier, later in zip(model.asked, model.asked[1:], strict=False)]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert PATIENCE <= model.asked[-1] - began <= PATIENCE + LONGEST_PAUSE
    assert makers(ledger) == [("[user perspective] I moved to Berlin last year.", "rules:3")]
    assert ledger.tasks.open_count() == 0


def test_a_store_that_was_shut_for_days_asks_the_model_again_before_it_gives_up(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    say(ledger, "I moved to Berlin last year.", now=clock.now)
    clock.now += 5 * PATIENCE

    run_on(ledger, learning(ledger, model), clock, until=clock.now + PATIENCE)

    assert len(model.asked) == FEWEST_ATTEMPTS
    assert len(makers(ledger)) == 1


def test_an_endpoint_that_says_when_it_is_back_is_not_asked_before(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock, retry_after=600)
    say(ledger, "I moved to Berlin last year.", now=clock.now)

    learning(ledger, model).step()

    assert ledger.tasks.next_due() == clock.now + 600_000


def test_what_waits_what_failed_and_what_was_taken_over_is_counted(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    say(ledger, "I moved to Berlin last year.", now=clock.now)
    at = learning(ledger, model)
    at.step()
    say(ledger, "My sister lives in Rome.", now=clock.now)

    status = ledger.status()
    assert (status.waiting_for_memories, status.failed_for_memories, status.taken_over_by_rules) == (2, 1, 0)

    run_on(ledger, at, clock, until=clock.now + 2 * PATIENCE)
    status = ledger.status()
    assert (status.waiting_for_memories, status.failed_for_memories, status.taken_over_by_rules) == (0, 0, 2)


class FailingRules(RulesExtractor):
    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        raise ValueError


def test_what_nobody_can_learn_from_waits_and_is_not_lost(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    say(ledger, "I moved to Berlin last year.", now=clock.now)

    run_on(ledger, learning(ledger, model, instead=FailingRules), clock, until=clock.now + PATIENCE + 3 * HOUR)

    assert makers(ledger) == []
    assert ledger.tasks.open_count() == 1


async def test_an_add_and_a_search_do_not_wait_for_a_model_that_is_away(tmp_path: Path) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    async with open_local(tmp_path, embedder=HashedEmbedder, extractor=lambda: model, clock=clock) as backend:
        receipt = await backend.add_message(add("I moved to Berlin last year."), user_id="u")
        found = await find(backend, "Where did I move?")

        assert receipt.status == "running"
        assert [message.content for message in found.message_detail_list] == ["I moved to Berlin last year."]
        assert (await backend.status()).waiting_for_memories == 1


PETS = ["I have a dog.", "I have two cats.", "My parrot is green.", "My horse is called Fred.", "I keep nine bees."]


def test_a_great_add_is_learnt_from_in_parts_and_after_a_restart_from_where_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LEARNT_AT_ONCE", 2)
    whole, parts = Ledger.open(tmp_path / "whole.sqlite3"), Ledger.open(tmp_path / "parts.sqlite3")
    added = parts.messages.add(add(*PETS), user_id="u", features=[b""] * len(PETS), now=1)
    for text in PETS:
        say(whole, text, now=1)
        assert by_rules(whole).step()

    seen: list[int] = []
    while by_rules(parts).step():
        seen.append(len(makers(parts)))
        parts.close()
        parts = Ledger.open(tmp_path / "parts.sqlite3")

    assert seen == [2, 4, 5]
    assert makers(parts) == makers(whole)
    done = parts.tasks.status(added.task_id, user=1)
    assert done is not None
    assert done.memory_views is not None
    assert (done.status, done.memory_views.added) == ("completed", len(PETS))
    assert parts.noted_under("learnt") == []
    for opened in (whole, parts):
        opened.close()


def by_rules(ledger: Ledger) -> Learning:
    upkeep = Consolidation(ledger, clock=lambda: 1)
    return Learning(ledger, RulesExtractor(), upkeep, instead=RulesExtractor(), clock=lambda: 1, told=lambda: None)


def test_a_model_that_comes_back_in_time_makes_the_memories_itself(ledger: Ledger) -> None:
    clock = Clock()
    model = AwayExtractor(clock)
    say(ledger, "I moved to Berlin last year.", now=clock.now)
    run_on(ledger, learning(ledger, model), clock, until=clock.now + HOUR)

    clock.now += HOUR
    back = RulesExtractor()
    back.name = "llm:back:1"
    upkeep = Consolidation(ledger, clock=clock)
    Learning(ledger, back, upkeep, instead=RulesExtractor(), clock=clock, told=lambda: None).step()

    assert [maker for _, maker in makers(ledger)] == ["llm:back:1"]


@pytest.mark.usefixtures("both_ledgers")
async def test_what_the_application_wants_kept_is_told_to_the_model_once_and_then_forgotten(tmp_path: Path) -> None:
    chat = FakeChat(proposal(title="t", value="I bought 3 shares.", perspective="user", sources=[1]))

    def model() -> Extractor:
        rules, embed = RulesExtractor(), HashedEmbedder().embed
        return LlmExtractor(
            URL, model="m", api_key="", fallback=rules, embed=lambda text: embed(text).vector, connect=chat.connect
        )

    wanted = AddMessage(
        messages=(Message(role="user", content="I bought 3 shares of Initech."),),
        conversation_id="c",
        custom_extract_prompt="Keep trades alone.",
        wait=True,
    )
    async with store(tmp_path, extractor=model) as backend:
        receipt = await backend.add_message(wanted, user_id="u")
        await backend.add_message(wanted.model_copy(update={"custom_extract_prompt": ""}), user_id="u")
        left = backend.ledger.database.rows("SELECT name FROM meta WHERE name LIKE 'instructions%'")

    told = [asked["messages"][0]["content"] for asked in chat.asked]
    assert receipt.note == ""
    assert [text.endswith("Keep trades alone.") for text in told] == [True, False]
    assert left == []


async def test_rules_say_that_they_take_no_instructions(tmp_path: Path) -> None:
    wanted = AddMessage(
        messages=(Message(role="user", content="I moved to Rome."),), custom_extract_prompt="Keep trades alone."
    )
    async with store(tmp_path) as backend:
        receipt = await backend.add_message(wanted, user_id="u")

    assert receipt.note == NO_INSTRUCTIONS
