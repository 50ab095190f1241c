"""Short conversations of several matters: is what answers a question told from what merely stands beside it?

Each conversation of `data/mixed.json` is a user of `memos-mcp serve`. A text that answers has to be at the contract's
threshold or above it, a neighbour that does not answer below it; a memory counts by the turns that it was made from. A
search with the contract's defaults has to give a memory that answers, and none where nothing does.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio
import typer

from benchmarks.common.report import Cell, dump, progress, run, say, show
from benchmarks.common.rest_client import Answer, Engine, engine
from benchmarks.common.sample import Question, Sample
from benchmarks.common.samples import MIXED, load_histories, select
from benchmarks.quality.coverage import turns_by_message
from memos_mcp.core.models import RELATIVITY_THRESHOLD as THRESHOLD


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that a search gave: whether it answers, and how sure the search is of it."""

    text: str
    answers: bool
    relativity: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a part of the set, what a search for it gave, and the memories that one with defaults gave."""

    part: str
    question: Question
    hits: tuple[Hit, ...]
    known: tuple[Hit, ...]

    @property
    def best(self) -> float:
        """The best relativity of a text that answers."""
        return max((hit.relativity for hit in self.hits if hit.answers), default=0)

    @property
    def mistaken(self) -> list[Hit]:
        """What does not answer and is taken to."""
        return [hit for hit in self.hits if not hit.answers and hit.relativity >= THRESHOLD]


async def measure(samples: Sequence[Sample]) -> list[Asked]:
    """Store each conversation turn by turn, and ask its questions."""
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        async with engine(Path(folder)) as served:
            return [
                asked for sample in bar.track(samples, description="mixed") for asked in await _measure(served, sample)
            ]


async def _measure(served: Engine, sample: Sample) -> list[Asked]:
    for turn in sample.turns:
        message = {"role": turn.role, "content": turn.content, "chat_time": turn.chat_time}
        body = {"user_id": sample.name, "conversation_id": turn.conversation_id, "messages": [message]}
        await served.call("add/message", body | {"async_mode": False})
    turn_of = await turns_by_message(served, sample)
    everything = {"memory_limit_number": 25, "preference_limit_number": 25, "message_limit_number": 50, "relativity": 0}
    found: list[Asked] = []
    for question in sample.questions:
        asked = {"user_id": sample.name, "query": question.text}
        hits = _hits(await served.call("search/memory", asked | everything), question, turn_of)
        known = _memories(await served.call("search/memory", asked), question, turn_of)
        found.append(Asked(sample.part, question, tuple(hits), tuple(known)))
    return found


def _hits(answer: Answer, question: Question, turn_of: dict[str, str]) -> list[Hit]:
    messages = [
        Hit(one["content"], turn_of[one["id"]] in question.evidence, one["relativity"])
        for one in answer["message_detail_list"]
    ]
    return messages + _memories(answer, question, turn_of)


def _memories(answer: Answer, question: Question, turn_of: dict[str, str]) -> list[Hit]:
    return [
        Hit(
            one.get("memory_value") or one["preference"],
            any(turn_of[source] in question.evidence for source in one["sources"]),
            one["relativity"],
        )
        for one in (*answer["memory_detail_list"], *answer["preference_detail_list"])
    ]


def sums(asked: Sequence[Asked]) -> dict[str, dict[str, Cell]]:
    """Give a row a part: how often an answer is sure, a text that does not answer, and what a default search gives."""
    rows: dict[str, dict[str, Cell]] = {}
    for part in dict.fromkeys(one.part for one in asked):
        of_part = [one for one in asked if one.part == part]
        answerable = [one for one in of_part if one.question.evidence]
        never = [one for one in of_part if not one.question.evidence]
        beside = [hit for one in answerable for hit in one.hits if not hit.answers]
        rows[part] = {
            "questions": len(answerable),
            "answered above": sum(one.best >= THRESHOLD for one in answerable),
            "with a mistaken text": sum(bool(one.mistaken) for one in answerable),
            "texts that do not answer": len(beside),
            "of these above": sum(hit.relativity >= THRESHOLD for hit in beside),
            "default finds": sum(any(hit.answers for hit in one.known) for one in answerable),
            "memories given": sum(len(one.known) for one in answerable),
            "never answered": len(never),
            "default gives some": sum(bool(one.known) for one in never),
        }
    return rows


def main(
    data: Annotated[Path, typer.Argument(help="The set: this, or another of histories.", exists=True)] = MIXED,
    part: Annotated[str, typer.Option(help="Only this part: tune, or held, which is not looked at.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure relativity in short conversations of several matters; mistakes are shown of what is not held out."""
    asked = anyio.run(measure, select(load_histories(data), part=part))
    if as_json:
        dump(sums(asked))
        return
    show(f"{data.stem}, threshold {THRESHOLD}", sums(asked))
    for one in asked:
        if one.part != "held" and one.question.evidence and (one.mistaken or one.best < THRESHOLD):
            mistaken = "".join(f"; {hit.relativity:.2f} {hit.text!r}" for hit in one.mistaken)
            say([f"{one.question.text} answer {one.best:.2f}{mistaken}"])


if __name__ == "__main__":
    run(main)
