"""Whether a text speaks of a word or a person by name."""

import re
import unicodedata

from memos_mcp.core.errors import InvalidRequest

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
"""Scripts that write words without spaces between them."""


class Mention:
    """A word, a name or a phrase; found as a whole word, in any case, with an "s" of a plural or genitive."""

    def __init__(self, text: str) -> None:
        """Take what is looked for.

        Raises:
            InvalidRequest: it has no letter or digit.
        """
        words = _folded(text).split()
        if not any(char.isalnum() for word in words for char in word):
            raise InvalidRequest("Name the word, the name or the phrase that is to be forgotten.")
        phrase = r"\s+".join(map(re.escape, words))
        before = r"(?<!\w)" if _is_spaced(words[0][0]) else ""
        after = r"(?:['’]?s)?(?!\w)" if _is_spaced(words[-1][-1]) else ""
        self._pattern = re.compile(f"{before}{phrase}{after}")

    def is_in(self, text: str) -> bool:
        """Say whether a text holds it."""
        return self._pattern.search(_folded(text)) is not None


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _is_spaced(char: str) -> bool:
    return char.isalnum() and not unicodedata.name(char, "").startswith(_UNSPACED)
