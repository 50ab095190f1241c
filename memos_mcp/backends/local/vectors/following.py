"""Having an index follow the ledger."""

from collections.abc import Sequence

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import PendingText, Text
from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.exact import ExactIndex


def follow(index: ChromaIndex | ExactIndex, user: int, pending: Sequence[PendingText]) -> bool:
    """Put in and take out what has changed of a user; say whether something was taken out."""
    if any(one.text.seq == 0 for one in pending):  # the user is gone, and so is every text of theirs
        index.forget(user)
        return True
    gone = {one.text for one in pending if one.content is None}
    if gone:
        index.remove(user, gone)
    index.put(user, {one.text: one.vector for one in pending if one.content is not None and one.vector is not None})
    return bool(gone)


def take_back(index: ChromaIndex, ledger: Ledger, user: int, texts: Sequence[Text]) -> bool:
    """Take out what was put in too late: another process had the claim by then, and may have taken it out."""
    if ledger.messages.user_id(user):
        gone = ledger.vectors.gone(texts)
        index.remove(user, gone)
    else:
        gone = set(texts)
        index.forget(user)
    return bool(gone)
