"""What memories add to messages that are all kept: how much they hold of the evidence, when, and what becomes of them.

Conversations are stored in an engine and read through its REST contract. Evidence counts as read where a memory of
which it is a source, or the message itself, stands whole in the first words of what a search gives.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Annotated

import anyio
import typer

from benchmarks.common.report import dump, run, show
from benchmarks.common.sample import Sample
from benchmarks.common.samples import PAIRS_HELD_OUT, load_everyday, load_locomo, load_pairs, select, with_observations
from benchmarks.quality.coverage import measure_held
from benchmarks.quality.outcomes import measure_pairs
from benchmarks.quality.temporal import accuracy, relative_questions
from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor


def extraction_milliseconds(samples: Sequence[Sample]) -> float:
    """Return the processor time that the rules extractor takes for a message, with two messages before it."""
    extractor = RulesExtractor()
    count, began = 0, process_time()
    for sample in samples:
        sources = [
            Source(number, turn.role, turn.content, _milliseconds(turn.chat_time))
            for number, turn in enumerate(sample.turns)
        ]
        for number, source in enumerate(sources):
            extractor.extract([source], before=sources[max(0, number - 2) : number])
        count += len(sources)
    return round((process_time() - began) / count * 1000, 2)


def _milliseconds(chat_time: str) -> int:
    return int(datetime.fromisoformat(chat_time).replace(tzinfo=UTC).timestamp() * 1000)


def main(
    data: Annotated[Path, typer.Option(help="LoCoMo as one JSON list of conversations.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which, counted from 1: 4,5. Default: all.")] = "",
    observations: Annotated[
        Path | None,
        typer.Option(help="LoCoMo's observations: what an agent hands over. Then nothing else is measured."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure memories, their upkeep, their dates, and the time to make them."""
    samples = select(load_locomo(data), conversations=conversations)

    async def with_and_without(given: Path) -> None:
        without = (await measure_held(samples)).rows()
        told = (await measure_held(with_observations(samples, given))).rows()
        report = {"rules": without["memories"], "agent": told["memories"], "messages": told["messages"]}
        dump(report) if as_json else show("LoCoMo: evidence read, per cent", report)

    async def all_of_it() -> None:
        dates = accuracy([question for sample in samples for question in relative_questions(sample)])
        report = {
            "LoCoMo": (await measure_held(samples)).rows(),
            "everyday": (await measure_held(load_everyday())).rows(),
            "upkeep": await measure_pairs(load_pairs()),
            "upkeep, held out": await measure_pairs(load_pairs(PAIRS_HELD_OUT)),
            "time": {"rules": {"extraction, ms a message": extraction_milliseconds(samples)}, "dates": dates},
        }
        if as_json:
            dump(report)
            return
        for name in ("LoCoMo", "everyday"):
            show(f"{name}: evidence read, per cent", report[name])
        for name in ("upkeep", "upkeep, held out"):
            show(f"{name}: what the second of two statements was taken for, per cent", report[name])
        show("Extraction, and dates resolved strictly", report["time"])

    if observations is None:
        anyio.run(all_of_it)
    else:
        anyio.run(with_and_without, observations)


if __name__ == "__main__":
    run(main)
