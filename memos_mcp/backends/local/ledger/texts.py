"""Texts that have vectors: messages and memories under one number, and the vectors of several in one array."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Kind = Literal["message", "memory"]


class Text(NamedTuple):
    """A text that has a vector: of which kind, and its `seq` among them."""

    kind: Kind
    seq: int

    @property
    def number(self) -> int:
        """A number that no other text of either kind has."""
        return 2 * self.seq + (self.kind == "memory")

    @classmethod
    def numbered(cls, number: int) -> "Text":
        """Return the text that has a number."""
        return cls("memory" if number % 2 else "message", number // 2)


@dataclass(frozen=True, slots=True)
class PendingText:
    """A text that the vector index has not followed; `content` is None when the text is gone."""

    key: int
    user: int
    text: Text
    content: str | None
    vector: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class TextVectors:
    """Texts by their numbers (int64), and a row of `vectors` (float32) for each."""

    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]

    @classmethod
    def unpacked(cls, numbers: Iterable[int], packed: Iterable[bytes]) -> "TextVectors":
        """Read vectors as the ledger keeps them, in float16."""
        named = np.fromiter(numbers, np.int64)
        vectors = np.frombuffer(b"".join(packed), np.float16).astype(np.float32)
        return cls(named, vectors.reshape(len(named), -1) if len(named) else vectors.reshape(0, 0))

    @classmethod
    def joined(cls, parts: Iterable["TextVectors"]) -> "TextVectors":
        """Put the texts of some together."""
        filled = [part for part in parts if len(part)] or [cls.unpacked((), ())]
        return cls(np.concatenate([part.numbers for part in filled]), np.concatenate([part.vectors for part in filled]))

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.numbers)

    @property
    def bytes(self) -> int:
        """The memory that they take."""
        return self.numbers.nbytes + self.vectors.nbytes

    @property
    def by_text(self) -> dict[Text, NDArray[np.float32]]:
        """Each vector under its text."""
        return dict(zip(map(Text.numbered, self.numbers.tolist()), self.vectors, strict=True))

    def without(self, numbers: NDArray[np.int64]) -> "TextVectors":
        """Return those of the others."""
        kept = ~np.isin(self.numbers, numbers)
        return self if kept.all() else TextVectors(self.numbers[kept], self.vectors[kept])
