"""Dates: are the times that a message names resolved to the date that the question's answer gives?

On LoCoMo's temporal questions whose answer is a date and whose evidence speaks relatively ("yesterday", "last week").
Strict: of the answer's own grain ("the week before 9 June" is a week, "July 2023" a month or a time in it) and in its
place. `any` counts a question if one of the times in its evidence is right, `first` if the first of the first piece of
evidence is, which is what a memory keeps.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from benchmarks.common.report import dump, run, say, show
from benchmarks.common.sample import Sample, Turn
from benchmarks.common.samples import load_locomo, select
from benchmarks.quality.gold_times import Gold, gold
from memos_mcp.backends.local.text.temporal import TimeMention, resolve

_UNITS = r"days?|nights?|weekends?|weeks?|months?|years?"
_WEEKDAYS = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_SEASONS = r"spring|summer|autumn|fall|winter"
_MONTHS = r"jan\w*|feb\w*|march|april|may|june|july|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*"
RELATIVE = re.compile(
    rf"\b(?:yesterday|today|tonight|tomorrow|(?:\w+ )?(?:{_UNITS}) (?:ago|later|now)|"
    rf"(?:last|next|this|past|coming) (?:{_UNITS}|{_WEEKDAYS}|{_SEASONS}|{_MONTHS}|morning|afternoon|evening)|"
    rf"on (?:{_WEEKDAYS})|for (?:\w+ ){{1,3}}(?:{_UNITS})|the \d{{1,2}}(?:st|nd|rd|th))\b",
    re.IGNORECASE,
)


def main(
    data: Annotated[Path, typer.Option(help="LoCoMo as one JSON list of conversations.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which, counted from 1: 4,5. Default: all.")] = "",
    misses: Annotated[bool, typer.Option(help="Name the questions that were missed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure how many dates are resolved strictly, and how long it takes a message."""
    samples = select(load_locomo(data), conversations=conversations)
    asked = [question for sample in samples for question in relative_questions(sample)]
    row = accuracy(asked) | {"milliseconds a message": milliseconds(samples)}
    if as_json:
        dump(row)
        return
    show(f"Dates, {len(samples)} conversations", {"resolve": row})
    if misses:
        say(f"{answer}: {evidence[0].content}" for answer, evidence in missed(asked))


Asked = tuple[str, Gold, list[Turn]]


def relative_questions(sample: Sample) -> list[Asked]:
    """Return the answers that are dates, of questions whose evidence speaks relatively, with that evidence."""
    found: list[Asked] = []
    for question in sample.questions:
        evidence = [turn for turn in sample.turns if turn.id in question.evidence and RELATIVE.search(turn.content)]
        date = gold(question.answer) if question.category == "temporal" else None
        if date is not None and evidence:
            found.append((question.answer, date, evidence))
    return found


def accuracy(asked: Sequence[Asked]) -> dict[str, int | float]:
    """Return the share of answers that the times in the evidence are, by any of them and by the first."""
    times = [[_times(turn) for turn in evidence] for _, _, evidence in asked]
    found = [
        [_is(date, time) for turn in turns for time in turn] for (_, date, _), turns in zip(asked, times, strict=True)
    ]
    return {
        "questions": len(asked),
        "any": round(sum(map(any, found)) / max(1, len(asked)), 4),
        "first": round(sum(right[:1] == [True] for right in found) / max(1, len(asked)), 4),
    }


def missed(asked: Sequence[Asked]) -> list[tuple[str, list[Turn]]]:
    """Return the answers that none of the times in their evidence is."""
    return [
        (answer, evidence)
        for answer, date, evidence in asked
        if not any(_is(date, time) for turn in evidence for time in _times(turn))
    ]


def milliseconds(samples: Sequence[Sample]) -> float:
    """Time the resolving of every message, on average."""
    turns = [turn for sample in samples for turn in sample.turns]
    begun = perf_counter()
    for turn in turns:
        _times(turn)
    return round((perf_counter() - begun) * 1000 / max(1, len(turns)), 3)


def _times(turn: Turn) -> list[TimeMention]:
    return resolve(turn.content, said=datetime.fromisoformat(turn.chat_time).replace(tzinfo=UTC))


def _is(date: Gold, time: TimeMention) -> bool:
    return date.matches(datetime.fromtimestamp(time.start / 1000, UTC).date(), time.grain)


if __name__ == "__main__":
    run(main)
