"""Patterns that are compiled when they are first used: most are of languages in which nothing is ever said."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property


class LazyPattern:
    """A regular expression that takes no notice of case; the methods are those of `re.Pattern`."""

    def __init__(self, pattern: str) -> None:
        """Take the expression; nothing is compiled yet."""
        self.pattern = pattern

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(self.pattern, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place that matches."""
        return self.compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Match the beginning of a text."""
        return self.compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Match all of a text."""
        return self.compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find all places that match."""
        return self.compiled.finditer(text)

    def findall(self, text: str) -> list[str]:
        """Return what is found at all places."""
        return self.compiled.findall(text)

    def split(self, text: str) -> list[str]:
        """Split a text at all places."""
        return self.compiled.split(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        """Replace what is found."""
        return self.compiled.sub(replacement, text, count)
