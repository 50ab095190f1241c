"""What is embedded of a text, and embedding everything anew."""

from collections.abc import Callable

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.embedders.by_language import made_otherwise
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.vectors import Kind
from memos_mcp.backends.local.vectors.batches import BATCH
from memos_mcp.backends.local.vectors.locations import leave
from memos_mcp.core.perspective import bare


def embedded_part(kind: Kind, content: str) -> str:
    """Return what is embedded of a text: of a memory, what it says."""
    return bare(content) if kind == "memory" else content


def embed_otherwise_made(ledger: Ledger, embedder: Embedder) -> bool:
    """Have the texts embedded anew in the background whose vectors an earlier default made by another model.

    Return false, with nothing changed, where the vectors are not those of an earlier default.

    Raises:
        Unavailable: other processes serve the ledger.
    """
    otherwise = made_otherwise(embedder, ledger.noted("embedder"))
    if otherwise is None:
        return False
    with ledger.database.transaction():
        ledger.database.alone()
        ledger.vectors.embed_again(lambda kind, content: otherwise(embedded_part(kind, content)))
        ledger.note("embedder", embedder.name)
        leave(ledger)  # where most vectors of an index are exchanged, it finds others no more
    return True


def embed_all(ledger: Ledger, embedder: Embedder, report: Callable[[int, int], None]) -> None:
    """Embed every text anew with a model, reporting (done, of how many); the index follows at the next start.

    May be interrupted: what it has not done is done in the background after the next start.

    Raises:
        Unavailable: other processes serve the ledger.
    """
    with ledger.database.transaction():
        ledger.database.alone()
        ledger.vectors.embed_again(lambda _kind, _content: True)
        ledger.note("embedder", embedder.name)
        leave(ledger)
    total = ledger.vectors.unembedded_count()
    done = key = 0
    while texts := ledger.vectors.pending_after(key, BATCH):
        made = [
            (text.text, embedder.embed(embedded_part(text.text.kind, text.content)))
            for text in texts
            if text.content is not None
        ]
        ledger.vectors.keep(made)
        done += len(made)
        key = texts[-1].key
        report(done, total)
