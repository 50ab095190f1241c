"""The default embedder: a model for English, and one for the languages that it does not read."""

from hashlib import sha256

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.text.language import written_in

READ_BY_THE_OTHER = frozenset(
    ("Arabic script", "Cyrillic", "French", "German", "Italian", "Japanese", "Korean", "Portuguese", "Spanish", "Thai")
)
"""Languages, or the scripts they stand for, that the second model was trained on.

It knows Chinese too, where words and the first find more (MemoryBank, MRR: 88.7 and 73.2).
"""


class EmbedderByLanguage:
    """Embeds each text by the model that reads its language: texts of two models are as near as chance has it."""

    def __init__(self, first: Embedder, other: Embedder) -> None:
        """Take the model for English and for what neither reads, and the one for `READ_BY_THE_OTHER`.

        Both must give vectors of the same length.
        """
        self._first = first
        self._other = other
        digest = sha256(f"{first.name} {other.name}".encode()).hexdigest()
        self.name = f"{first.name.partition(':')[0]}+{other.name.partition(':')[0]}:{digest[:12]}"
        self.dimensions = first.dimensions

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text, as the model of its language does."""
        model = self._other if written_in(text) in READ_BY_THE_OTHER else self._first
        return model.embed(text, query=query)
