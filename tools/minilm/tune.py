"""Tune all-MiniLM-L6-v2 on the talks in `benchmarks/data/talks/tune`, for `make` to write the model of.

Four losses tell the turn that answers a question from turns of the same talk that do not. Three are a softmax: of the
cosine, also against the turns of other questions; of the ranker's score, as it would be with the new cosine, so that
the model learns what words and neighbours do not tell; and of the token vectors (late interaction). The fourth makes
one cosine part answers from others whatever is asked, also where nothing answers. The vectors of other text are kept
where they were. About 35 minutes on two cores.
"""

import os
import random
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported

from benchmarks.common.report import progress
from benchmarks.common.samples import DATA, load, select
from tools.minilm.examples import DEVIATION, Batch, batches, examples, kept_texts
from tools.minilm.model import Model, pooled

TALKS = DATA / "talks" / "tune"
STEPS = 900
RATE = 4e-5
WARM_UP = 20  # steps
TEMPERATURE = 0.05
PARTING = 0.75
"""The weight of the loss that parts answers from others by one cosine for all questions."""
STAY = 5.0
"""The weight of staying, beside losses of about 1."""
MAX_TOKENS = 96


class Parting(torch.nn.Module):
    """Where a cosine parts answers from others, and how sharply: the logistic of `slope` * (cosine - `middle`)."""

    def __init__(self) -> None:
        """Begin at what the model has before."""
        super().__init__()
        self.slope = torch.nn.Parameter(torch.tensor(12.0))
        self.middle = torch.nn.Parameter(torch.tensor(0.42))

    def forward(self, batch: Batch, cosines: Tensor) -> Tensor:
        """Return the logistic loss of answers, of the turns drawn beside them, and of those that nobody asked for."""
        logits = self.slope * (cosines - self.middle)
        right = torch.zeros_like(batch.own)
        right[torch.arange(batch.answered), batch.answers] = True
        never = batch.own.clone()
        never[: batch.answered] = False
        of_answers, of_others, of_never = (
            functional.softplus(sign * logits[chosen]).mean()
            for sign, chosen in ((-1, right), (1, batch.own & ~right), (1, never))
        )
        return of_answers + (of_others + of_never) / 2


def loss_of(batch: Batch, model: Model, parting: Parting) -> Tensor:
    """Return how badly answers are told from other turns."""
    asked_ids, asked, asked_words = model.encode(batch.questions)
    turn_ids, turns, turn_words = model.encode(batch.turns)
    question_states, turn_states = model.states(asked_ids, asked), model.states(turn_ids, turns)
    cosines = pooled(question_states, asked) @ pooled(turn_states, turns).T
    some = slice(batch.answered)
    alike = torch.einsum("iad,jbd->ijab", model.tokens(question_states[some]), model.tokens(turn_states))
    nearest = alike.masked_fill(~turn_words[None, :, None, :], -1.0).amax(-1) * asked_words[some, None, :]
    late = nearest.sum(-1) / asked_words[some].sum(-1).clamp(min=1)[:, None]
    ranked = (cosines[some] / DEVIATION + batch.rest).masked_fill(~batch.own[some], -1e4)
    by_cosine, by_tokens = (
        functional.cross_entropy((likeness / TEMPERATURE).masked_fill(batch.barred, -1e4), batch.answers)
        for likeness in (cosines[some], late)
    )
    by_rank = functional.cross_entropy(ranked, batch.answers)
    return by_rank + (by_cosine + by_tokens) / 2 + PARTING * parting(batch, cosines)


def strayed(texts: list[str], model: Model, before: Model) -> Tensor:
    """Return how far the vectors of texts are from what they were: of each text, and of each piece of one."""
    ids, there, _ = model.encode(texts)
    with torch.no_grad():
        were = before.states(ids, there)
    now = model.states(ids, there)
    of_texts = (1 - (pooled(now, there) * pooled(were, there)).sum(-1)).mean()
    of_pieces = ((1 - functional.cosine_similarity(now, were, dim=-1)) * there).sum() / there.sum()
    return of_texts + of_pieces


def tune(model: Model, *, steps: int, chance: random.Random) -> None:
    """Train the layers of a model in place; the vectors of single words stay, so that words that never came fit in."""
    before = model.copy()
    found = examples(load(TALKS), before)
    languages = [sample for path in (DATA / "languages").glob("*.json") for sample in select(load(path), part="tune")]
    foreign = [turn.content for sample in languages for turn in sample.turns]
    kept = kept_texts(found, foreign, model.tokenizer.get_vocab(), chance)
    trained = [weight.requires_grad_() for key, weight in model.weights.items() if key.startswith("encoder")]
    parting = Parting()
    optimiser = torch.optim.AdamW([*trained, *parting.parameters()], lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / WARM_UP, 1.0) * max(0.05, 1 - step / steps)
    )
    with progress() as bar:
        task = bar.add_task("steps", total=steps)
        for batch in islice(batches(found, chance), steps):
            loss = loss_of(batch, model, parting) + STAY * strayed(next(kept), model, before)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimiser.step()
            schedule.step()
            bar.update(task, advance=1, description=f"steps, loss {loss.item():.2f}")


def main(
    target: Annotated[Path, typer.Argument(help="The file of weights to write.")],
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = STEPS,
    seed: Annotated[int, typer.Option(help="Of what is drawn by chance.")] = 0,
) -> None:
    """Tune the model and write its weights."""
    torch.manual_seed(seed)
    model = Model.load(max_tokens=MAX_TOKENS)
    tune(model, steps=steps, chance=random.Random(seed))  # noqa: S311 - nothing secret
    save_file({key: weight.detach().contiguous() for key, weight in model.weights.items()}, target)


if __name__ == "__main__":
    typer.run(main)
