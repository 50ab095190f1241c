"""What is embedded of a text, and embedding everything anew."""

from collections.abc import Callable

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.embedders.by_language import made_otherwise
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.texts import Kind
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
    _go_on(ledger, embedder, lambda kind, content: otherwise(embedded_part(kind, content)))
    return True


def embed_all(ledger: Ledger, embedder: Embedder, report: Callable[[int, int], None]) -> None:
    """Embed every text anew with a model, reporting (done, of how many); the index follows at the next start.

    May be interrupted: what it has not done is done in the background after the next start.

    Raises:
        Unavailable: other processes serve the ledger.
    """
    _go_on(ledger, embedder, lambda _kind, _content: True)
    total = ledger.vectors.unembedded_count()
    done = key = 0
    while texts := ledger.vectors.pending_after(key, BATCH):
        made = [
            (text, embedder.embed(embedded_part(text.text.kind, text.content)))
            for text in texts
            if text.content is not None
        ]
        ledger.vectors.keep(made)
        done += len(made)
        key = texts[-1].key
        report(done, total)


def _go_on(ledger: Ledger, embedder: Embedder, concerned: Callable[[Kind, str], bool]) -> None:
    """Have the texts embedded anew of which `concerned` is true, and the index made anew.

    An index in which most vectors are exchanged finds the others no more.
    """
    with ledger.database.transaction():
        ledger.database.alone()
        ledger.vectors.embed_again(concerned)
        ledger.note("embedder", embedder.name)
        leave(ledger)
