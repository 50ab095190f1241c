"""`memos-mcp reindex`: embed everything anew, with a progress bar."""

from rich.console import Console

from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.vectors.embedding import embed_all
from memos_mcp.cli.commands.own_ledger import ledger_to_change
from memos_mcp.cli.printing import bar, say
from memos_mcp.core.settings import Settings


def reindex(settings: Settings, *, console: Console, progress: Console) -> None:
    """Embed every text of the store with the model of the settings; an engine finishes first."""
    embedder = load_embedder(settings.embedder, onnx_model=settings.onnx_model)
    with ledger_to_change(settings, progress=progress) as ledger, bar("Embedding", progress) as report:
        embed_all(ledger, embedder, report)
    say(console, f"All of it is embedded by {embedder.name}; the next start puts the vectors into the index.")
