"""The default embedder: a model for English, and one for the languages that it does not read."""

from collections.abc import Callable
from hashlib import sha256

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.text.language import is_universal, universal_languages

EARLIER_FIRST_MODELS = frozenset({"all-MiniLM-L6-v2-int8:119919065117", "all-MiniLM-L6-v2-talks-int8:668f3abdabd5"})
"""Names of the models for English that came with earlier versions of this package."""

EARLIER_OTHER_MODELS = frozenset(
    {
        "universal-sentence-encoder-multilingual-3:748836283b18",
        "universal-sentence-encoder-multilingual-3-tuned:5f657cc7a6a6",
    }
)
"""What followed the "+" in the names of earlier defaults, whose second model was given no text that it is not now."""

_CHOSEN_BY = "2"
"""Grows when the code of `is_universal` gives another answer for the same text."""


class EmbedderByLanguage:
    """Embeds each text by the model that reads its language: texts of two models are as near as chance has it."""

    def __init__(self, first: Embedder, other: Embedder) -> None:
        """Take the model for English and for what neither reads, and the one for the languages that are `universal`.

        Both must give vectors of the same length.
        """
        self.first = first
        self._other = other
        digest = sha256(" ".join([other.name, _CHOSEN_BY, *sorted(universal_languages())]).encode()).hexdigest()
        self.name = f"{first.name}+{other.name.partition(':')[0]}:{digest[:12]}"
        self.dimensions = first.dimensions

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text, as the model of its language does."""
        model = self._other if is_universal(text) else self.first
        return model.embed(text, query=query)


def comparing(embedder: Embedder) -> Embedder:
    """Return the embedder whose cosines tell whether two texts say the same: one model, whatever their languages."""
    return embedder.first if isinstance(embedder, EmbedderByLanguage) else embedder


def made_otherwise(embedder: Embedder, name: str) -> Callable[[str], bool] | None:
    """Return what tells whether an embedder of a name made another vector of a text than this one does.

    None where that is not known: one of them is no default, or was never one.
    """
    if not isinstance(embedder, EmbedderByLanguage):
        return None
    first, _, other = name.partition("+")
    same_other = f"{embedder.first.name}+{other}" == embedder.name
    if first == embedder.first.name:
        return is_universal if not other or other in EARLIER_OTHER_MODELS else (lambda _: True)
    if first not in EARLIER_FIRST_MODELS:
        return None
    return (lambda text: not is_universal(text)) if same_other else (lambda _: True)
