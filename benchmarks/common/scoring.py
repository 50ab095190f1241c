"""What a ranking is worth: recall, hits, rank, evidence in a budget of words, and a score's power to tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from benchmarks.common.sample import Question, Turn

BUDGETS = (150, 300, 500)
RUN = 30
"""A longer turn counts as read where this many of its words stand in one piece."""

_SPACELESS = r"\u3040-\u30ff\u3400-\u9fff"
_MARKS = r"\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f"
"""Signs of Arabic and Devanagari that are part of a word, though no letters."""
_WORD = re.compile(rf"[{_SPACELESS}]|(?:[^\W_{_SPACELESS}]|[{_MARKS}])+")
_UNIT = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]+")


@dataclass(frozen=True, slots=True)
class Found:
    """What a system answered to one question.

    `hits` are ids of turns, best first; `text` is what an agent reads; `relativity` goes with `hits` where the
    system gives one.
    """

    question: Question
    hits: tuple[str, ...]
    text: str
    relativity: tuple[float, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of one question, each 0 to 1; `budgets` is evidence recall in the first 150, 300, 500 words."""

    question: Question
    recall: tuple[float, float, float]
    hit: float
    reciprocal_rank: float
    budgets: tuple[float, ...]


def words(text: str) -> list[str]:
    """Cut a text to lower-case words; a character of a script without spaces is a word of its own."""
    return _WORD.findall(text.lower())


def first_words(text: str, count: int) -> str:
    """Return a text up to so many words, which here are what stands between spaces; of Chinese, characters."""
    ends = [match.end() for match in islice(_UNIT.finditer(text), count)]
    return text[: ends[-1]] if ends else ""


def count_words(text: str) -> int:
    """Count words as `first_words` does."""
    return sum(1 for _ in _UNIT.finditer(text))


def score(found: Found, turns: dict[str, Turn]) -> Score:
    """Hold the answer to one question against its evidence."""
    evidence = found.question.evidence
    ranks = [rank for rank, turn in enumerate(found.hits, 1) if turn in evidence]
    at_5, at_10, at_20 = (sum(rank <= k for rank in ranks) / len(evidence) for k in (5, 10, 20))
    budgets = tuple(evidence_read(found, turns, budget) for budget in BUDGETS)
    hit = float(any(rank <= 10 for rank in ranks))
    return Score(found.question, (at_5, at_10, at_20), hit, 1 / ranks[0] if ranks else 0.0, budgets)


def _contains(read: Sequence[str], content: str) -> bool:
    spoken = words(content)
    text, length = f" {' '.join(read)} ", min(len(spoken), RUN)
    return any(f" {' '.join(spoken[i : i + length])} " in text for i in range(len(spoken) - length + 1))


def means(scores: Sequence[Score]) -> dict[str, float]:
    """Average over questions, in per cent; "150 words" is evidence recall in the first 150 words."""
    rows = np.array([[*s.recall, s.reciprocal_rank == 1, s.hit, s.reciprocal_rank, *s.budgets] for s in scores]) * 100
    names = ("R@5", "R@10", "R@20", "hit@1", "hit@10", "MRR", *(f"{n} words" for n in BUDGETS))
    return dict(zip(names, rows.mean(axis=0).round(1).tolist(), strict=True))


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the chance that a positive scores above a negative, ties counting half (area under the ROC curve)."""
    wins = np.array(positives)[:, None] - np.array(negatives)[None, :]
    return float((wins > 0).mean() + (wins == 0).mean() / 2)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds."""
    median, p95 = np.percentile(np.array(seconds) * 1000, [50, 95]).round(2).tolist()
    return {"median ms": median, "p95 ms": p95}


def calibration_error(stated: Sequence[float], true: Sequence[bool], bins: int = 10) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al., AAAI 2015)."""
    said, held = np.array(stated), np.array(true, dtype=float)
    places = np.minimum((said * bins).astype(int), bins - 1)
    gaps = [abs((said - held)[places == place].sum()) for place in range(bins)]
    return float(sum(gaps) / len(said))


def interval(gains: Sequence[float], *, draws: int = 2000) -> tuple[float, float]:
    """Return the 95 % interval of a mean of paired differences, by the bootstrap."""
    values = np.array(gains)
    chosen = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    low, high = np.percentile(values[chosen].mean(axis=1), [2.5, 97.5]).tolist()
    return low, high


def holds_answer(text: str, answer: str) -> bool:
    """Tell whether an answer stands in a text word for word."""
    return f" {' '.join(words(answer))} " in f" {' '.join(words(text))} "


def evidence_read(found: Found, turns: dict[str, Turn], limit: int | None = None) -> float:
    """Return the share of the evidence that stands in the text, or in its first `limit` words."""
    text = found.text if limit is None else first_words(found.text, limit)
    read = words(text)
    return sum(_contains(read, turns[turn].content) for turn in found.question.evidence) / len(found.question.evidence)
