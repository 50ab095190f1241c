"""Work on a whole store, with a progress bar."""

from rich.console import Console
from rich.progress import Progress

from memos_mcp.backends.local.backend import LEDGER_FILE, hold
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.indexing import embed_all
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.settings import Settings


def reindex_store(settings: Settings, console: Console) -> None:
    """Embed every text of the store with the model of the settings.

    Raises:
        ConfigurationError: another process has the store open.
        Unavailable: the store cannot be used.
    """
    embedder = load_embedder(settings.embedder, onnx_model=settings.onnx_model)
    with hold(settings.data_dir):
        ledger = Ledger.open(settings.data_dir / LEDGER_FILE)
        try:
            with Progress(console=console) as progress:
                bar = progress.add_task("Embedding")
                embed_all(ledger, embedder, lambda done, total: progress.update(bar, completed=done, total=total))
        finally:
            ledger.close()
    console.print(f"All of it is embedded by {embedder.name}; the next start puts the vectors into the index.")
