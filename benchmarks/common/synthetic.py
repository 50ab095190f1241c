"""Conversations without end: real words, as unevenly common as in a language, in no sensible order.

Words are those of the default model's vocabulary, which is sorted by frequency, drawn by Zipf's law; each conversation
leans on some of its own, and identifiers occur that no other text has. Such text costs an index and an embedder about
what real text costs; it measures no recall.
"""

import json
import random
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate

from benchmarks.common.sample import Turn
from memos_mcp.backends.local.text.language import is_universal

CONVERSATION = 40
"""Turns of a conversation."""


@cache
def _lexicon() -> list[str]:
    resource = files("memos_mcp.backends.local.embedders") / "minilm" / "tokenizer.json"
    vocabulary: dict[str, int] = json.loads(resource.read_text(encoding="utf-8"))["model"]["vocab"]
    words = sorted(vocabulary, key=lambda word: vocabulary[word])
    return [word for word in words if word.isascii() and word.isalpha() and (len(word) > 1 or word in "ai")]


@cache
def _weights() -> list[float]:
    return list(accumulate(1 / (rank + 2.7) for rank in range(len(_lexicon()))))  # Mandelbrot's form of Zipf's law


def _said(rng: random.Random, topic: list[str]) -> str:
    length = min(80, max(4, round(rng.lognormvariate(3, 0.7))))
    while True:
        words = rng.choices(_lexicon(), cum_weights=_weights(), k=length)
        said = " ".join(_word(rng, word, topic) for word in words)
        if not is_universal(said):  # one text in hundreds would have the second model loaded while something is timed
            return said


def _word(rng: random.Random, word: str, topic: list[str]) -> str:
    chance = rng.random()
    if chance < 0.01:
        return f"{word}_{rng.randrange(10_000)}"
    return rng.choice(topic) if chance < 0.15 else word


def synthetic_turns(count: int, *, seed: int, prefix: str = "synthetic") -> list[Turn]:
    """Make turns of many conversations, a day a conversation, user and assistant in turn; 4 to 80 words each."""
    rng = random.Random(seed)  # noqa: S311 (the same text in every run is the point)
    turns: list[Turn] = []
    topic: list[str] = []
    for number in range(count):
        conversation, position = divmod(number, CONVERSATION)
        if position == 0:
            topic = rng.sample(_lexicon()[200:], 30)
        day = datetime(2020, 1, 1, 9) + timedelta(days=conversation, minutes=position)  # noqa: DTZ001
        role = "assistant" if position % 2 else "user"
        name = f"{prefix}-{conversation}"
        turns.append(Turn(f"{prefix}:{number}", role, _said(rng, topic), name, day.isoformat(" ")))
    return turns


def synthetic_queries(count: int, *, seed: int) -> list[str]:
    """Make questions of four to nine words, drawn as those of the turns are."""
    return [" ".join(turn.content.split()[:9]) for turn in synthetic_turns(count, seed=seed)]
