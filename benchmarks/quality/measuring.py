"""Store and ask the samples of a set through the real server, and rank the same texts by the baselines."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks.common.baselines import DEPTH, Encoder, answer, bm25, dense, fusion, standard_sum
from benchmarks.common.mcp_client import MemoryServer, Reply, memory_server
from benchmarks.common.report import progress
from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.common.scoring import Found, Score, count_words, evidence_read, holds_answer, score

OURS = "memos-mcp"
BASELINES = ("BM25", "dense cosine", "BM25 + dense, RRF", "BM25 + dense, z-scores")
FOREIGN, EXCHANGED = "another user's", "another user's, names exchanged"
SHORT_ANSWER = 5
"""Words of the longest gold answer that is looked for in a text word for word."""


@dataclass(frozen=True, slots=True)
class Read:
    """What an agent reads of a search with default arguments: words, evidence (0 to 1), and whether the bare answer."""

    words: int
    evidence: float
    in_500: float
    answered: bool | None


@dataclass(frozen=True, slots=True)
class Certainty:
    """The relativity of the first hit and of the best evidence found, and whether the first hit is evidence."""

    top: float
    evidence: float | None
    right: bool


@dataclass(slots=True)
class Measured:
    """Everything seen in a run: scores of each system, what agents read, relativities, seconds of each call."""

    scores: dict[str, list[Score]] = field(default_factory=dict[str, list[Score]])
    read: list[Read] = field(default_factory=list[Read])
    answerable: list[Certainty] = field(default_factory=list[Certainty])
    unanswerable: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    adds: list[float] = field(default_factory=list[float])
    searches: list[float] = field(default_factory=list[float])

    def note(self, system: str, found: Found, turns: dict[str, Turn]) -> None:
        """Score one answer of one system."""
        self.scores.setdefault(system, []).append(score(found, turns))


async def measure(
    samples: Sequence[Sample], *, encode: Encoder, environment: dict[str, str] | None = None, query_time: bool = False
) -> Measured:
    """Store and ask each sample in a server, a user and a data directory of its own."""
    measured = Measured()
    with progress() as bar:
        for sample in samples:
            steps = len(sample.turns) + len(sample.questions) + len(sample.foreign) + len(sample.exchanged)
            task = bar.add_task(sample.name, total=steps)
            advance = partial(bar.advance, task)
            with tempfile.TemporaryDirectory() as folder:
                async with memory_server(Path(folder), user_id=sample.name, environment=environment) as server:
                    await _store(server, sample, measured, advance)
                    timed = query_time and await takes_query_time(server)
                    await _ask(_Asker(server, sample, timed), measured, advance)
            _baselines(sample, measured, encode, bar)
    return measured


async def takes_query_time(server: MemoryServer) -> bool:
    """Tell whether the server's search has an argument for the time of asking."""
    found = (await server.client.list_tools()).tools
    return any(tool.name == "search_memory" and "query_time" in tool.input_schema["properties"] for tool in found)


async def _store(server: MemoryServer, sample: Sample, measured: Measured, advance: Callable[[], None]) -> None:
    for turn in sample.turns:
        measured.adds.append((await server.add([turn])).seconds)
        advance()
    await server.indexed()


@dataclass(frozen=True, slots=True)
class _Asker:
    server: MemoryServer
    sample: Sample
    timed: bool

    async def search(self, question: Question, **arguments: object) -> Reply:
        when = {"query_time": question.asked} if self.timed and question.asked else {}
        return await self.server.search(question.text, **when, **arguments)

    async def found(self, question: Question) -> Found:
        reply = await self.search(question, memory_limit_number=0, message_limit_number=DEPTH)
        return found_in(reply, self.sample, question)


async def _ask(asker: _Asker, measured: Measured, advance: Callable[[], None]) -> None:
    turns = {turn.id: turn for turn in asker.sample.turns}
    for question in asker.sample.questions:
        found = await asker.found(question)
        measured.searches.append(found.seconds)
        if question.evidence:
            measured.note(OURS, found, turns)
            measured.answerable.append(_certainty(found))
            measured.read.append(_read(Found(question, (), (await asker.search(question)).text), turns))
        else:
            _note_unanswerable(measured, question.category, found)
        advance()
    for kind, questions in ((FOREIGN, asker.sample.foreign), (EXCHANGED, asker.sample.exchanged)):
        for question in questions:
            _note_unanswerable(measured, kind, await asker.found(question))
            advance()


def _note_unanswerable(measured: Measured, kind: str, found: Found) -> None:
    measured.unanswerable.setdefault(kind, []).append(max(found.relativity, default=0.0))


def _read(found: Found, turns: dict[str, Turn]) -> Read:
    gold = found.question.answer
    short = 0 < count_words(gold) <= SHORT_ANSWER
    return Read(
        words=count_words(found.text),
        evidence=evidence_read(found, turns),
        in_500=evidence_read(found, turns, 500),
        answered=holds_answer(found.text, gold) if short else None,
    )


def found_in(reply: Reply, sample: Sample, question: Question) -> Found:
    """Read the turns that a search gave back; turns of equal content are one to a reader, and one here."""
    ids = {(turn.conversation_id, turn.content): turn.id for turn in reversed(sample.turns)}
    messages: list[dict[str, Any]] = reply.structured["message_detail_list"]
    hits = tuple(_turn_of(message, ids) for message in messages)
    relativity = tuple(float(message["relativity"]) for message in messages)
    return Found(question, hits, reply.text, relativity, reply.seconds)


def _turn_of(message: dict[str, Any], ids: Mapping[tuple[str, str], str]) -> str:
    """Return the turn that a find is, or that it is a passage of."""
    conversation_id, content = message["conversation_id"], message["content"]
    if (conversation_id, content) in ids:
        return ids[conversation_id, content]
    passage = content.strip("…")
    return next(turn for (name, whole), turn in ids.items() if name == conversation_id and passage in whole)


def _certainty(found: Found) -> Certainty:
    pairs = list(zip(found.hits, found.relativity, strict=True))
    top, best = max(pairs, key=lambda pair: pair[1], default=("", 0.0)), found.question.evidence
    evidence = max((value for turn, value in pairs if turn in best), default=None)
    return Certainty(top[1], evidence, top[0] in best)


def _baselines(sample: Sample, measured: Measured, encode: Encoder, bar: Progress) -> None:
    texts = [turn.content for turn in sample.turns]
    turns = {turn.id: turn for turn in sample.turns}
    lexical, vectors = bm25(texts), dense(texts, encode=encode)
    both = (fusion(lexical, vectors), standard_sum(lexical, vectors))
    rankers = dict(zip(BASELINES, (lexical, vectors, *both), strict=True))
    for question in bar.track(sample.questions, description=f"{sample.name}, baselines"):
        for name, ranker in rankers.items() if question.evidence else ():
            measured.note(name, answer(ranker, sample, question), turns)
