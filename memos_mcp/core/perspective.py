"""From whose perspective a memory is told: MemOS writes it before the text, as in `[user perspective] `."""

import re
from typing import Literal

Perspective = Literal["user", "assistant"]

_MARK = re.compile(r"\[(user|assistant) perspective\]\s*", re.IGNORECASE)


def marked(text: str, perspective: Perspective) -> str:
    """Write the perspective before a text."""
    return f"[{perspective} perspective] {text}"


def without_marks(text: str) -> str:
    """Return a text without any mark of a perspective."""
    return _MARK.sub("", text) if "[" in text else text


def bare(memory_value: str) -> str:
    """Return a memory's text without its perspective."""
    return _MARK.sub("", memory_value, count=1) if memory_value.startswith("[") else memory_value


def perspective_of(memory_value: str) -> Perspective:
    """Say who asserts what a memory says: the user, where nothing is written before it."""
    found = _MARK.match(memory_value)
    return "assistant" if found and found[1].casefold() == "assistant" else "user"
