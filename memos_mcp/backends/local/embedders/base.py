"""What an embedder is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Embedding:
    """One text as vectors.

    `vector` is float32 of shape (dimensions,) and unit length. `tokens` is int8 of shape (n, 64), a row for
    each different content word of the text (at most 256) for late interaction, each row a unit vector times 127;
    None from a model that gives none. `words` are those words in lower case, one a row of `tokens`, so that a
    query's rows can be weighted by how rare their words are. `usual` is the mean of a query's cosines with what people
    say; it is given by a model without token vectors that was tuned to tell answers (`tools/`), so that a cosine means
    the same in every store.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.int8] | None = None
    words: tuple[str, ...] = ()
    usual: float | None = None


class Embedder(Protocol):
    """Turns one text at a time into an `Embedding`; may be called from several threads at once.

    `name` identifies the model and its weights: vectors made under another name are not comparable.
    """

    @property
    def name(self) -> str:
        """The model and a digest of its weights."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of `Embedding.vector`."""
        ...

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text; what is longer than the model reads is cut.

        `query` says that the text asks and is not to be found itself: some models embed the two differently.
        """
        ...


def readable(text: str, *, limit: int) -> str:
    """Return the first `limit` characters, each lone surrogate as "?", which every tokenizer reads in bounded time."""
    return text[:limit].encode("utf-8", "replace").decode()
