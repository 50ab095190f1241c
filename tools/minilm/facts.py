"""Facts to learn from: what people told, what it answers, and what it only seems to answer."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.common.facts import World

WORLDS = 2
"""A batch."""
FACTS = 8
"""Of each world, in a batch."""


@dataclass(frozen=True)
class Facts:
    """Facts of some people, and questions: first one that each fact answers, then those that none of them does."""

    facts: Sequence[str]
    questions: Sequence[str]
    own: Tensor
    """Which facts (a column each) are of the person who asks the question of a line."""
    seeming: Tensor
    """The place of the fact that each question without an answer seems to ask for."""


def fact_batches(worlds: Sequence[World], chance: random.Random) -> Iterator[Facts]:
    """Draw people, and some facts of each."""
    while True:
        drawn = [
            (number, fact)
            for number, world in enumerate(chance.sample(worlds, WORLDS))
            for fact in chance.sample(world, FACTS)
        ]
        left_open = [(place, text) for place, (_, fact) in enumerate(drawn) for text in fact.leaves_open]
        people = torch.tensor([number for number, _ in drawn])
        seeming = torch.tensor([place for place, _ in left_open])
        yield Facts(
            facts=[fact.text for _, fact in drawn],
            questions=[*(chance.choice(fact.answers) for _, fact in drawn), *(text for _, text in left_open)],
            own=torch.cat((people, people[seeming]))[:, None] == people[None, :],
            seeming=seeming,
        )
