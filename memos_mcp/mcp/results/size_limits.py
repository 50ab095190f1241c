"""Keeping an answer to a size that a host can take."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from memos_mcp.core.models import MemoryPage, SearchResult, StoredMessage
from memos_mcp.rendering.evidence import comparable
from memos_mcp.rendering.excerpts import head, passage
from memos_mcp.rendering.instructions import PASSAGE_WORDS

ANSWER_BYTES = 60_000
"""The texts of one answer are no longer than this, in UTF-8: about what hosts accept of a tool (25,000 tokens)."""

_BYTES_A_WORD = 7  # of English with the space after it, rounded up
TEXTS = {
    "memory_detail_list": "memory_value",
    "preference_detail_list": "preference",
    "message_detail_list": "content",
}
"""The lists of an answer, each with the field that is the text of its finds."""
_Found = TypeVar("_Found", SearchResult, MemoryPage)


def cap(sizes: Sequence[int], *, limit: int = ANSWER_BYTES) -> int:
    """Return the longest that each text may be so that all together keep the limit; short ones leave room for long."""
    left = limit
    for rank, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - rank)
        if size > share:
            return share
        left -= size
    return limit


def size_of(text: str) -> int:
    """Return the bytes that a text has in UTF-8."""
    return len(text.encode())


def shortened(found: _Found, query: str = "") -> _Found:
    """Cut the longest texts of an answer around what was asked for, where they are too long together."""
    sizes = [size_of(getattr(one, field)) for name, field in TEXTS.items() for one in getattr(found, name, ())]
    if sum(sizes) <= ANSWER_BYTES:
        return found
    most = cap(sizes)
    return _changed(found, lambda one, field: _short(one, field, query, most=most))


def passages_of(found: SearchResult, query: str) -> SearchResult:
    """Cut each text of a search to the passage that its text form shows, so that neither form outgrows the other."""

    def cut(one: Any, field: str) -> Any:  # noqa: ANN401 - any of three kinds
        return _with(one, field, passage(getattr(one, field), query, words=PASSAGE_WORDS))

    return _changed(found, cut)


def without_quoted(
    passages: SearchResult, cut: Collection[str], *, whole: SearchResult, shown: Collection[str]
) -> SearchResult:
    """Leave out the memories that a message in `cut` says word for word: the text form has that message alone.

    Beside messages that are shown whole they stay, for whoever reads nothing but memories. `whole` is what `passages`
    were cut from, and `shown` has the ids of the text form.
    """
    said = [comparable(message.content) for message in whole.message_detail_list if message.id in cut]

    def is_quoted(one: Any, field: str) -> bool:  # noqa: ANN401 - any of three kinds
        return one.id not in shown and any(comparable(getattr(one, field)) in text for text in said)

    return passages.model_copy(
        update={
            name: tuple(
                passage
                for passage, one in zip(getattr(passages, name), getattr(whole, name), strict=True)
                if not is_quoted(one, field)
            )
            for name, field in TEXTS.items()
            if name != "message_detail_list"
        }
    )


def beginnings(messages: Sequence[StoredMessage], *, limit: int = ANSWER_BYTES) -> tuple[StoredMessage, ...]:
    """Cut the longest messages after their beginning, where they are too long together."""
    most = cap([size_of(message.content) for message in messages], limit=limit)
    return tuple(
        message
        if size_of(message.content) <= most
        else message.model_copy(update={"content": head(message.content, most)})
        for message in messages
    )


def parts(text: str) -> list[str]:
    """Cut a text into parts that an answer can hold; together they are the text."""
    pieces: list[str] = []
    rest = text
    while rest or not pieces:
        pieces.append(head(rest, ANSWER_BYTES))
        rest = rest[len(pieces[-1]) :]
    return pieces


def cut_lengths(whole: Sequence[StoredMessage], shown: Sequence[StoredMessage]) -> Mapping[str, int]:
    """Return the full length, in characters, of each message that is not shown whole."""
    lengths = {message.id: len(message.content) for message in whole}
    return {message.id: lengths[message.id] for message in shown if len(message.content) < lengths[message.id]}


def _changed(found: _Found, change: Callable[[Any, str], Any]) -> _Found:
    """Return an answer with each of its finds changed, which is told the name of its text too."""
    lists = {name: (field, getattr(found, name, ())) for name, field in TEXTS.items()}
    changed = {name: tuple(change(one, field) for one in ones) for name, (field, ones) in lists.items() if ones}
    return found.model_copy(update=changed)


def _short(one: Any, field: str, query: str, *, most: int) -> Any:  # noqa: ANN401 - any of three kinds
    text: str = getattr(one, field)
    if size_of(text) <= most:
        return one
    return _with(one, field, head(passage(text, query, words=most // _BYTES_A_WORD), most))


def _with(one: Any, field: str, text: str) -> Any:  # noqa: ANN401 - any of three kinds
    return one if text == getattr(one, field) else one.model_copy(update={field: text})
