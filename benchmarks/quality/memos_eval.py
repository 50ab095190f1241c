"""The add and search steps of MemOS's own evaluation, against any server that speaks its contract.

    python -m benchmarks.quality.memos_eval --data locomo.json --base-url http://127.0.0.1:8765/api/openmem/v1

One command compares MemOS Cloud, MemOS's own server (a base URL that ends in /product) and `memos-mcp serve`: only the
contract is spoken, with the arguments that every one of them takes. As there, a conversation of two people (LoCoMo) is
added once for each of them, its roles seen from that side, and what is found for both is put together; a history of a
person and an assistant (LongMemEval) is added once. Where MemOS asks a model to judge an answer, this counts what can
be counted: an evidence turn is found where one text that came back has at least half of its distinct words of
weight, and an answer is read where all of its words stand in what came back.
"""

import json
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import httpx
import typer

from benchmarks.common.report import Cell, dump, progress, run, show
from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.common.samples import load_locomo, select
from benchmarks.common.scoring import count_words, percentiles, words
from memos_mcp.backends.hosted import product

COVERED = 0.5
SHORTEST = 4
"""Letters of a word of weight; a character of a script without spaces is one by itself."""
OTHER_SIDE = {"user": "assistant", "assistant": "user"}

Json = dict[str, Any]


class Contract:
    """The two calls, in the words of the server at the address."""

    def __init__(self, http: httpx.Client, *, own_server: bool) -> None:
        """Take a client with base URL and key; `own_server` is MemOS's open-source one."""
        self._http = http
        self._own_server = own_server

    def add(self, turns: Sequence[Turn], *, user_id: str, conversation_id: str, other_side: bool) -> float:
        """Add a session and give the seconds until it was processed."""
        messages = [
            {
                "role": OTHER_SIDE[turn.role] if other_side else turn.role,
                "content": turn.content,
                "chat_time": turn.chat_time,
            }
            for turn in turns
        ]
        body = {"user_id": user_id, "conversation_id": conversation_id, "messages": messages, "async_mode": False}
        began = time.perf_counter()
        if self._own_server:
            self._call("add", product.add(body, task_id=uuid.uuid4().hex))
        else:
            self._call("add/message", body)
        return time.perf_counter() - began

    def search(self, query: str, *, user_id: str, limit: int, relativity: float) -> tuple[list[str], float]:
        """Search, and give the texts that came back and the seconds."""
        body = {
            "user_id": user_id,
            "query": query,
            "memory_limit_number": limit,
            "include_preference": True,
            "preference_limit_number": 6,
            "relativity": relativity,
        }
        began = time.perf_counter()
        if self._own_server:
            found = product.found(self._call("search", product.search(body)))
        else:
            found = self._call("search/memory", body)
        return _texts(found), time.perf_counter() - began

    def _call(self, path: str, body: Json) -> Json:
        response = self._http.post(path, json=body)
        envelope = response.json() if response.headers.get("content-type", "").startswith("application/json") else {}
        if response.is_error or envelope.get("code") != (product.SUCCESS if self._own_server else 0):
            raise SystemExit(f"{self._http.base_url}{path}: HTTP {response.status_code} {response.text[:300]}")
        return envelope["data"]


def _texts(found: Json) -> list[str]:
    fields = {
        "memory_detail_list": "memory_value",
        "preference_detail_list": "preference",
        "message_detail_list": "content",
    }
    return [str(one[name]) for listed, name in fields.items() for one in found.get(listed) or []]


@dataclass(slots=True)
class Measured:
    """What was seen: seconds of calls and, of each question, its category, evidence and answer found, words read."""

    adds: list[float] = field(default_factory=list[float])
    searches: list[float] = field(default_factory=list[float])
    rows: list[tuple[str, float, float | None, int]] = field(default_factory=list[tuple[str, float, float | None, int]])


def measure(contract: Contract, samples: Sequence[Sample], *, sides: int, limit: int, relativity: float) -> Measured:
    """Add and ask every sample; each run has users of its own."""
    measured, version = Measured(), uuid.uuid4().hex[:8]
    with progress() as bar:
        for sample in samples:
            users = [f"eval-{version}-{sample.name}-{side}" for side in range(sides)]
            sessions = [tuple(turns) for _, turns in groupby(sample.turns, key=lambda turn: turn.chat_time)]
            task = bar.add_task(sample.name, total=len(sessions) * sides + len(sample.questions))
            for number, turns in enumerate(sessions, 1):
                for side, user_id in enumerate(users):
                    conversation_id = f"{user_id}-session-{number}"
                    measured.adds.append(
                        contract.add(turns, user_id=user_id, conversation_id=conversation_id, other_side=side == 1)
                    )
                    bar.advance(task)
            for question in sample.questions:
                _ask(contract, sample, question, users, measured, limit=limit, relativity=relativity)
                bar.advance(task)
    return measured


def _ask(
    contract: Contract,
    sample: Sample,
    question: Question,
    users: Sequence[str],
    measured: Measured,
    *,
    limit: int,
    relativity: float,
) -> None:
    texts: list[str] = []
    for user_id in users:
        found, seconds = contract.search(question.text, user_id=user_id, limit=limit, relativity=relativity)
        texts += [text for text in found if text not in texts]
        measured.searches.append(seconds)
    spoken = {turn.id: turn.content for turn in sample.turns}
    evidence = [spoken[turn] for turn in question.evidence if turn in spoken]
    read = [weighty(text) for text in texts]
    found_share = mean(found_in(weighty(turn), read) for turn in evidence)
    measured.rows.append(
        (question.category, found_share, answered(question.answer, texts), sum(map(count_words, texts)))
    )


def weighty(text: str) -> set[str]:
    """Return the distinct words of a text that say something."""
    return {word for word in words(text) if len(word) >= SHORTEST or not word.isascii() or word.isdecimal()}


def found_in(wanted: set[str], read: Sequence[set[str]]) -> float:
    """Say whether one of the texts that were read has enough of the wanted words; 1 where there are none."""
    return float(not wanted or any(len(wanted & one) / len(wanted) >= COVERED for one in read))


def answered(answer: str, texts: Sequence[str]) -> float | None:
    """Say whether all words of weight of an answer were read; None where it has none."""
    wanted = weighty(answer)
    return float(wanted <= weighty(" ".join(texts))) if wanted else None


def report(measured: Measured) -> Json:
    """Sum a run up."""
    categories = sorted({category for category, *_ in measured.rows})
    rows = {name: _means([row for row in measured.rows if row[0] == name]) for name in categories}
    return {
        "all": _means(measured.rows),
        "by category": rows,
        "latency": {"add a session": percentiles(measured.adds), "search": percentiles(measured.searches)},
    }


def _means(rows: Sequence[tuple[str, float, float | None, int]]) -> dict[str, Cell]:
    answers = [answer for _, _, answer, _ in rows if answer is not None]
    return {
        "questions": len(rows),
        "evidence found": mean(found for _, found, _, _ in rows),
        "answer read": mean(answers) if answers else None,
        "words returned": mean(count for *_, count in rows),
    }


def load(path: Path) -> tuple[list[Sample], int]:
    """Read LoCoMo or LongMemEval, and say from how many sides it is added."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, list):
        return load_locomo(path), 2
    return [_history(conversation) for conversation in content["conversations"]], 1


def _history(conversation: Json) -> Sample:
    name = conversation["id"]
    turns = tuple(
        Turn(turn["id"], turn["role"], turn["text"], name, session["date_time"])
        for session in conversation["sessions"]
        for turn in session["turns"]
    )
    questions = tuple(
        Question(one["question"], str(one["answer"]), one["category"], "en", frozenset(one["evidence"]))
        for one in conversation["questions"]
        if one["answerable"] and one["evidence"]
    )
    return Sample(name, turns, questions)


def main(
    data: Annotated[Path, typer.Option(help="LoCoMo or LongMemEval, as one JSON file.", exists=True)],
    base_url: Annotated[str, typer.Option(help="Of the server; MemOS's own ends in /product.")],
    limit: Annotated[int, typer.Option(help="memory_limit_number of a search, up to 25.")] = 20,
    relativity: Annotated[float, typer.Option(help="The threshold of a search; 0 keeps all.")] = 0.0,
    conversations: Annotated[str, typer.Option(help="Which, counted from 1: 4,5. Default: all.")] = "",
    limit_questions: Annotated[int, typer.Option(help="At most so many of each; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure a server by the contract alone; its key is read from MEMOS_API_KEY."""
    everything, sides = load(data)
    samples = [
        Sample(sample.name, sample.turns, sample.questions[: limit_questions or None])
        for sample in select(everything, conversations=conversations)
    ]
    key = os.environ.get("MEMOS_API_KEY", "")
    headers = {"authorization": f"Token {key}"} if key else {}
    base = base_url.rstrip("/") + "/"
    with httpx.Client(base_url=base, headers=headers, timeout=300) as http:
        contract = Contract(http, own_server=base.endswith("/product/"))
        sums = report(measure(contract, samples, sides=sides, limit=limit, relativity=relativity))
    if as_json:
        dump(sums)
        return
    show(f"{data.stem} against {base_url}", {"all": sums["all"]} | sums["by category"])
    show("Latency", sums["latency"])


if __name__ == "__main__":
    run(main)
