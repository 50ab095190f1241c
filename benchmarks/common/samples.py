"""The data sets as samples: what one user said, in order, and what is asked about it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.common.facts import load_facts
from benchmarks.common.sample import Pair, Question, Sample, Turn
from benchmarks.common.talks import load_talks

DATA = Path(__file__).parents[1] / "data"
EVERYDAY = DATA / "everyday.json"
MIXED = DATA / "mixed.json"
PAIRS = DATA / "pairs.json"
PAIRS_HELD_OUT = DATA / "pairs_held_out.json"
"""Written when the rules of upkeep were there, and not looked at while they are changed."""
CHANGES = DATA / "pairs_changes.json"
CHANGES_HELD_OUT = DATA / "pairs_changes_held_out.json"
"""What people say when their lives change: two sets written together, of which rules were written for the first."""
FACTS = (DATA / "facts").resolve()
ANSWERED = DATA / "answered_elsewhere.json"
"""By set and user, the numbers, from 0, of those questions of the next user that this one's history answers too."""
COMMON_CAPITALS = {
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
    *("december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
"""Words with a capital that are nobody's name."""
LOCOMO_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "commonsense", 4: "single-hop"}


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
    """Read everyday.json: a sample a user, with all of that user's conversations in order of time."""
    conversations = _read(path)
    users = dict.fromkeys(conversation["user"] for conversation in conversations)
    return _with_foreign([_everyday_sample(user, conversations) for user in users])


def load_histories(path: Path) -> list[Sample]:
    """Read a set of histories (`data/README.md`): a sample a user, each session a conversation of its own."""
    found = json.loads(path.read_text(encoding="utf-8"))
    answered = json.loads(ANSWERED.read_text(encoding="utf-8")).get(path.stem, {})
    return _with_foreign([_history(history, found["meta"]) for history in found["conversations"]], answered)


def load(path: Path) -> list[Sample]:
    """Read a data set in any of the formats, or a folder of talks or facts."""
    if path.is_dir():
        return _with_foreign(load_facts(path) if FACTS in path.resolve().parents else load_talks(path))
    found = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(found, dict):
        return load_histories(path)
    return load_locomo(path) if "speaker_a" in found[0] else load_everyday(path)


def load_pairs(path: Path = PAIRS) -> list[Pair]:
    """Read the pairs of statements that upkeep is measured on."""
    return [Pair(**row) for row in _read(path)]


def select(samples: Sequence[Sample], *, conversations: str = "", part: str = "") -> list[Sample]:
    """Keep the samples numbered in `conversations` ("4,5", from 1; all where empty) that are of the part, if named."""
    numbers = [int(number) for number in conversations.split(",")] if conversations else range(1, len(samples) + 1)
    chosen = [samples[number - 1] for number in numbers]
    return [sample for sample in chosen if part in ("", sample.part)]


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


def _history(history: dict[str, Any], meta: dict[str, Any]) -> Sample:
    name = history["id"]
    language = history.get("language", meta.get("language", "en"))
    turns = tuple(
        Turn(turn["id"], turn["role"], turn["text"], f"{name}/{number}", session["date_time"])
        for number, session in enumerate(history["sessions"], 1)
        for turn in session["turns"]
    )
    questions = tuple(
        Question(
            question["question"],
            str(question["answer"]),
            question["category"] if question["answerable"] else "never",
            language,
            frozenset(question["evidence"]) if question["answerable"] else frozenset(),
            question.get("date", ""),
        )
        for question in history["questions"]
    )
    return Sample(name, turns, questions, part=history.get("part", ""), language=language)


def _with_foreign(samples: Sequence[Sample], answered: Mapping[str, Sequence[int]] | None = None) -> list[Sample]:
    """Give each sample the questions of the next of its language, as they are and with names of its own in them.

    Those that are `answered` by the sample of this name all the same are left out.
    """
    pairs = zip(samples, _others(samples), strict=True)
    return [_against(sample, other, (answered or {}).get(sample.name, ())) for sample, other in pairs]


def _others(samples: Sequence[Sample]) -> Iterable[Sample | None]:
    for index, sample in enumerate(samples):
        rest = [*samples[index + 1 :], *samples[:index]]
        yield next((other for other in rest if other.language == sample.language), None)


def _against(sample: Sample, other: Sample | None, answered: Sequence[int]) -> Sample:
    if other is None:
        return sample
    # Anybody's turns may answer what is asked about a bare time.
    asked = [question for question in other.questions if question.evidence and question.category != "time"]
    foreign = tuple(question for number, question in enumerate(asked) if number not in answered)
    own, theirs = names(sample), names(other)
    return replace(sample, foreign=foreign, exchanged=tuple(exchange(foreign, own, theirs)) if own else ())


def names(sample: Sample, count: int = 8) -> list[str]:
    """Return what a user's turns name most: words with a capital inside a sentence that are never without it."""
    texts = [turn.content for turn in sample.turns]
    lower = {word for text in texts for word in re.findall(r"\b[a-z]+", text)}
    counts = Counter(name for text in texts for name in re.findall(r"(?:(?<=[a-z] )|(?<=, )|^)[A-Z][a-z]{2,}\b", text))
    return [name for name, _ in counts.most_common() if name.lower() not in lower | COMMON_CAPITALS][:count]


def exchange(questions: Sequence[Question], own: Sequence[str], theirs: Sequence[str]) -> Iterable[Question]:
    """Put a user's own names in the place of another's, in the order of how often each is named."""
    place = {name: own[index % len(own)] for index, name in enumerate(theirs)}
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, theirs))})\b") if theirs else re.compile(r"(?!)")
    for question in questions:
        text = pattern.sub(lambda match: place[match[0]], question.text)
        if text != question.text:
            yield replace(question, text=text)
