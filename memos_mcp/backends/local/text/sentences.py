"""Sentences: where one ends, in any script."""

import re

from memos_mcp.backends.local.text.language_files import pattern_of

_END = re.compile(r"[.!?…]+[\"'”’»)\]*]*(?=\s|$)|[。！？｡؟।॥]+[\"'”’」』）)]*|\n+")
_ABBREVIATION = re.compile(rf"\b(?:{pattern_of('abbreviations')}|[A-Za-z])\.$", re.IGNORECASE)
_STARTS_LOW = re.compile(r"\s*[^\W\d_]")


def sentences(text: str) -> list[str]:
    """Split a text into its sentences, each as it stands in the text."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if not _is_end(text, start, end):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return [" ".join(sentence.split()) for sentence in found if sentence.strip()]


def shorten(text: str, *, limit: int) -> str:
    """Cut a text that is longer than `limit` characters after a clause, else after a word, else hard."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    for mark in ("; ", ", ", "；", "，", "、", " "):
        place = head.rfind(mark)
        if place > limit // 2:
            return head[: place + len(mark)].rstrip(" ,;，；、")
    return head


def _is_end(text: str, start: int, end: re.Match[str]) -> bool:
    following = _STARTS_LOW.match(text, end.end())
    goes_on = following is not None and following.group()[-1].islower()
    mark = end.group()
    if mark.startswith("\n"):
        return "\n\n" in mark or not goes_on
    if mark == ".":
        return not _ABBREVIATION.search(text, max(start, end.end() - 12), end.end())
    return not goes_on or not mark.startswith(("…", "..."))
