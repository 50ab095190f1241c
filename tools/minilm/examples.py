"""What is learnt from: questions on talks, turns that answer them, and others that the ranker finds for them."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import torch
from torch import Tensor

from benchmarks.common.corpus import Corpus
from benchmarks.common.report import progress
from benchmarks.common.sample import Sample
from memos_mcp.backends.local.embedders.base import Embedder

QUESTIONS = 8
"""A batch, that have an answer."""
NEVER = 3
"""A batch, that have none."""
HARD = 6
"""Turns that do not answer, for each question."""
FIRST = 4
"""Of these among the ten that the ranker finds first, the others are among the next 30."""
LONG = 75
"""Words: talks with longer turns are in batches of their own, so that short turns are not padded to their length."""
DEVIATION = 0.1
"""The cosine that is worth a unit of the ranker's score: `_USUAL_DEVIATION` in `retrieval/dense.py`."""


@dataclass(frozen=True)
class Turn:
    """A turn, and the score that the ranker gives to it but for its own cosine."""

    text: str
    rest: float


@dataclass(frozen=True)
class Example:
    """A question on a talk, the turns that answer it and those that the ranker finds first though they do not."""

    talk: str
    question: str
    answers: Sequence[Turn]
    others: Sequence[Turn]

    @property
    def long(self) -> bool:
        """Whether its talk has long turns."""
        return max(len(turn.text.split()) for turn in self.others) > LONG


def examples(samples: Sequence[Sample], embedder: Embedder) -> list[Example]:
    """Rank the turns of every talk for its questions."""
    with progress() as bar:
        corpora = [Corpus(sample, embedder, bar) for sample in samples]
    return [example for corpus in corpora for example in _of(corpus)]


def _of(corpus: Corpus) -> Iterator[Example]:
    index = corpus.index()
    for question, embedding in corpus.queries:
        cosines = corpus.cosines(embedding).tolist()
        hits = corpus.search(index, question, embedding, limit=60)
        found = [(corpus.sample.turns[hit.seq - 1], hit.score - cosines[hit.seq - 1] / DEVIATION) for hit in hits]
        answers = [Turn(turn.content, rest) for turn, rest in found if turn.id in question.evidence]
        if answers or not question.evidence:
            others = [Turn(turn.content, rest) for turn, rest in found if turn.id not in question.evidence]
            yield Example(corpus.sample.name, question.text, answers, others[:40])


class Batch:
    """Some questions with an answer, then some without, and turns of each: first the one that answers, if any."""

    def __init__(self, chosen: Sequence[Example], chance: random.Random) -> None:
        """Draw the turns."""
        self.questions = [example.question for example in chosen]
        self.answered = sum(bool(example.answers) for example in chosen)
        drawn = [list(_drawn(example, chance)) for example in chosen]
        self.turns = [turn.text for turn in chain.from_iterable(drawn)]
        self.rest = torch.tensor([turn.rest for turn in chain.from_iterable(drawn)])
        owners = [number for number, some in enumerate(drawn) for _ in some]
        self.answers = torch.tensor([0, *accumulate(map(len, drawn))][: self.answered])
        """The place among the turns of the answer to each question that has one."""
        self.own = torch.tensor(owners)[None, :] == torch.arange(len(chosen))[:, None]
        """Which turns (a column each) were drawn for the question of a line."""
        self.barred = self._barred(chosen, owners)
        """Which turns may answer a question though they were not drawn as its answer."""

    def _barred(self, chosen: Sequence[Example], owners: Sequence[int]) -> Tensor:
        barred = torch.zeros(self.answered, len(self.turns), dtype=torch.bool)
        for line, example in enumerate(chosen[: self.answered]):
            known = {turn.text for turn in example.others}
            for column, (text, owner) in enumerate(zip(self.turns, owners, strict=True)):
                barred[line, column] = chosen[owner].talk == example.talk and text not in known
            barred[line, self.answers[line]] = False
        return barred


def _drawn(example: Example, chance: random.Random) -> Iterator[Turn]:
    """Draw turns; of those that answer, one that the ranker finds late is drawn more often."""
    if example.answers:
        yield chance.choices(example.answers, range(1, len(example.answers) + 1))[0]
    for some, count in ((example.others[:10], FIRST), (example.others[10:], HARD - FIRST)):
        yield from chance.sample(some, min(count, len(some)))


def batches(found: Sequence[Example], chance: random.Random) -> Iterator[Batch]:
    """Go through the examples again and again, in another order each time, long talks apart."""
    while True:
        groups: list[list[Example]] = []
        for long in (False, True):
            answered, never = (
                [one for one in found if one.long == long and bool(one.answers) == has] for has in (True, False)
            )
            chance.shuffle(answered)
            parts = (answered[start : start + QUESTIONS] for start in range(0, len(answered), QUESTIONS))
            groups += [[*part, *chance.sample(never, NEVER)] for part in parts]
        chance.shuffle(groups)
        yield from (Batch(group, chance) for group in groups)


def kept_texts(
    found: Sequence[Example], foreign: Sequence[str], vocabulary: Iterable[str], chance: random.Random
) -> Iterator[list[str]]:
    """Draw texts whose vectors are to stay: turns, other languages, and random pieces of the vocabulary."""
    turns = [turn.text for example in found for turn in example.others[:5]]
    words = sorted(word for word in vocabulary if word.isalpha())
    while True:
        mixed = [" ".join(chance.sample(words, 12)) for _ in range(3)]
        yield [*chance.sample(turns, 3), *chance.sample(foreign, 4), *mixed]
