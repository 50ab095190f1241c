"""Recall through the real server, beside baselines on the same texts in the same run."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks.baselines import DEPTH, Encoder, answer, bm25, dense, fusion
from benchmarks.mcp_client import MemoryServer, Reply, memory_server
from benchmarks.report import Cell, progress, say, show
from benchmarks.samples import Question, Sample, Turn
from benchmarks.scoring import BUDGETS, Found, Score, auc, means, percentiles, score

THRESHOLD = 0.45
OURS = "memos-mcp"
OURS_DEFAULT = "memos-mcp, default arguments"
NEVER = {"never": "never mentioned", "never held out": "never mentioned, held out"}
"""What questions without evidence are called; those held out are not looked at while relativity is set."""
FOREIGN = "another user's"
BASELINES = ("BM25", "dense cosine", "BM25 + dense, RRF")


@dataclass(slots=True)
class Measured:
    """Everything seen in a run: scores of each system by question, relativities, seconds of each call."""

    scores: dict[str, list[Score]] = field(default_factory=dict[str, list[Score]])
    evidence: list[float] = field(default_factory=list[float])
    never: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in (*NEVER.values(), FOREIGN)})
    adds: list[float] = field(default_factory=list[float])
    searches: list[float] = field(default_factory=list[float])

    def note(self, system: str, found: Found, turns: dict[str, Turn]) -> None:
        """Score one answer of one system."""
        self.scores.setdefault(system, []).append(score(found, turns))


async def measure(samples: Sequence[Sample], *, encode: Encoder) -> Measured:
    """Store and ask each sample in a server, a user and a data directory of its own."""
    measured = Measured()
    with progress() as bar:
        for sample in samples:
            steps = len(sample.turns) + len(sample.questions) + len(sample.foreign)
            task = bar.add_task(sample.name, total=steps)
            advance = partial(bar.advance, task)
            with tempfile.TemporaryDirectory() as folder:
                async with memory_server(Path(folder), user_id=sample.name) as server:
                    await _store(server, sample, measured, advance)
                    await _ask(server, sample, measured, advance)
            _baselines(sample, measured, encode, bar)
    return measured


async def _store(server: MemoryServer, sample: Sample, measured: Measured, advance: Callable[[], None]) -> None:
    for turn in sample.turns:
        measured.adds.append((await server.add([turn])).seconds)
        advance()
    await server.indexed()


async def _ask(server: MemoryServer, sample: Sample, measured: Measured, advance: Callable[[], None]) -> None:
    turns = {turn.id: turn for turn in sample.turns}
    for question in sample.questions:
        found = await _search(server, sample, question)
        measured.searches.append(found.seconds)
        if question.evidence:
            default = await server.search(question.text)
            measured.note(OURS, found, turns)
            measured.note(OURS_DEFAULT, Found(question, found.hits, default.text), turns)
            measured.evidence += _best_evidence(found)
        else:
            measured.never[NEVER[question.category]].append(max(found.relativity, default=0.0))
        advance()
    for question in sample.foreign:
        found = await _search(server, sample, question)
        measured.never[FOREIGN].append(max(found.relativity, default=0.0))
        advance()


async def _search(server: MemoryServer, sample: Sample, question: Question) -> Found:
    reply = await server.search(question.text, memory_limit_number=0, message_limit_number=DEPTH)
    return found_in(reply, sample, question)


def found_in(reply: Reply, sample: Sample, question: Question) -> Found:
    """Read the turns that a search gave back; turns of equal content are one to a reader, and one here."""
    ids = {(turn.conversation_id, turn.content): turn.id for turn in reversed(sample.turns)}
    messages: list[dict[str, Any]] = reply.structured["message_detail_list"]
    hits = tuple(ids[message["conversation_id"], message["content"]] for message in messages)
    relativity = tuple(float(message["relativity"]) for message in messages)
    return Found(question, hits, reply.text, relativity, reply.seconds)


def _best_evidence(found: Found) -> list[float]:
    pairs = zip(found.hits, found.relativity, strict=True)
    relativity = [value for turn, value in pairs if turn in found.question.evidence]
    return [max(relativity)] if relativity else []


def _baselines(sample: Sample, measured: Measured, encode: Encoder, bar: Progress) -> None:
    texts = [turn.content for turn in sample.turns]
    turns = {turn.id: turn for turn in sample.turns}
    lexical, vectors = bm25(texts), dense(texts, encode=encode)
    rankers = dict(zip(BASELINES, (lexical, vectors, fusion(lexical, vectors)), strict=True))
    for question in bar.track(sample.questions, description=f"{sample.name}, baselines"):
        for name, ranker in rankers.items() if question.evidence else ():
            measured.note(name, answer(ranker, sample, question), turns)


def report(measured: Measured) -> dict[str, Any]:
    """Sum a run up."""
    ours = measured.scores[OURS]
    systems: dict[str, dict[str, float]] = {name: means(scores) for name, scores in measured.scores.items()}
    budgets = {f"{n} words" for n in BUDGETS}
    systems[OURS_DEFAULT] = {name: value for name, value in systems[OURS_DEFAULT].items() if name in budgets}
    return {
        "questions": len(ours),
        "systems": systems,
        "categories": _grouped(measured, lambda question: question.category),
        "languages": _grouped(measured, lambda question: question.language),
        "relativity": _relativity(measured),
        "latency": {"search": percentiles(measured.searches), "add of one message": percentiles(measured.adds)},
    }


def _grouped(measured: Measured, key: Callable[[Question], str]) -> dict[str, dict[str, float]]:
    groups = sorted({key(score.question) for score in measured.scores[OURS]})
    rows: dict[str, dict[str, float]] = {}
    for group in groups:
        scores = {
            name: [score for score in all_scores if key(score.question) == group]
            for name, all_scores in measured.scores.items()
        }
        ours = means(scores[OURS])
        others = {f"{name} R@10": means(scores[name])["R@10"] for name in BASELINES}
        rows[group] = {"questions": len(scores[OURS])} | ours | others
    return rows


def _relativity(measured: Measured) -> dict[str, dict[str, float]]:
    kinds = measured.never | {"all": [value for values in measured.never.values() for value in values]}
    return {
        name: {
            "AUC": round(auc(measured.evidence, negatives), 3),
            f"evidence below {THRESHOLD} %": _share([value < THRESHOLD for value in measured.evidence]),
            f"never mentioned above {THRESHOLD} %": _share([value >= THRESHOLD for value in negatives]),
            "evidence found": len(measured.evidence),
            "questions without": len(negatives),
        }
        for name, negatives in kinds.items()
        if negatives
    }


def _share(flags: Sequence[bool]) -> float:
    return round(100 * sum(flags) / len(flags), 1)


def print_report(title: str, sums: dict[str, Any]) -> None:
    """Print a run as tables."""
    show(f"{title}: {sums['questions']} questions, per cent", sums["systems"])
    for grouping in ("categories", "languages"):
        rows: dict[str, dict[str, Cell]] = sums[grouping]
        if len(rows) > 1:
            show(f"{OURS} by {grouping}, and R@10 of the others", rows)
    show("Relativity: the best evidence found against the best hit where there is none", sums["relativity"])
    show("Latency through stdio", sums["latency"])
    say(("MRR counts the first 20; a word of Chinese is a character.",))
