"""The default embedder: a model for English, and one for the languages that it does not read."""

from collections.abc import Callable
from hashlib import sha256

from memos_mcp.backends.local.embedders.base import Embedder, Embedding
from memos_mcp.backends.local.text.language import written_in
from memos_mcp.backends.local.text.language_files import profiles

_READ_BY_THE_OTHER = frozenset(one.shown for one in profiles().values() if one.universal)


class EmbedderByLanguage:
    """Embeds each text by the model that reads its language: texts of two models are as near as chance has it."""

    def __init__(self, first: Embedder, other: Embedder) -> None:
        """Take the model for English and for what neither reads, and the one for the languages that are `universal`.

        Both must give vectors of the same length.
        """
        self.first = first
        self._other = other
        digest = sha256(" ".join([other.name, *sorted(_READ_BY_THE_OTHER)]).encode()).hexdigest()
        self.name = f"{first.name}+{other.name.partition(':')[0]}:{digest[:12]}"
        self.dimensions = first.dimensions

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed one text, as the model of its language does."""
        model = self._other if _is_for_the_other(text) else self.first
        return model.embed(text, query=query)

    def made_otherwise(self, name: str) -> Callable[[str], bool] | None:
        """Return what tells whether an embedder of a name made another vector of a text than this does.

        None where that is not known: it is no default of before that has the same first model.
        """
        if name == self.first.name:
            return _is_for_the_other
        return (lambda _: True) if name.startswith(f"{self.first.name}+") else None


def _is_for_the_other(text: str) -> bool:
    return written_in(text) in _READ_BY_THE_OTHER


def comparing(embedder: Embedder) -> Embedder:
    """Return the embedder whose cosines tell whether two texts say the same: one model, whatever their languages."""
    return embedder.first if isinstance(embedder, EmbedderByLanguage) else embedder


def goes_on_from(embedder: Embedder, name: str) -> bool:
    """Tell whether an embedder goes on with a store that one of a name made, an earlier default."""
    return isinstance(embedder, EmbedderByLanguage) and embedder.made_otherwise(name) is not None
