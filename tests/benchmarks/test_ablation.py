"""Each variant of the ablation ranks, and takes away what its name says."""

from dataclasses import fields

import numpy as np
import pytest

from benchmarks.quality.ablation import WHOLE, WORDS_AND_MEANING, variants
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Index, IndexEntry, Query
from memos_mcp.backends.local.retrieval.weights import Weights

DAY = 86_400_000
TEXTS = ["Nora: I moved to Lisbon in May.", "Where is the car?", "word " * 400, "It rained, and Felix was late."]
VECTOR = np.array([[127, 0], [0, 127]], np.int8)
VARIANTS = variants()
NEUTRAL = {field.name for field in fields(Weights) if field.default == 0}
"""Of no effect with the weights of a model that has token vectors, for questions in English."""


@pytest.mark.parametrize("query", ["Where did Nora move in May?", "What did you tell me about the word?"])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_ranks_all_texts_by_finite_scores(name: str, query: str) -> None:
    index = Index(weights=VARIANTS[name])
    index.extend(
        IndexEntry(seq, 1, seq * DAY, analyse(text, role="user" if seq % 2 else "assistant"))
        for seq, text in enumerate(TEXTS, 1)
    )
    hits = index.search(
        Query(
            text=query,
            now=5 * DAY,
            dense=[(1, 0.5), (3, 0.3)],
            tokens=VECTOR,
            words=("move", "word"),
            token_vectors=lambda seqs: dict.fromkeys(seqs, VECTOR),
            thread=1,
        ),
        limit=10,
    )
    assert sorted(hit.seq for hit in hits) == [1, 2, 3, 4]
    assert np.isfinite([(hit.score, hit.relativity) for hit in hits]).all()


def test_each_weight_is_taken_away_by_itself() -> None:
    whole = VARIANTS[WHOLE]
    for field in fields(Weights):
        variant = VARIANTS[f"without {field.name}"]
        changed = {one.name for one in fields(Weights) if getattr(variant, one.name) != getattr(whole, one.name)}
        assert changed == {field.name} - NEUTRAL


def test_structure_and_priors_are_all_but_words_and_meaning() -> None:
    whole, variant = VARIANTS[WHOLE], VARIANTS["without structure and priors"]
    kept = {one.name for one in fields(Weights) if getattr(variant, one.name) == getattr(whole, one.name)}
    assert kept - NEUTRAL == set(WORDS_AND_MEANING) - NEUTRAL
