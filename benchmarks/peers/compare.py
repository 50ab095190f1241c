"""Recall of the memory servers that a user could install instead, through MCP, on the same data.

Each is installed from its registry into an environment of its own under the user's cache folder, at a version named in
`peer_servers.py`, and then runs offline: the MiniLM that ours uses is given to it where it takes one. What does not
install or does not answer is skipped, with the reason. A hit is a turn whose text stands in the answer, in the order of
the answer.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import anyio
import typer
from mcp import Client, MCPError, stdio_client
from pydantic import JsonValue

from benchmarks.common.mcp_client import call
from benchmarks.common.report import dump, progress, run, say, show
from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.common.samples import load_locomo, select
from benchmarks.common.scoring import Found, Score, means, percentiles, score
from benchmarks.peers.install import Skipped, parameters
from benchmarks.peers.servers import PEERS, Peer

NEEDLE = 300
"""Characters of a turn by which it is recognised in an answer; some servers cut what they give back."""

DEPTH = 20


@dataclass(slots=True)
class Measured:
    """What one peer did on all samples."""

    scores: list[Score] = field(default_factory=list[Score])
    adds: list[float] = field(default_factory=list[float])
    searches: list[float] = field(default_factory=list[float])

    def row(self) -> dict[str, float]:
        """Return the line of the table."""
        search, add = percentiles(self.searches), percentiles(self.adds)
        return means(self.scores) | {"search, median ms": search["median ms"], "add, median ms": add["median ms"]}


async def measure(
    peer: Peer, samples: Sequence[Sample], *, python: str, log: TextIO, advance: Callable[[], None]
) -> Measured:
    """Store and ask each sample in a fresh home.

    Raises:
        Skipped: the peer does not install, does not start, or does not answer.
    """
    measured = Measured()
    for sample in samples:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            try:
                transport = stdio_client(parameters(peer, Path(home), python=python), errlog=log)
                async with Client(transport, mode="legacy", read_timeout_seconds=180) as client:
                    await _ask(client, peer, sample, measured, advance)
            except (MCPError, RuntimeError, OSError, ExceptionGroup) as exc:
                raise Skipped(_reason(exc)) from exc
    return measured


async def _ask(client: Client, peer: Peer, sample: Sample, measured: Measured, advance: Callable[[], None]) -> None:
    turns = {turn.id: turn for turn in sample.turns}
    for tool, arguments in peer.prepare:
        await call(client, tool, arguments)
    for turn in sample.turns:
        measured.adds.append((await call(client, *peer.store(turn))).seconds)
        advance()
    for question in sample.questions:
        reply = await call(client, *peer.search(question.text))
        measured.searches.append(reply.seconds)
        measured.scores.append(score(found_in(question, texts_in(reply.text), sample.turns), turns))
        advance()


def found_in(question: Question, text: str, turns: Sequence[Turn]) -> Found:
    """Find the turns whose text stands in an answer; where one begins like another, the longer is meant."""
    places: dict[int, Turn] = {}
    for turn in sorted(turns, key=lambda turn: len(turn.content)):
        place = text.find(turn.content[:NEEDLE])
        if place >= 0:
            places[place] = turn
    hits = tuple(places[place].id for place in sorted(places))[:DEPTH]
    return Found(question, hits, text)


def texts_in(text: str) -> str:
    """Take the texts out of an answer that is JSON, one value or several in a row; leave any other as it is."""
    decoder, values, rest = json.JSONDecoder(), list[JsonValue](), text.lstrip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except json.JSONDecodeError:
            return text
        values.append(value)
        rest = rest[end:].lstrip()
    return "\n".join(_strings(values))


def _strings(value: JsonValue) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for part in value.values() for text in _strings(part))
        case list():
            yield from (text for part in value for text in _strings(part))
        case _:
            return


def _reason(exc: Exception) -> str:
    if isinstance(exc, ExceptionGroup):
        return _reason(exc.exceptions[0])  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return next(iter(str(exc).strip().splitlines()), type(exc).__name__)


def main(
    data: Annotated[Path, typer.Option(help="LoCoMo as one JSON list of conversations.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which, counted from 1: 1,2,3.")] = "1",
    peers: Annotated[str, typer.Option(help="Only those whose name contains this.")] = "",
    python: Annotated[str, typer.Option(help="The interpreter of their environments.")] = sys.executable,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure the recall of other memory servers on LoCoMo."""
    samples = select(load_locomo(data), conversations=conversations)
    steps = sum(len(sample.turns) + len(sample.questions) for sample in samples)
    rows: dict[str, dict[str, float]] = {}
    skipped: dict[str, str] = {}
    with progress() as bar, Path(os.devnull).open("w") as log:
        for name, peer in PEERS.items():
            if peers not in name:
                continue
            task = bar.add_task(name, total=steps)
            try:
                rows[name] = anyio.run(
                    partial(measure, peer, samples, python=python, log=log, advance=partial(bar.advance, task))
                ).row()
            except Skipped as exc:
                skipped[name] = str(exc)
    if as_json:
        dump({"systems": rows, "skipped": skipped})
        return
    show(f"Other servers on LoCoMo, conversations {conversations}, per cent", rows)
    say(f"{name}: skipped, {reason}" for name, reason in skipped.items())


if __name__ == "__main__":
    run(main)
