"""The weights of the ranker, set by hand, in standard units of the sum of words and vectors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """One number an ingredient; 0 takes it away (`dataclasses.replace(weights, who=0)` is its ablation)."""

    dense: float = 1.0
    lexical: float = 0.7
    before: tuple[float, ...] = (0.5, 0.25, 0.12, 0.06)
    after: tuple[float, ...] = (0.4, 0.2, 0.1, 0.05)
    who: float = 3.0
    role: float = 1.0
    when: float = 1.0
    length: float = 0.5
    first_person: float = 0.5
    question: float = -1.0
    relative_time: float = 2.0
    late: float = 1.0
    thread: float = 1.0
