"""A deterministic embedder without a model, for tests that are about something else."""

import re
from hashlib import blake2b

import numpy as np

from memos_mcp.backends.local.embedders.base import Embedding

WORD = re.compile(r"\w+")


class HashedEmbedder:
    """Embeds a text as the bag of its words, each hashed to one signed dimension: shared words are nearness."""

    def __init__(self, *, dimensions: int = 64, name: str = "hashed") -> None:
        """Make vectors of this length under this name; another name plays another model."""
        self.dimensions = dimensions
        self.name = f"{name}:{dimensions}"

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text, a query like any; one without words gets the first unit vector."""
        vector = np.zeros(self.dimensions, np.float32)
        for word in WORD.findall(text.lower()):
            digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            vector[int.from_bytes(digest[:4]) % self.dimensions] += 1 if digest[4] & 1 else -1
        length = float(np.linalg.norm(vector))
        if length == 0:
            vector[0] = length = 1.0
        return Embedding(vector=vector / np.float32(length))
