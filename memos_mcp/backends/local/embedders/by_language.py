"""The default embedder: a model for English, and one for the languages that it does not read."""

from functools import cache
from hashlib import sha256

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.text.language import written_in
from memos_mcp.backends.local.text.language_files import profiles


@cache
def read_by_the_other() -> frozenset[str]:
    """Return the languages, and the scripts that languages stand for, that the second model was trained on.

    It knows Chinese too, where words and the first find more (MemoryBank, MRR: 88.7 and 73.2).
    """
    return frozenset(profile.shown for profile in profiles().values() if profile.universal)


class EmbedderByLanguage:
    """Embeds each text by the model that reads its language: texts of two models are as near as chance has it."""

    def __init__(self, first: Embedder, other: Embedder) -> None:
        """Take the model for English and for what neither reads, and the one for `read_by_the_other`.

        Both must give vectors of the same length.
        """
        self.first = first
        self._other = other
        digest = sha256(f"{first.name} {other.name}".encode()).hexdigest()
        self.name = f"{first.name.partition(':')[0]}+{other.name.partition(':')[0]}:{digest[:12]}"
        self.dimensions = first.dimensions

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text, as the model of its language does."""
        model = self._other if written_in(text) in read_by_the_other() else self.first
        return model.embed(text, query=query)


def comparing(embedder: Embedder) -> Embedder:
    """Return the embedder whose cosines tell whether two texts say the same: one model, whatever their languages."""
    return embedder.first if isinstance(embedder, EmbedderByLanguage) else embedder
