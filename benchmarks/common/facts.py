"""Facts that people tell of themselves, written for this project, with what they answer and what they nearly answer.

A file has several worlds, with an empty line between. In each one person speaks: `W: who`, then facts (`F: ...`), each
followed by questions that it answers (`Q: ...`) and by questions that nothing in the world answers though this fact
might seem to (`N: ...`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.common.sample import Question, Sample, Turn

_FIRST = datetime(2025, 1, 6, 19)  # noqa: DTZ001 - in the zone of whoever speaks


@dataclass
class Fact:
    """What was said, what it answers, and what it only seems to."""

    text: str
    answers: list[str] = field(default_factory=list)
    leaves_open: list[str] = field(default_factory=list)


World = Sequence[Fact]
"""What one person tells."""


def load_worlds(folder: Path) -> list[World]:
    """Read all worlds of a folder.

    Raises:
        ValueError: a line is none of those that there are.
    """
    return [world for path in sorted(folder.glob("*.txt")) for world in _worlds(path)]


def load_facts(folder: Path) -> list[Sample]:
    """Read each world as a user who told a fact a day; `folder` is the part that it is of.

    A file is in the language whose code it is named by, and in English where it has a number.
    """
    worlds = [(path.stem, world) for path in sorted(folder.glob("*.txt")) for world in _worlds(path)]
    return [
        _sample(world, f"world-{number}", folder.name, "en" if stem.isdecimal() else stem)
        for number, (stem, world) in enumerate(worlds, 1)
    ]


def _worlds(path: Path) -> list[World]:
    return [_world(block, path.name) for block in path.read_text(encoding="utf-8").split("\n\n")]


def _world(block: str, file: str) -> World:
    world: list[Fact] = []
    for line in block.strip().splitlines():
        match line.partition(": "):
            case "W", _, _:
                pass
            case "F", _, text:
                world.append(Fact(text))
            case "Q", _, question:
                world[-1].answers.append(question)
            case "N", _, question:
                world[-1].leaves_open.append(question)
            case _:
                raise ValueError(f"{file}: {line!r} is no world, fact or question.")
    return world


def _sample(world: World, name: str, part: str, language: str) -> Sample:
    turns: list[Turn] = []
    questions: list[Question] = []
    for number, fact in enumerate(world, 1):
        told = _FIRST + timedelta(days=number)
        turns.append(Turn(str(number), "user", fact.text, f"{name}/{number}", told.isoformat(" ")))
        questions += (Question(text, fact.text, "fact", language, frozenset({str(number)})) for text in fact.answers)
        questions += (Question(text, "", "never", language, frozenset()) for text in fact.leaves_open)
    return Sample(name, tuple(turns), tuple(questions), part=part, language=language)
