"""From the setting to the embedder."""

from pathlib import Path

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.core.errors import ConfigurationError


def load_embedder(setting: str, *, onnx_model: Path | None = None) -> Embedder:
    """Load what `MEMOS_EMBEDDER` names: `onnx`, `multilingual-e5` or `sentence-transformers:MODEL`.

    `onnx` is the models that come with the package, or the one in the folder `onnx_model`. This imports the model's
    library and reads its weights: 0.2 to 6 seconds.

    Raises:
        ConfigurationError: there is no such embedder, it is not installed, or its model cannot be read.
        MissingLibrary: what the default is run by is not there.
    """
    match setting.split(":", 1):
        case ["onnx"]:
            from memos_mcp.backends.local.embedders.onnx import OnnxEmbedder  # noqa: PLC0415

            if onnx_model:
                return OnnxEmbedder.load(onnx_model)
            from memos_mcp.backends.local.embedders.by_language import EmbedderByLanguage  # noqa: PLC0415
            from memos_mcp.backends.local.embedders.universal import UniversalEmbedder  # noqa: PLC0415

            return EmbedderByLanguage(OnnxEmbedder.load(), UniversalEmbedder.load())
        case ["multilingual-e5"]:
            from memos_mcp.backends.local.embedders.multilingual_e5 import MultilingualE5Embedder  # noqa: PLC0415

            return MultilingualE5Embedder.load()
        case ["sentence-transformers", model] if model:
            from memos_mcp.backends.local.embedders.sentence_transformers import (  # noqa: PLC0415
                SentenceTransformersEmbedder,
            )

            return SentenceTransformersEmbedder.load(model)
        case _:
            raise ConfigurationError(
                f"There is no embedder {setting!r}; valid are onnx, multilingual-e5 and sentence-transformers:MODEL."
            )
