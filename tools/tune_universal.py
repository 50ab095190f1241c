"""Make the last layers of the Universal Sentence Encoder: `universal_*.npy` in `memos_mcp/backends/local/embedders`.

Run by hand from the root of the repository, where memos-mcp is installed; the product never imports it. Two cores
need some ten minutes, most of them for embedding:

    pip install torch==2.13.0
    python -m tools.tune_universal

The encoder stays as it is published. One matrix takes its vectors of what is stored, another those of what is asked, to
the length of all-MiniLM-L6-v2's. Both begin as the principal directions of everyday talk and learn, from the parts of
`benchmarks/data` that are not held out, which turn or fact answers a question and which questions nothing answers: from
talks and facts in English, and from fewer facts in each of the other languages, for the encoder puts what means the
same in several languages near to each other. The mean of three runs is written and, as `universal_usual.npy`, the mean
vector of those facts in other languages and of the halves for tuning of `benchmarks/data/languages`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.common.report import progress, run, say
from benchmarks.common.sample import Sample
from benchmarks.common.samples import DATA, FACTS, load, select
from memos_mcp.backends.local.embedders.universal import LAYERS, USUAL, UniversalEmbedder

RUNS = 3
STEPS = 1500
RATE = 1e-3
WORLDS = 3
"""People whose facts are told apart in a step; one talk comes beside them."""
FOREIGN = 0.3
"""The share of steps whose facts are in another language than English."""
QUESTIONS = 40
"""The most of a person, of either kind, in a step."""
TEMPERATURE = 0.03
LIKEST = 0.02
"""The temperature of the smooth maximum over the facts of a person."""
SLOPE = 20.0
MIDDLE = 0.45
"""How sharply, and at first where, a cosine parts answers from others."""
NOISE = 0.8
"""The length of what is added to a vector of length 1 by chance, so that no single direction is relied on."""
NONE = -1e4


@dataclass(frozen=True)
class Asked:
    """What one person told and what was asked, as the encoder's vectors: (texts, 512), (questions, 512).

    `right` has a line for each of the `answered`, the first of the questions, and a column a text.
    """

    told: Tensor
    questions: Tensor
    right: Tensor

    @property
    def answered(self) -> int:
        """The number of questions that have an answer."""
        return len(self.right)

    @classmethod
    def of(cls, sample: Sample, encoder: UniversalEmbedder) -> Self:
        """Encode a sample."""
        questions = sorted(sample.questions, key=lambda question: not question.evidence)
        right = [[turn.id in question.evidence for turn in sample.turns] for question in questions if question.evidence]
        told, asked = (
            torch.from_numpy(np.stack([encoder.encode(text) for text in texts]))
            for texts in ([turn.content for turn in sample.turns], [question.text for question in questions])
        )
        return cls(told, asked, torch.tensor(right))

    def drawn(self, chance: random.Random) -> Self:
        """Return some of the questions."""
        kinds = range(self.answered), range(self.answered, len(self.questions))
        answered, others = (sorted(chance.sample(kind, min(len(kind), QUESTIONS))) for kind in kinds)
        return type(self)(self.told, self.questions[answered + others], self.right[answered])


class Layers(torch.nn.Module):
    """The two matrices, and the cosine from which a text answers."""

    def __init__(self, first: Tensor) -> None:
        """Begin with one matrix for both."""
        super().__init__()
        self.told, self.asked = (torch.nn.Parameter(first.clone()) for _ in range(2))
        self.middle = torch.nn.Parameter(torch.tensor(MIDDLE))

    def loss(self, people: Sequence[Asked]) -> Tensor:
        """Return how badly answers are told from all that these people told, and from what answers nothing."""
        told = _through(torch.cat([one.told for one in people]), self.told)
        ends = np.cumsum([len(one.told) for one in people]).tolist()
        return torch.stack(
            [self._of_one(one, told, slice(end - len(one.told), end)) for one, end in zip(people, ends, strict=True)]
        ).mean()

    def _of_one(self, one: Asked, told: Tensor, own: slice) -> Tensor:
        cosines = _through(one.questions, self.asked) @ told.T
        answered, never = cosines[: one.answered], cosines[one.answered :, own]
        right = torch.zeros_like(answered, dtype=torch.bool)
        right[:, own] = one.right
        scaled = answered / TEMPERATURE
        found = scaled.logsumexp(1) - scaled.masked_fill(~right, NONE).logsumexp(1)
        best = answered.masked_fill(~right, NONE).amax(1)
        loss = found.mean() + functional.softplus(SLOPE * (self.middle - best)).mean()
        if not len(never):
            return loss
        likest = (never / LIKEST).logsumexp(1) * LIKEST
        apart = functional.softplus(SLOPE * (likest[None, :] - best[:, None])).mean()
        return loss + functional.softplus(SLOPE * (likest - self.middle)).mean() + apart


def _through(vectors: Tensor, layer: Tensor) -> Tensor:
    noise = NOISE / vectors.shape[1] ** 0.5 * torch.randn_like(vectors)
    return functional.normalize(functional.normalize(vectors + noise) @ layer)


def principal(vectors: Tensor) -> Tensor:
    """Return the directions that hold most of these vectors' length, (512, dimensions)."""
    return torch.linalg.svd(vectors, full_matrices=False).Vh[: UniversalEmbedder.dimensions].T


def tuned(people: dict[str, list[Asked]], talks: Sequence[Asked], *, seed: int) -> Layers:
    """Train once; `people` are those of each language."""
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311 - no secret
    others = sorted(people.keys() - {"en"})
    layers = Layers(principal(torch.cat([one.told for ones in people.values() for one in ones])))
    optimizer = torch.optim.AdamW(layers.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    with progress() as bar:
        for _ in bar.track(range(STEPS), description=f"run {seed}"):
            language = chance.choice(others) if chance.random() < FOREIGN else "en"
            facts = [one.drawn(chance) for one in chance.sample(people[language], WORLDS)]
            loss = layers.loss(facts) + layers.loss([chance.choice(talks).drawn(chance)])
            optimizer.zero_grad()
            loss.backward()  # pyright: ignore[reportUnknownMemberType]
            optimizer.step()  # pyright: ignore[reportUnknownMemberType]
            schedule.step()
    return layers


def usual(told: Sequence[Sequence[Asked]], layer: Tensor) -> Tensor:
    """Return the mean vector of what was told in each of several ways, all of which count the same."""
    ways = [functional.normalize(torch.cat([one.told for one in ones]) @ layer) for ones in told]
    return torch.stack([way.mean(0) for way in ways]).mean(0)


def main() -> None:
    """Write the layers, and the mean vector."""
    encoder = UniversalEmbedder.load()
    samples = [*load(FACTS / "tune"), *load(FACTS / "languages" / "tune")]
    with progress() as bar:
        people: dict[str, list[Asked]] = {}
        for sample in bar.track(samples, description="facts"):
            people.setdefault(sample.language, []).append(Asked.of(sample, encoder))
        talks = [Asked.of(sample, encoder) for sample in bar.track(load(DATA / "talks" / "tune"), description="talks")]
        written = [sample for path in (DATA / "languages").glob("*.json") for sample in select(load(path), part="tune")]
        others = [Asked.of(sample, encoder) for sample in bar.track(written, description="other languages")]
    runs = [tuned(people, talks, seed=seed) for seed in range(RUNS)]
    mean = torch.stack([torch.stack((one.told, one.asked)) for one in runs]).mean(0)
    np.save(LAYERS, mean.detach().numpy().astype(np.float16))
    facts = [one for language, ones in people.items() if language != "en" for one in ones]
    np.save(USUAL, usual((facts, others), mean[0]).detach().numpy().astype(np.float16))
    say((f"{LAYERS}: texts answer from a cosine of {np.mean([one.middle.item() for one in runs]):.2f}",))


if __name__ == "__main__":
    run(main)
