"""What a data set is read into: a user with what was said and what is asked, and pairs of statements."""

from dataclasses import dataclass
from typing import Literal


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
    asked: str = ""
    """When it is asked, as `query_time` takes it; empty where the set does not say."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One user: their turns, the questions on them, and questions (`foreign`) on another user's turns.

    `exchanged` are foreign questions that name somebody or something, with names of this user's turns in their place.
    """

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]
    foreign: tuple[Question, ...] = ()
    exchanged: tuple[Question, ...] = ()
    part: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements of one user, the second made later, and what the second is to the first."""

    old: str
    new: str
    label: Literal["duplicate", "update", "different"]
    language: str
