"""Notes in Markdown, such as those of basic-memory: a memory for each observation, list item and paragraph."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from memos_mcp.transfer.detection import DocumentHead
from memos_mcp.transfer.documents import Document
from memos_mcp.transfer.formats.claude import statements
from memos_mcp.transfer.record_builder import Item, LeftOut, Origin, Progress, digest, milliseconds

_FRONT: Final = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD: Final = re.compile(r"^(\w[\w -]*):[ \t]*(.*)$")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_OBSERVATION: Final = re.compile(r"^\[(?P<category>[^\]\[(]{2,60})\]\s+(?P<told>.+)$")
_TASK: Final = re.compile(r"^\[[ xX-]\]\s")
_RELATION: Final = re.compile(r"^(?P<kind>[\w ]{1,60}?|\"[^\"]+\")\s*\[\[(?P<target>[^\]]+)\]\]")
_TAG: Final = re.compile(r"(?<!\S)#([\w/-]+)")
_LIKELY: Final = re.compile(r"^(?:#{1,6} \S|\s*[-*] \S|---\s*$|\[\d{4}-)", re.MULTILINE)
_DATED: Final = re.compile(r"^\[(\d{4}-\d\d-\d\d)[^\]]*\]\.?\s*(?:-\s*)?")
LONGEST_NOTE: Final = 5_000_000  # bytes: it is read as a whole


def recognises(head: DocumentHead) -> bool:
    """Say whether a document looks like a note: headings, list items or front matter."""
    return head.kind in ("text", "array") and bool(_LIKELY.search(head.text.replace("\r\n", "\n")[:20_000]))


def read(document: Document, origin: Origin, on_read: Progress) -> Iterator[Item]:
    """Yield the memories of a note."""
    if document.size > LONGEST_NOTE:
        yield LeftOut(f"notes of more than {LONGEST_NOTE:,} bytes")
        return
    page = "\n".join(document.lines(on_read))
    about: Mapping[str, Any] = {}
    if front := _FRONT.match(page):
        about, page = _fields(front[1]), page[front.end() :]
    page, code = _FENCE.subn("", page)
    if code:
        yield LeftOut("blocks of code", code)
    title = about.get("title") or PurePosixPath(document.name).stem
    time = milliseconds(about.get("created") or about.get("date"))
    tags = [tag.strip(" #'\"") for tag in about.get("tags", "").strip("[]").split(",") if tag.strip(" #'\"")]
    for heading, sentence in statements(page):
        yield _memory(sentence, title, heading, origin, time=time, tags=tags)


def _memory(sentence: str, title: str, heading: str, origin: Origin, *, time: int | None, tags: list[str]) -> Item:
    if _TASK.match(sentence):
        return LeftOut("tasks of lists")
    own = [*tags, *_TAG.findall(sentence)]
    told, key = sentence, heading or title
    memory_time = None
    if dated := _DATED.match(sentence):
        memory_time, told = milliseconds(dated[1]), sentence[dated.end() :]
    elif found := _OBSERVATION.match(sentence):
        told, own = f"{title}: {' '.join(_TAG.sub('', found['told']).split())}", [*own, found["category"]]
    elif found := _RELATION.match(sentence):
        kind = found["kind"].strip(' "') or "links to"
        told = f"{title} {kind} {found['target']}"
    return origin.memory(
        told, identity=digest(title, sentence), key=key, time=time, memory_time=memory_time, tags=[*dict.fromkeys(own)]
    )


def _fields(front: str) -> dict[str, str]:
    """Read front matter as far as it is one line a field, and lists of one line an item."""
    found: dict[str, str] = {}
    name = ""
    for line in front.splitlines():
        if field := _FIELD.match(line):
            name = field[1].strip().lower()
            found[name] = field[2].strip().strip("'\"")
        elif name and line.strip().startswith("- "):
            found[name] = f"{found[name]},{line.strip()[2:]}".strip(",")
    return found
