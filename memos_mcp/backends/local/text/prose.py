"""Prose: what somebody wrote of a message, without the code, logs and tables pasted into it, secrets redacted.

The person's own words stand before or after what they paste, so a message that is mostly pasted gives those alone.
A long message is read at its two ends only, which bounds the cost.
"""

import re

from memos_mcp.backends.local.text.secrets import redact

WINDOW = 8_000
"""Characters read at either end of a message."""

_PASTED_LINES = 3  # lines that are no prose, for a message to have something pasted into it
_PASTED_SHARE = 0.4  # of the lines that are written on
_ODD_SHARE = 0.22  # of the characters of a line, digits counting half; more is code, a log or a table
_LONGEST_WORD = 50  # characters; longer ones are keys, paths and hashes

_FIRST_WORD = re.compile(r"\A\S*\s")
_LAST_WORD = re.compile(r"\s\S*\Z")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[-*+•·>#]+|\d{1,3}[.)])\s+")
LINK = re.compile(r"\b\w+://\S+|\bwww\.\S+")
_DIGIT = re.compile(r"\d")
_ODD = re.compile(r"[{}\[\]()<>=;|\\/*&^%$#@~`+_:\"]")
_CODE = re.compile(
    r"""
    ^\s*(?:
        (?:def|class|import|function|const|let|var|public|private|protected|static|return|elif|package|namespace|struct
        |export|async\ def|await|throw|raise|try|catch|finally)\b.*[({:;=]|from\ \S+\ import\b
      | (?:if|for|while|switch)\s*\(.*\)|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE)\s+\S
      | \#include\b|\#!|//|/\*|\*/|<\/?\w+[^>]*>|@\w+\(|\$\s|>>>\s|PS\ [A-Z]:|\|.*\||[{}\[\]()]+[,;]?\s*$
      | Traceback\b|File\ "|at\ [\w$.]+\(|Caused\ by:|\w+(?:\.\w+)*(?:Error|Exception)\b:
      | \[?\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2}\ +\d{1,2}\ \d\d:\d\d:\d\d|\d+\.\d+\.\d+\.\d+\ -
      | \[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?[\s:|]
      | (?:diff\ --git|index\ [0-9a-f]+\.\.|@@\ |\+\+\+\ |---\ )
      | [{\[].*[}\]],?\s*$
    ) | [{;]\s*$ | ^\t | ^\ {4,}\S
    """,
    re.VERBOSE,
)


def prose(text: str) -> str:
    """Return the lines of a text that read as prose.

    Control characters and lone surrogates become spaces, and secrets marks.
    """
    readable = _UNREADABLE.sub(" ", _BREAKS.sub("\n", redact(_ends(text))[0]))
    lines = _FENCED.sub("\n\n", readable).split("\n")
    judged = [not line.strip() or _is_prose(line) for line in lines]
    kept = _around_a_paste(lines, judged)
    return "\n".join(_BULLET.sub("", line) for line in kept).strip()


def _ends(text: str) -> str:
    if len(text) <= 2 * WINDOW:
        return text
    return _LAST_WORD.sub("", text[:WINDOW]) + "\n\n" + _FIRST_WORD.sub("", text[-WINDOW:])


def _is_prose(line: str) -> bool:
    bare = LINK.sub("", _BULLET.sub("", line)).strip()
    if not bare:
        return True
    if _CODE.search(line) and not _BULLET.match(line):
        return False
    if len(_ODD.findall(bare)) + len(_DIGIT.findall(bare)) / 2 > max(2, _ODD_SHARE * len(bare)):
        return False
    return all(len(word) <= _LONGEST_WORD or not word.isascii() for word in bare.split())


def _around_a_paste(lines: list[str], judged: list[bool]) -> list[str]:
    pasted = [place for place, is_prose in enumerate(judged) if not is_prose]
    written = sum(1 for line in lines if line.strip())
    if len(pasted) < _PASTED_LINES or len(pasted) < _PASTED_SHARE * written:
        return [line if is_prose else "" for line, is_prose in zip(lines, judged, strict=True)]
    return [*lines[: pasted[0]], "", *lines[pasted[-1] + 1 :]]
