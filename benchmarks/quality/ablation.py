"""What each ingredient of the ranker is worth: recall with it taken away, in one process, on the same vectors.

The ranker is a pure module, so nothing of the server is needed: texts, their features and vectors go in once, and each
variant of the weights ranks them anew. `benchmarks.quality.recall` measures the same through the server.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import Progress

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from benchmarks.common.baselines import DEPTH
from benchmarks.common.report import dump, progress, run, show
from benchmarks.common.samples import Question, Sample, load, select
from benchmarks.common.scoring import Found, Score, means, score
from memos_mcp.backends.local.embedders.base import Embedding
from memos_mcp.backends.local.embedders.onnx import OnnxEmbedder
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query
from memos_mcp.backends.local.retrieval.weights import Weights
from memos_mcp.backends.local.search.retriever import DENSE_CANDIDATES

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


class Corpus:
    """One sample's texts with their features and vectors."""

    def __init__(self, sample: Sample, embedder: OnnxEmbedder, bar: Progress) -> None:
        """Embed every turn and every question."""
        self.sample = sample
        self._turns = {turn.id: turn for turn in sample.turns}
        threads = {name: number for number, name in enumerate(dict.fromkeys(t.conversation_id for t in sample.turns))}
        self._entries = [
            IndexEntry(
                seq, threads[turn.conversation_id], _milliseconds(turn.chat_time), analyse(turn.content, role=turn.role)
            )
            for seq, turn in enumerate(sample.turns, 1)
        ]
        told = bar.track(sample.turns, description=f"{sample.name}, turns")
        self._embeddings = [embedder.embed(turn.content) for turn in told]
        self._matrix = np.stack([embedding.vector for embedding in self._embeddings])
        asked = bar.track(sample.questions, description=f"{sample.name}, questions")
        self._queries = [(question, embedder.embed(question.text, query=True)) for question in asked]

    def scores(self, weights: Weights) -> list[Score]:
        """Rank the turns for every question with these weights."""
        index = Index(weights=weights)
        index.extend(self._entries)
        return [
            score(self._found(index, question, embedding), self._turns)
            for question, embedding in self._queries
            if question.evidence
        ]

    def _found(self, index: Index, question: Question, embedding: Embedding) -> Found:
        cosines = self._matrix @ embedding.vector
        nearest: list[int] = np.argsort(-cosines, kind="stable")[:DENSE_CANDIDATES].tolist()
        query = Query(
            text=question.text,
            now=self._entries[-1].time,
            dense=[(row + 1, float(cosines[row])) for row in nearest],
            tokens=embedding.tokens,
            words=embedding.words,
            token_vectors=self._token_vectors,
        )
        turns = [self.sample.turns[hit.seq - 1] for hit in index.search(query, limit=DEPTH)]
        return Found(question, tuple(turn.id for turn in turns), "\n".join(turn.content for turn in turns))

    def _token_vectors(self, seqs: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        found = {seq: self._embeddings[seq - 1].tokens for seq in seqs}
        return {seq: tokens for seq, tokens in found.items() if tokens is not None}


def ablate(samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Measure every variant on all samples; what loses most by being taken away comes first."""
    embedder = OnnxEmbedder.load(None)
    with progress() as bar:
        corpora = [Corpus(sample, embedder, bar) for sample in samples]
        chosen = bar.track(list(variants().items()), description="variants")
        rows = {name: means([s for corpus in corpora for s in corpus.scores(weights)]) for name, weights in chosen}
    for row in rows.values():
        row |= {f"{name} lost": round(rows[WHOLE][name] - row[name], 1) for name in ("R@10", "MRR")}
    by_loss = sorted(rows.items(), key=lambda row: (row[0] != WHOLE, -row[1]["R@10 lost"], -row[1]["MRR lost"]))
    return dict(by_loss)


def _milliseconds(chat_time: str) -> int:
    return int(datetime.fromisoformat(chat_time).replace(tzinfo=UTC).timestamp() * 1000)


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
