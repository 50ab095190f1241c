"""How much memories hold of what was said, and how much of it a reader of memories alone gets for so many words."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path

from benchmarks.common.report import progress
from benchmarks.common.rest_client import Answer, Engine, engine
from benchmarks.common.sample import Question, Sample
from benchmarks.common.scoring import BUDGETS, count_words

PAGE = 50

Row = dict[str, float]


@dataclass(slots=True)
class Held:
    """What the memories of all samples hold."""

    turns: int = 0
    memories: int = 0
    evidence: int = 0
    sourced: int = 0
    given: int = 0
    kept: int = 0
    read: dict[str, list[list[float]]] = field(default_factory=lambda: {"memories": [], "messages": []})

    def rows(self) -> dict[str, Row]:
        """Return the table: how many there are, and evidence recall by words read."""
        count = {
            "memories a message": round(self.memories / self.turns, 2),
            "evidence that is a source": round(100 * self.sourced / self.evidence, 1),
        }
        if self.given:
            count["of the agent's kept"] = round(100 * self.kept / self.given, 1)
        rows: dict[str, Row] = {}
        for name, recalls in self.read.items():
            means = [round(100 * sum(column) / len(column), 1) for column in zip(*recalls, strict=True)]
            rows[name] = {f"{budget} words": mean for budget, mean in zip(BUDGETS, means, strict=True)}
        rows["memories"] |= count
        return rows


async def measure_held(samples: Sequence[Sample]) -> Held:
    """Store the samples and ask for memories alone, and for messages alone."""
    held = Held()
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        async with engine(Path(folder)) as served:
            for sample in samples:
                task = bar.add_task(sample.name, total=len(sample.turns) + len(sample.questions))
                await _measure(served, sample, held, partial(bar.advance, task))
    return held


async def _measure(served: Engine, sample: Sample, held: Held, advance: Callable[[], None]) -> None:
    for turn in sample.turns:
        message = {"role": turn.role, "content": turn.content, "chat_time": turn.chat_time}
        body = {"user_id": sample.name, "conversation_id": turn.conversation_id, "messages": [message]}
        answer = await served.call("add/message", body | {"async_mode": False, "memories": list(turn.memories)})
        dropped = int(str(answer.get("note", "")).partition(" of ")[0] or 0)
        held.given += len(turn.memories)
        held.kept += len(turn.memories) - dropped
        advance()
    turn_of = await turns_by_message(served, sample)
    known = await known_of(served, sample.name)
    sources = {turn_of[source] for memory in known for source in memory["sources"]}
    held.turns += len(sample.turns)
    held.memories += len(known)
    for question in sample.questions:
        if question.evidence:
            held.evidence += len(question.evidence)
            held.sourced += len(question.evidence & sources)
            held.read["memories"].append(_within(await _memories(served, sample, question), question, turn_of))
            held.read["messages"].append(_within(await _messages(served, sample, question), question, turn_of))
        advance()


async def turns_by_message(served: Engine, sample: Sample) -> dict[str, str]:
    """Say which turn each stored message is: messages come back in the order of the turns."""
    found: dict[str, str] = {}
    for conversation in dict.fromkeys(turn.conversation_id for turn in sample.turns):
        turns = [turn for turn in sample.turns if turn.conversation_id == conversation]
        body: Answer = {"user_id": sample.name, "conversation_id": conversation, "message_limit_number": PAGE}
        pages = -(-len(turns) // PAGE)
        answers = [await served.call("get/message", body | {"page": page}) for page in range(pages, 0, -1)]
        ids = [str(message["id"]) for answer in answers for message in answer["message_detail_list"]]
        found |= dict(zip(ids, (turn.id for turn in turns), strict=True))
    return found


async def known_of(served: Engine, user: str) -> list[Answer]:
    """Read every memory and preference of a user."""
    found: list[Answer] = []
    pages = page = 1
    while page <= pages:
        answer = await served.call("get/memory", {"user_id": user, "page": page, "size": PAGE})
        found += answer["memory_detail_list"] + answer["preference_detail_list"]
        pages, page = int(answer["pages"]), page + 1
    return found


Text = tuple[str, frozenset[str]]
"""A text that an agent reads, and the messages that it comes from."""


async def _memories(served: Engine, sample: Sample, question: Question) -> list[Text]:
    limits = {"memory_limit_number": 25, "preference_limit_number": 25, "message_limit_number": 0, "relativity": 0}
    answer = await served.call("search/memory", {"user_id": sample.name, "query": question.text, **limits})
    known: list[Answer] = answer["memory_detail_list"] + answer["preference_detail_list"]
    known.sort(key=lambda memory: -float(memory["relativity"]))
    return [(memory.get("memory_value") or memory["preference"], frozenset(memory["sources"])) for memory in known]


async def _messages(served: Engine, sample: Sample, question: Question) -> list[Text]:
    limits = {"memory_limit_number": 0, "include_preference": False, "message_limit_number": PAGE}
    answer = await served.call("search/memory", {"user_id": sample.name, "query": question.text, **limits})
    return [(message["content"], frozenset((message["id"],))) for message in answer["message_detail_list"]]


def _within(texts: Sequence[Text], question: Question, turn_of: dict[str, str]) -> list[float]:
    ends = list(accumulate(count_words(text) for text, _ in texts))
    recalls: list[float] = []
    for budget in BUDGETS:
        read = {
            turn_of[source]
            for end, (_, sources) in zip(ends, texts, strict=True)
            if end <= budget
            for source in sources
        }
        recalls.append(len(question.evidence & read) / len(question.evidence))
    return recalls
