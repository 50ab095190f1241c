"""Conversations written for this project, as text files: `data/README.md` says how.

A file is a sample. Its questions are of the kind list, single, when, infer or never.
"""

import re
from pathlib import Path
from typing import Literal

from benchmarks.common.sample import Question, Sample, Turn

_SESSION = re.compile(r"# (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d)")
_TURN = re.compile(r"(?P<id>\d+) (?P<speaker>[^:]+): (?P<text>.+)")
_QUESTION = re.compile(r"\? (?P<kind>[a-z]+) \| (?P<question>[^|]+) \| ?(?P<evidence>[\d, ]*)\|(?P<answer>.*)")
_LINES = (_SESSION, _TURN, _QUESTION)


def load_talks(folder: Path) -> list[Sample]:
    """Read the talks of a folder, which is the part that they are of."""
    return [load_talk(path) for path in sorted(folder.glob("*.txt"))]


def load_talk(path: Path) -> Sample:
    """Read one talk; of two friends, the one who begins is the user.

    Raises:
        ValueError: a line is none of those that there are.
    """
    kind, *lines = path.read_text(encoding="utf-8").splitlines()
    turns: list[Turn] = []
    questions: list[Question] = []
    time = conversation = ""
    for line in lines:
        found = next((match for pattern in _LINES if (match := pattern.fullmatch(line))), None)
        if found is None:
            raise ValueError(f"{path.name}: {line!r} is no session, turn or question.")
        if found.re is _SESSION:
            time = f"{found['time']}:00"
            conversation = f"{path.stem}/{time}"
        elif found.re is _TURN:
            turns.append(_turn(found, turns, alone=kind == "kind: assistant", conversation=conversation, time=time))
        else:
            evidence = frozenset(re.findall(r"\d+", found["evidence"]))
            text, answer = found["question"].strip(), found["answer"].strip()
            questions.append(Question(text, answer, found["kind"], "en", evidence, time))
    return Sample(path.stem, tuple(turns), tuple(questions), part=path.parent.name)


def _turn(found: re.Match[str], before: list[Turn], *, alone: bool, conversation: str, time: str) -> Turn:
    """Make a turn of a line; friends (not `alone` with an assistant) have their names before what they say."""
    speaker, text = found["speaker"], found["text"]
    role: Literal["user", "assistant"]
    if alone:
        role = "user" if speaker == "User" else "assistant"
        return Turn(found["id"], role, text, conversation, time)
    begun = before[0].content.partition(":")[0] if before else speaker
    role = "user" if speaker == begun else "assistant"
    return Turn(found["id"], role, f"{speaker}: {text}", conversation, time)
