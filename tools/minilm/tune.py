"""Tune all-MiniLM-L6-v2 on the talks and facts in `benchmarks/data`, for `make` to write the model of.

First on talks alone: four losses tell the turn that answers a question from turns of the same talk that do not. Three
are a softmax: of the cosine, also against the turns of other questions; of the ranker's score, as it would be with the
new cosine, so that the model learns what words and neighbours do not tell; and of the token vectors (late interaction).
The fourth makes one cosine part answers from others whatever is asked, also where nothing answers.

Then on facts too, of which a batch has several by the same person: each is told from the others by cosine and by token
vectors, and the question that it answers from those that only seem to ask for it.

The vectors of other text are kept where they were. About an hour on two cores.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Self

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from benchmarks.common.facts import load_worlds
from benchmarks.common.report import progress
from benchmarks.common.samples import DATA, FACTS, load, select
from tools.minilm.examples import DEVIATION, Batch, batches, examples, kept_texts
from tools.minilm.facts import Facts, fact_batches
from tools.minilm.model import Model, pooled

TALKS = DATA / "talks" / "tune"
WARM_UP = 20  # steps
TEMPERATURE = 0.05
SLOPE = 12.0
MIDDLE = 0.42
"""How sharply, and where, a cosine parts answers from others: about what the model has before."""
PARTING = 0.75
"""The weight of that, of talks; of facts it is 1."""
NONE = -1e4
"""What stands for a turn in a softmax that it is not part of."""
STAY = 5.0
"""The weight of staying, beside losses of about 1."""
MAX_TOKENS = 96


@dataclass(frozen=True)
class Stage:
    """A run of so many batches; `facts` is the share of them that is of facts."""

    steps: int
    rate: float
    facts: float


STAGES = (Stage(900, 4e-5, facts=0.0), Stage(1000, 3e-5, facts=0.67))


@dataclass(frozen=True)
class Compared:
    """The cosines of questions (a line each) and turns, and those of the tokens, of questions that have an answer."""

    cosines: Tensor
    late: Tensor

    @classmethod
    def of(cls, questions: Sequence[str], turns: Sequence[str], *, answered: int, model: Model) -> Self:
        """Encode both."""
        asked_ids, asked, asked_words = model.encode(questions)
        turn_ids, there, turn_words = model.encode(turns)
        question_states, turn_states = model.states(asked_ids, asked), model.states(turn_ids, there)
        some = slice(answered)
        alike = torch.einsum("iad,jbd->ijab", model.tokens(question_states[some]), model.tokens(turn_states))
        nearest = alike.masked_fill(~turn_words[None, :, None, :], -1.0).amax(-1) * asked_words[some, None, :]
        late = nearest.sum(-1) / asked_words[some].sum(-1).clamp(min=1)[:, None]
        return cls(pooled(question_states, asked) @ pooled(turn_states, there).T, late)


def loss_of_talks(batch: Batch, model: Model) -> Tensor:
    """Return how badly answers are told from other turns."""
    compared = Compared.of(batch.questions, batch.turns, answered=batch.answered, model=model)
    cosines = compared.cosines[: batch.answered]
    ranked = (cosines / DEVIATION + batch.rest).masked_fill(~batch.own[: batch.answered], NONE)
    by_cosine, by_tokens = (
        functional.cross_entropy((likeness / TEMPERATURE).masked_fill(batch.barred, NONE), batch.answers)
        for likeness in (cosines, compared.late)
    )
    right = torch.zeros_like(batch.own)
    right[torch.arange(batch.answered), batch.answers] = True
    never = batch.own.clone()
    never[: batch.answered] = False
    apart = (
        _answer(compared.cosines[right])
        + (_none(compared.cosines[batch.own & ~right]) + _none(compared.cosines[never])) / 2
    )
    return functional.cross_entropy(ranked, batch.answers) + (by_cosine + by_tokens) / 2 + PARTING * apart


def loss_of_facts(batch: Facts, model: Model) -> Tensor:
    """Return how badly facts are told apart, and questions that a fact answers from those that it does not."""
    answered = len(batch.facts)
    compared = Compared.of(batch.questions, batch.facts, answered=answered, model=model)
    cosines, own = compared.cosines, batch.own
    which = torch.arange(answered)
    by_cosine, by_tokens, by_question = (
        functional.cross_entropy(likeness / TEMPERATURE, which)
        for likeness in (cosines[:answered], compared.late, cosines.T)
    )
    others = own[:answered] & ~torch.eye(answered, dtype=torch.bool)
    never = cosines[answered:]
    likest = never.masked_fill(~own[answered:], NONE).amax(-1)
    seeming = never[torch.arange(len(never)), batch.seeming]
    apart = _answer(cosines[which, which]) + (_none(cosines[:answered][others]) + _none(likest) + _none(seeming)) / 3
    return (by_cosine + by_tokens + by_question) / 2 + apart


def _answer(cosines: Tensor) -> Tensor:
    """Return the logistic loss of turns that answer."""
    return functional.softplus(-SLOPE * (cosines - MIDDLE)).mean()


def _none(cosines: Tensor) -> Tensor:
    """Return the logistic loss of turns that do not."""
    return functional.softplus(SLOPE * (cosines - MIDDLE)).mean()


def strayed(texts: list[str], model: Model, before: Model) -> Tensor:
    """Return how far the vectors of texts are from what they were: of each text, and of each piece of one."""
    ids, there, _ = model.encode(texts)
    with torch.no_grad():
        were = before.states(ids, there)
    now = model.states(ids, there)
    of_texts = (1 - (pooled(now, there) * pooled(were, there)).sum(-1)).mean()
    of_pieces = ((1 - functional.cosine_similarity(now, were, dim=-1)) * there).sum() / there.sum()
    return of_texts + of_pieces


def tune(model: Model, *, chance: random.Random) -> None:
    """Train the layers of a model in place; the vectors of single words stay, so that words that never came fit in."""
    found = examples(load(TALKS), model.copy())
    languages = [sample for path in (DATA / "languages").glob("*.json") for sample in select(load(path), part="tune")]
    foreign = [turn.content for sample in languages for turn in sample.turns]
    kept = kept_texts(found, foreign, model.tokenizer.get_vocab(), chance)
    trained = [weight.requires_grad_() for key, weight in model.weights.items() if key.startswith("encoder")]
    talks, facts = batches(found, chance), fact_batches(load_worlds(FACTS / "tune"), chance)
    with progress() as bar:
        for stage in STAGES:
            before = model.copy()
            optimiser = torch.optim.AdamW(trained, lr=stage.rate, weight_decay=0.01)
            schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, partial(_share_of_rate, steps=stage.steps))
            for _ in bar.track(range(stage.steps), description="steps"):
                of_facts = chance.random() < stage.facts
                loss = loss_of_facts(next(facts), model) if of_facts else loss_of_talks(next(talks), model)
                loss += STAY * strayed(next(kept), model, before)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(trained, 1.0)
                optimiser.step()
                schedule.step()


def _share_of_rate(step: int, *, steps: int) -> float:
    return min((step + 1) / WARM_UP, 1.0) * max(0.05, 1 - step / steps)


def main(
    target: Annotated[Path, typer.Argument(help="The file of weights to write.")],
    seed: Annotated[int, typer.Option(help="Of what is drawn by chance.")] = 0,
) -> None:
    """Tune the model and write its weights."""
    torch.manual_seed(seed)
    model = Model.load(max_tokens=MAX_TOKENS)
    tune(model, chance=random.Random(seed))  # noqa: S311 - nothing secret
    save_file({key: weight.detach().contiguous() for key, weight in model.weights.items()}, target)


if __name__ == "__main__":
    typer.run(main)
