"""The data sets as samples: what one user said, in order, and what is asked about it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

EVERYDAY = Path(__file__).with_name("everyday.json")
PAIRS = Path(__file__).with_name("pairs.json")
PAIRS_HELD_OUT = Path(__file__).with_name("pairs_held_out.json")
"""Written when the rules of upkeep were there, and not looked at while they are changed."""
LOCOMO_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "commonsense", 4: "single-hop"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A message to store; `chat_time` as MemOS writes it, `memories` what an agent hands over with it."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    conversation_id: str
    chat_time: str
    memories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the ids of the turns that answer it; none where it was never spoken of."""

    text: str
    answer: str
    category: str
    language: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One user: their turns, the questions on them, and questions (`foreign`) on another user's turns."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]
    foreign: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements of one user, the second made later, and what the second is to the first."""

    old: str
    new: str
    label: Literal["duplicate", "update", "different"]
    language: str


def load_locomo(path: Path) -> list[Sample]:
    """Read LoCoMo: a sample a conversation, all of its sessions under one conversation id."""
    return _with_foreign([_locomo_sample(conversation) for conversation in _read(path)])


def with_observations(samples: Sequence[Sample], path: Path) -> list[Sample]:
    """Give each turn of LoCoMo the observations of which it is the last source, as the memories of an agent."""
    found: dict[tuple[str, str], list[str]] = {}
    for conversation in _read(path):
        for one in conversation["observations"]:
            if one["sources"]:
                found.setdefault((conversation["sample_id"], one["sources"][-1]), []).append(one["text"])
    return [
        replace(
            sample,
            turns=tuple(replace(turn, memories=tuple(found.get((sample.name, turn.id), ()))) for turn in sample.turns),
        )
        for sample in samples
    ]


def load_everyday(path: Path = EVERYDAY) -> list[Sample]:
    """Read this project's own set: a sample a user, with all of that user's conversations in order of time."""
    conversations = _read(path)
    users = dict.fromkeys(conversation["user"] for conversation in conversations)
    return _with_foreign([_everyday_sample(user, conversations) for user in users])


def load_pairs(path: Path = PAIRS) -> list[Pair]:
    """Read the pairs of statements that upkeep is measured on."""
    return [Pair(**row) for row in _read(path)]


def select(samples: Sequence[Sample], *, conversations: str, limit: int) -> list[Sample]:
    """Keep the samples numbered in `conversations` ("4,5", from 1; all where empty), at most `limit` (0: all)."""
    numbers = [int(number) for number in conversations.split(",")] if conversations else range(1, len(samples) + 1)
    chosen = [samples[number - 1] for number in numbers]
    return chosen[: limit or None]


def _read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _locomo_sample(conversation: dict[str, Any]) -> Sample:
    name = conversation["sample_id"]
    turns = tuple(
        Turn(
            id=turn["dia_id"],
            role="user" if turn["speaker"] == conversation["speaker_a"] else "assistant",
            content=_locomo_content(turn),
            conversation_id=name,
            chat_time=datetime.strptime(session["date_time"], "%I:%M %p on %d %B, %Y").isoformat(" "),  # noqa: DTZ007 (no zone known)
        )
        for session in conversation["sessions"]
        for turn in session["turns"]
    )
    questions = tuple(
        Question(
            question["question"],
            str(question["answer"]),
            LOCOMO_CATEGORIES[question["category"]],
            "en",
            frozenset(question["evidence"]),
        )
        for question in conversation["questions"]
    )
    return Sample(name, turns, questions)


def _locomo_content(turn: dict[str, Any]) -> str:
    caption = turn.get("blip_caption")
    return f"{turn['speaker']}: {turn['text']}" + (f" [shares a picture: {caption}]" if caption else "")


def _everyday_sample(user: str, conversations: Iterable[dict[str, Any]]) -> Sample:
    own = [conversation for conversation in conversations if conversation["user"] == user]
    sessions = [(session, conversation) for conversation in own for session in conversation["sessions"]]
    sessions.sort(key=lambda pair: str(pair[0]["date_time"]))
    turns = tuple(
        Turn(
            turn["id"],
            turn["role"],
            turn["content"],
            conversation["conversation_id"],
            str(session["date_time"]).replace("T", " "),
        )
        for session, conversation in sessions
        for turn in session["turns"]
    )
    questions = tuple(
        Question(
            question["question"],
            question["answer"],
            question["category"],
            conversation["language"],
            frozenset(question["evidence"]),
        )
        for conversation in own
        for question in conversation["questions"]
    )
    return Sample(user, turns, questions)


def _with_foreign(samples: Sequence[Sample]) -> list[Sample]:
    """Give each sample the next one's questions, less those about a bare time, which anybody's turns may answer."""
    return [
        replace(
            sample,
            foreign=tuple(
                question
                for question in samples[(index + 1) % len(samples)].questions
                if question.evidence and question.category != "time"
            ),
        )
        for index, sample in enumerate(samples)
    ]
