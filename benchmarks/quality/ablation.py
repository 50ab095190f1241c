"""What each ingredient of the ranker is worth: recall with it taken away, in one process, on the same vectors.

The ranker is a pure module, so nothing of the server is needed: texts, their features and vectors go in once, and each
variant of the weights ranks them anew. `benchmarks.quality.recall` measures the same through the server.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated

import typer

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from benchmarks.common.baselines import DEPTH
from benchmarks.common.corpus import Corpus
from benchmarks.common.report import dump, progress, run, show
from benchmarks.common.sample import Sample
from benchmarks.common.samples import load, select
from benchmarks.common.scoring import Found, Score, means, score
from memos_mcp.backends.local.embedders.onnx import OnnxEmbedder
from memos_mcp.backends.local.retrieval.weights import Weights

WHOLE = "all ingredients"
WORDS_AND_MEANING = ("dense", "lexical", "coverage", "late", "meant", "meant_most", "frame")
"""The ingredients that look at what a text says; all others are of its form and its place."""

WITHOUT_EFFECT = {"long": math.inf, "long_answer": 1.0}
"""The values that take an ingredient away where 0 does not."""


def variants() -> dict[str, Weights]:
    """Return the weights of every row: whole, each ingredient taken away, and some together."""
    names = [field.name for field in fields(Weights)]
    together = {
        "neighbours": ("before", "after", "asked"),
        "any model": ("dense", "late"),
        "structure and priors": tuple(name for name in names if name not in WORDS_AND_MEANING),
    }
    groups = {name: (name,) for name in names} | together
    return {WHOLE: Weights()} | {f"without {name}": _without(group) for name, group in groups.items()}


def _without(names: Sequence[str]) -> Weights:
    whole = Weights()
    empty = {name: () if isinstance(getattr(whole, name), tuple) else 0.0 for name in names}
    return replace(whole, **{name: WITHOUT_EFFECT.get(name, value) for name, value in empty.items()})


def scores(corpus: Corpus, weights: Weights) -> list[Score]:
    """Rank a corpus's turns for every question with these weights."""
    index = corpus.index(weights)
    turns = {turn.id: turn for turn in corpus.sample.turns}
    found = [
        (question, [corpus.sample.turns[hit.seq - 1] for hit in corpus.search(index, question, vector, limit=DEPTH)])
        for question, vector in corpus.queries
        if question.evidence
    ]
    return [
        score(Found(question, tuple(turn.id for turn in hits), "\n".join(turn.content for turn in hits)), turns)
        for question, hits in found
    ]


def ablate(samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Measure every variant on all samples; what loses most by being taken away comes first."""
    embedder = OnnxEmbedder.load(None)
    with progress() as bar:
        corpora = [Corpus(sample, embedder, bar) for sample in samples]
        chosen = bar.track(list(variants().items()), description="variants")
        rows = {name: means([s for corpus in corpora for s in scores(corpus, weights)]) for name, weights in chosen}
    for row in rows.values():
        row |= {f"{name} lost": round(rows[WHOLE][name] - row[name], 1) for name in ("R@10", "MRR")}
    by_loss = sorted(rows.items(), key=lambda row: (row[0] != WHOLE, -row[1]["R@10 lost"], -row[1]["MRR lost"]))
    return dict(by_loss)


def main(
    data: Annotated[list[Path], typer.Argument(help="Data sets, in any of the formats.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which of each set, counted from 1: 4,5. Default: all.")] = "",
    part: Annotated[str, typer.Option(help="Only this part of a set: tune or held.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Take each ingredient of the ranker away, in process."""
    sets = {path.stem: select(load(path), conversations=conversations, part=part) for path in data}
    reports = {name: ablate(samples) for name, samples in sets.items()}
    if as_json:
        dump(reports)
        return
    for name, rows in reports.items():
        show(f"{name}: ingredients taken away, in process, per cent", rows)


if __name__ == "__main__":
    run(main)
