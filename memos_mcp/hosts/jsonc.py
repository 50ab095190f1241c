"""JSON, with comments where a host allows them, changed in place: all else stays as it was, character by character."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
_SPACE = re.compile(r"\s*")
_EMPTY = re.compile(r"\{\s*\}")


def parsed(text: str, *, comments: bool) -> Any:  # noqa: ANN401  # what JSON holds
    """Read a document; nothing at all is an empty object."""
    return json.loads((_plain(text) if comments else text) if text.strip() else "{}")


def put(text: str, keys: tuple[str, ...], value: object) -> str:
    """Return the text with a value at the end of a way of keys, making the objects on the way."""
    if not text.strip():
        text = "{}\n"
    there = _Object.root(text)
    for index, key in enumerate(keys):
        member = there.member(key)
        if member is None:
            for outer in reversed(keys[index + 1 :]):
                value = {outer: value}
            return there.added(key, value)
        if index == len(keys) - 1:
            return text[: member.begin] + there.written(value) + text[member.end :]
        there = there.inner(member)
    raise AssertionError(keys)


def take(text: str, keys: tuple[str, ...]) -> str:
    """Return the text without the value at the end of a way of keys, which has to be there."""
    return _object_of(text, keys).without(keys[-1])


def put_element(text: str, keys: tuple[str, ...], index: int | None, value: object) -> str:
    """Return the text with an element of a list that is not empty replaced, or with one more at its end."""
    there = _object_of(text, keys)
    begin, elements = there.elements(keys[-1])
    first, last = elements[0], elements[-1]
    in_lines = "\n" in text[begin : first[0]]
    between = "\n" + there.indent_at(first[0]) if in_lines else " "
    written = json.dumps(value, ensure_ascii=False, indent=there.unit() if in_lines else None)
    written = written.replace("\n", between)
    if index is None:
        return f"{text[: last[1]]},{between}{written}{text[last[1] :]}"
    return text[: elements[index][0]] + written + text[elements[index][1] :]


def take_element(text: str, keys: tuple[str, ...], index: int) -> str:
    """Return the text without an element of a list that has others."""
    _, elements = _object_of(text, keys).elements(keys[-1])
    if index:
        return text[: elements[index - 1][1]] + text[elements[index][1] :]
    return text[: elements[0][0]] + text[elements[1][0] :]


def _object_of(text: str, keys: tuple[str, ...]) -> "_Object":
    """Return the object that holds the value at the end of a way of keys, which has to be there."""
    there = _Object.root(text)
    for key in keys[:-1]:
        member = there.member(key)
        assert member is not None  # noqa: S101  # the caller has read it
        there = there.inner(member)
    return there


def _without_comments(text: str) -> str:
    """Return the text with spaces in the place of comments: every other character stays where it is."""
    return _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), text)


def _plain(text: str) -> str:
    """Return the text as plain JSON, every character where it is."""
    return _LAST_COMMA.sub(lambda found: found[1] or " ", _without_comments(text))


@dataclass(frozen=True, slots=True)
class _Member:
    """A key and its value: where the key begins, and where the value begins and ends."""

    key: str
    key_at: int
    begin: int
    end: int


class _Object:
    """An object in a text: `{` at `start`, at a depth."""

    def __init__(self, text: str, start: int, depth: int) -> None:
        self._text = text
        self._commas = _without_comments(text)
        self._plain = _plain(text)
        self._start = start
        self._depth = depth
        if self._plain[start] != "{":
            raise ValueError("there is no table where one is expected")
        self._end = json.JSONDecoder().raw_decode(self._plain, start)[1] - 1
        self._members = list(self._read())

    @classmethod
    def root(cls, text: str) -> "_Object":
        """Return the object that a document is."""
        return cls(text, _skipped(_plain(text), 0), 0)

    def _read(self) -> Iterator[_Member]:
        decoder = json.JSONDecoder()
        at = _skipped(self._plain, self._start + 1)
        while self._plain[at] != "}":
            key, after = decoder.raw_decode(self._plain, at)
            begin = _skipped(self._plain, _skipped(self._plain, after) + 1)
            end = decoder.raw_decode(self._plain, begin)[1]
            yield _Member(key, at, begin, end)
            at = _skipped(self._plain, end)
            if self._plain[at] == ",":
                at = _skipped(self._plain, at + 1)

    def member(self, key: str) -> _Member | None:
        """Return the member of a key; of two with one key the last, as readers of JSON do."""
        return next((member for member in reversed(self._members) if member.key == key), None)

    def inner(self, member: _Member) -> "_Object":
        """Return the object that is a member's value."""
        return _Object(self._text, member.begin, self._depth + 1)

    def elements(self, key: str) -> tuple[int, list[tuple[int, int]]]:
        """Return where the list of a key begins, and where each of its elements begins and ends."""
        member = self.member(key)
        assert member is not None  # noqa: S101  # the caller has read it
        found: list[tuple[int, int]] = []
        at = _skipped(self._plain, member.begin + 1)
        while self._plain[at] != "]":
            end = json.JSONDecoder().raw_decode(self._plain, at)[1]
            found.append((at, end))
            at = _skipped(self._plain, end)
            if self._plain[at] == ",":
                at = _skipped(self._plain, at + 1)
        return member.begin, found

    def written(self, value: object) -> str:
        """Return a value as it is written inside this object."""
        if not self._in_lines():
            return json.dumps(value, ensure_ascii=False)
        return json.dumps(value, ensure_ascii=False, indent=self.unit()).replace("\n", "\n" + self._indent())

    def added(self, key: str, value: object) -> str:
        """Return the text with a member more, as the last."""
        text = self._text
        member = f"{json.dumps(key, ensure_ascii=False)}: {self.written(value)}"
        if not self._members:
            return self._first(member)
        last = self._members[-1]
        comma = self._comma_after(last, self._end)
        if not self._in_lines():
            return text[: last.end] + ", " + member + text[last.end :]
        at = last.end if comma is None else comma + 1
        line_end = self._commas.find("\n", at)
        if 0 <= line_end <= self._end:  # behind a comment on the same line, which belongs to what stands before it
            at = len(text[:line_end].rstrip())
        between = "," if comma is None else ""
        behind = "" if comma is None else ","
        return f"{text[: last.end]}{between}{text[last.end : at]}\n{self._indent()}{member}{behind}{text[at:]}"

    def _first(self, member: str) -> str:
        inner = self._text[self._start + 1 : self._end]
        kept = inner.rstrip()
        if not self._in_lines() and not kept:
            return self._text[: self._start + 1] + member + self._text[self._end :]
        closing = inner[len(kept) :] if kept and "\n" in inner[len(kept) :] else "\n" + self._outer()
        before = self._text[: self._start + 1] + kept
        return f"{before}\n{self._indent()}{member}{closing}{self._text[self._end :]}"

    def without(self, key: str) -> str:
        """Return the text without a member."""
        text = self._text
        index = max(number for number, member in enumerate(self._members) if member.key == key)
        member = self._members[index]
        bound = self._members[index + 1].key_at if index + 1 < len(self._members) else self._end
        comma = self._comma_after(member, bound)
        begin, end = member.key_at, member.end if comma is None else comma + 1
        line = text.rfind("\n", 0, begin)
        if line >= 0 and not text[line:begin].strip():
            begin = line
        else:
            end = _skipped(text, end) if comma is not None else end
        before = text[:begin]
        if comma is None and index:
            previous = self._comma_after(self._members[index - 1], member.key_at)
            if previous is not None:
                before = before[:previous] + before[previous + 1 :]
                before = before if begin == line else before.rstrip()
        after = text[end:]
        if len(self._members) == 1 and _EMPTY.match(before[self._start :] + after[: self._end - end + 1]):
            return before[: self._start] + "{}" + text[self._end + 1 :]
        return before + after

    def _comma_after(self, member: _Member, bound: int) -> int | None:
        found = self._commas.find(",", member.end, bound)
        return None if found < 0 else found

    def _in_lines(self) -> bool:
        """Say whether members have lines of their own; in an empty object, whether those of the document have."""
        if self._members:
            return "\n" in self._text[self._start : self._members[0].key_at]
        return "\n" in self._text[: self._end].strip() or self._text.strip() == "{}" or self._depth == 0

    def _indent(self) -> str:
        return self.indent_at(self._members[0].key_at) if self._members else self._outer() + self.unit()

    def _outer(self) -> str:
        return self.indent_at(self._start)

    def unit(self) -> str:
        """Return one step of the document's indentation: that of its first member."""
        start = _skipped(self._plain, 0)
        first = _skipped(self._plain, start + 1)
        return self.indent_at(first) if self._plain[first] == '"' and "\n" in self._plain[start:first] else "  "

    def indent_at(self, at: int) -> str:
        """Return the indentation of the line of a place."""
        line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip())]


def _skipped(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None  # noqa: S101  # nothing at all matches too
    return found.end()
