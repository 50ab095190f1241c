"""A store that was made by another model than the one it is opened with."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from anyio.to_thread import run_sync

from memos_mcp.backends.local.backend import LocalBackend
from memos_mcp.backends.local.embedders.by_language import EARLIER_FIRST_MODELS, EARLIER_OTHER_MODELS
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.embedders.onnx import OnnxEmbedder
from memos_mcp.backends.local.ledger.texts import Text, TextVectors
from memos_mcp.core.errors import ConfigurationError
from tests.consolidation.conversation import add
from tests.fakes.hashed_embedder import HashedEmbedder
from tests.local.stores import find, store

ENGLISH = "The cat sleeps on the sofa."
SPANISH = "El gato duerme en el sofá todas las tardes."
default = partial(load_embedder, "onnx")


async def test_another_model_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    async with store(tmp_path) as backend:
        await backend.add_message(add("text"), user_id="u")

    with pytest.raises(ConfigurationError, match="memos-mcp reindex"):
        async with store(tmp_path, embedder=lambda: HashedEmbedder(name="another")):
            pass


async def test_a_store_of_the_first_model_goes_on_with_the_default_and_embeds_what_that_embeds_otherwise(
    tmp_path: Path,
) -> None:
    async with store(tmp_path, embedder=OnnxEmbedder.load) as backend:
        await backend.add_message(add(ENGLISH, SPANISH), user_id="u")
        before = await _vectors(backend)

    async with store(tmp_path, embedder=default) as backend:
        after = await _vectors(backend)
        found = await find(backend, "¿Qué animal tenemos en casa?")

    english, spanish = Text("message", 1), Text("message", 2)
    assert np.array_equal(after[english], before[english])
    assert np.allclose(after[spanish], default().embed(SPANISH).vector, atol=1e-3)
    assert found.message_detail_list[0].content == SPANISH


async def test_a_store_of_an_earlier_default_embeds_everything_anew_and_keeps_that(tmp_path: Path) -> None:
    async with store(tmp_path, embedder=default) as backend:
        await backend.add_message(add(ENGLISH, SPANISH), user_id="u")
        before = await _vectors(backend)
        backend.ledger.note("embedder", f"{OnnxEmbedder.load().name}+another:0123456789ab")

    for _ in range(2):
        async with store(tmp_path, embedder=default) as backend:
            after = await _vectors(backend)
            assert {text: vector.tolist() for text, vector in after.items()} == {
                text: vector.tolist() for text, vector in before.items()
            }
            assert backend.ledger.noted("embedder") == default().name


@pytest.mark.parametrize("first", sorted(EARLIER_FIRST_MODELS))
@pytest.mark.parametrize(("other", "kept"), [("", []), ("+another:0123456789ab", []), ("the same", [SPANISH])])
async def test_a_store_of_an_earlier_model_for_english_embeds_anew_what_the_same_model_did_not_make(
    tmp_path: Path, first: str, other: str, kept: list[str]
) -> None:
    suffix = f"+{default().name.partition('+')[2]}" if other == "the same" else other
    earlier = HashedEmbedder(dimensions=default().dimensions)
    earlier.name = f"{first}{suffix}"
    async with store(tmp_path, embedder=lambda: earlier) as backend:
        await backend.add_message(add(ENGLISH, SPANISH), user_id="u")
        await _vectors(backend)

    async with store(tmp_path, embedder=default) as backend:
        after = await _vectors(backend)

    for number, text in enumerate((ENGLISH, SPANISH), 1):
        expected = (earlier if text in kept else default()).embed(text).vector
        assert np.allclose(after[Text("message", number)], expected, atol=1e-3), text


@pytest.mark.parametrize("other", sorted(EARLIER_OTHER_MODELS))
async def test_a_store_of_an_earlier_model_for_other_languages_embeds_anew_what_is_in_them(
    tmp_path: Path, other: str
) -> None:
    chinese = "猫每天下午在沙发上睡觉。"  # was embedded by the model for English
    earlier = HashedEmbedder(dimensions=default().dimensions)
    earlier.name = f"{OnnxEmbedder.load().name}+{other}"
    async with store(tmp_path, embedder=lambda: earlier) as backend:
        await backend.add_message(add(ENGLISH, SPANISH, chinese), user_id="u")
        await _vectors(backend)

    async with store(tmp_path, embedder=default) as backend:
        after = await _vectors(backend)

    for number, (embedder, text) in enumerate(((earlier, ENGLISH), (default(), SPANISH), (default(), chinese)), 1):
        assert np.allclose(after[Text("message", number)], embedder.embed(text).vector, atol=1e-3), text


async def _vectors(backend: LocalBackend) -> dict[Text, np.ndarray]:
    await run_sync(partial(backend._indexing.wait_until_embedded, 1, patience=60))
    return TextVectors.joined(backend.ledger.vectors.all_of(1, at_once=100)).by_text
