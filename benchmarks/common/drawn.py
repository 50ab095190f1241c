"""An embedder that draws the vectors of texts, for stores too large to embed; queries it embeds with the real model.

A search costs what it does over real vectors: they are as many and as long. It measures no recall.
"""

import zlib
from functools import cached_property

import numpy as np

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.ledger.vectors import TOKEN_DIMENSIONS

TOKENS = 20
"""Token vectors of a text: about as many content words as a synthetic turn has."""


class DrawnEmbedder:
    """Embeds queries; gives each text vectors of its own that mean nothing."""

    name = "drawn"

    @cached_property
    def _model(self) -> Embedder:
        return load_embedder("onnx")

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._model.dimensions

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed a query, or draw the vectors of a text."""
        if query:
            return self._model.embed(text, query=True)
        drawn = np.random.default_rng(zlib.crc32(text.encode()))
        vector = drawn.standard_normal(self.dimensions, np.float32)
        tokens = drawn.standard_normal((TOKENS, TOKEN_DIMENSIONS), np.float32)
        tokens *= 127 / np.linalg.norm(tokens, axis=1, keepdims=True)
        return Embedding(vector / np.linalg.norm(vector), tokens.astype(np.int8), ())
