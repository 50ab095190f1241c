"""Stores of a few facts: is the one that answers told from the others, and a question that nothing answers from both?

Of the facts that one person tells, a few are drawn with one of the questions that they answer and one that they do not.
They are ranked in one process, as the server ranks messages.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from benchmarks.common.corpus import Corpus
from benchmarks.common.report import Cell, dump, progress, run, show
from benchmarks.common.sample import Question, Sample
from benchmarks.common.samples import FACTS, load
from benchmarks.common.scoring import auc, calibration_error
from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.retrieval.query import Hit
from memos_mcp.core.models import RELATIVITY_THRESHOLD as THRESHOLD

SIZES = "1,2,3,5,8,15"


class Remembering:
    """Embeds each text once: facts are drawn again and again."""

    def __init__(self, embedder: Embedder) -> None:
        """Take what embeds."""
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embed = cache(lambda text, query: embedder.embed(text, query=query))

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed a text, or give what it was embedded to."""
        return self._embed(text, query)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: how sure the best text is that answers it, and how sure each of the others is."""

    answered: bool
    best: float
    others: tuple[float, ...]

    @property
    def surest(self) -> float:
        """The relativity of the surest hit."""
        return max(self.best, *self.others, 0.0)


def drawn(samples: Sequence[Sample], *, size: int, draws: int) -> list[Sample]:
    """Draw stores of `size` facts, each with a question that they answer and one that they do not, if any."""
    chance = random.Random(size)  # noqa: S311 - no secret
    large = [sample for sample in samples if len(sample.turns) >= size]
    return [_drawn(chance.choice(large), size, chance) for _ in range(draws)]


def _drawn(sample: Sample, size: int, chance: random.Random) -> Sample:
    question = chance.choice([one for one in sample.questions if 0 < len(one.evidence) <= size])
    rest = [turn.id for turn in sample.turns if turn.id not in question.evidence]
    told = question.evidence | set(chance.sample(rest, size - len(question.evidence)))
    open_ = [one for one in sample.questions if not one.evidence & told]
    return replace(
        sample,
        turns=tuple(turn for turn in sample.turns if turn.id in told),
        questions=(question, *([chance.choice(open_)] if open_ else [])),
    )


def ask(store: Sample, embedder: Embedder) -> list[Asked]:
    """Ask the questions of a store."""
    corpus = Corpus(store, embedder, Progress(disable=True))
    index = corpus.index()
    return [
        _judged(question, store, corpus.search(index, question, vector, limit=len(store.turns)))
        for question, vector in corpus.queries
    ]


def _judged(question: Question, store: Sample, hits: Sequence[Hit]) -> Asked:
    answers = {seq for seq, turn in enumerate(store.turns, 1) if turn.id in question.evidence}
    best = max((hit.relativity for hit in hits if hit.seq in answers), default=0.0)
    return Asked(bool(answers), best, tuple(hit.relativity for hit in hits if hit.seq not in answers))


def sums(asked: Sequence[Asked]) -> dict[str, Cell]:
    """Give what is taken to answer, and how well that is told."""
    answered = [one for one in asked if one.answered]
    never = [one for one in asked if not one.answered]
    return {
        "answers above %": 100 * sum(one.best >= THRESHOLD for one in answered) / len(answered),
        "other texts above": sum(sure >= THRESHOLD for one in answered for sure in one.others) / len(answered),
        "unanswered above %": 100 * sum(one.surest >= THRESHOLD for one in never) / len(never),
        "error": calibration_error([one.surest for one in asked], [one.answered for one in asked]),
        "AUC": auc([one.surest for one in answered], [one.surest for one in never]),
    }


def main(
    data: Annotated[Path, typer.Argument(help="A folder of facts.", exists=True)] = FACTS / "languages" / "held",
    sizes: Annotated[str, typer.Option(help="How many facts a store has.")] = SIZES,
    draws: Annotated[int, typer.Option(help="How many stores of each size, over all languages.")] = 1000,
    without: Annotated[str, typer.Option(help="Languages to leave out: no default model reads hi.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure relativity in stores of a few facts."""
    samples = [sample for sample in load(data) if sample.language not in without.split(",")]
    embedder = Remembering(load_embedder("onnx"))
    with progress() as bar:
        rows = {
            f"{size} facts": sums(
                [
                    asked
                    for store in bar.track(drawn(samples, size=size, draws=draws), description=f"{size} facts")
                    for asked in ask(store, embedder)
                ]
            )
            for size in map(int, sizes.split(","))
        }
    if as_json:
        dump(rows)
        return
    show(f"{data}, threshold {THRESHOLD}", rows)


if __name__ == "__main__":
    run(main)
