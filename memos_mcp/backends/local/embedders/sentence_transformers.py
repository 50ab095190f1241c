"""Any model of the library sentence-transformers, by name or path: an extra, because it brings torch."""

import os
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding, readable
from memos_mcp.core.errors import ConfigurationError

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""What keeps the library off the network, off the terminal and from threads of its own; read when it is imported."""

INSTALL = "pip install 'memos-memory-mcp[sentence-transformers]'"

MAX_CHARACTERS = 8192
"""What is read of a text: about 2,000 tokens, and never more than the model's own limit."""


class Model(Protocol):
    """The part of `sentence_transformers.SentenceTransformer` that is used here."""

    def encode_query(self, sentences: str, **options: bool) -> NDArray[np.float32]:
        """Embed a question, with the model's prompt for one if it has it."""
        ...

    def encode_document(self, sentences: str, **options: bool) -> NDArray[np.float32]:
        """Embed a text that is to be found, with the model's prompt for one if it has it."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return the weights."""
        ...


class SentenceTransformersEmbedder:
    """Embeds on the processor, one text at a time in all threads together: its tokenizers cannot be shared."""

    def __init__(self, model: Model, *, name: str) -> None:
        """Take a loaded model."""
        self._model = model
        self._lock = Lock()
        self.name = name
        self.dimensions = len(self.embed("probe").vector)

    @classmethod
    def load(cls, model: str) -> Self:
        """Load a model by its path, or by its name from the user's cache; the network is never asked.

        Raises:
            ConfigurationError: the library is not installed, or there is no such model.
        """
        os.environ.update(ENVIRONMENT)
        try:
            library = import_module("sentence_transformers")
        except ImportError as exc:
            raise ConfigurationError(
                f"sentence-transformers is not installed: {INSTALL}, or set MEMOS_EMBEDDER=onnx."
            ) from exc
        folder = Path(model).expanduser()
        name, source = (folder.resolve().name, str(folder)) if folder.is_dir() else (model, model)
        try:
            import_module("torch").set_num_threads(1)  # 72 short texts a processor second, not 6 on two busy ones
            loaded = cast("Model", library.SentenceTransformer(source, device="cpu", local_files_only=True))
            return cls(loaded, name=f"{name}:{_digest(loaded)}")
        except Exception as exc:
            raise ConfigurationError(
                f"There is no model {model!r} for sentence-transformers on this machine. "
                "Give the path of its folder, or download it once by name (hf download NAME)."
            ) from exc

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed the first `MAX_CHARACTERS` of a text, or less where the model reads less."""
        encode = self._model.encode_query if query else self._model.encode_document
        with self._lock:
            vector = encode(readable(text, limit=MAX_CHARACTERS), normalize_embeddings=True, show_progress_bar=False)
        return Embedding(vector=vector.astype(np.float32, copy=False))


def _digest(model: Model) -> str:
    """Digest the weights themselves: a name can come to mean others, and a folder can be overwritten."""
    digest = sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(import_module("torch").uint8).numpy())
    return digest.hexdigest()[:12]
