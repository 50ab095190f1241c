"""The model: its files are those that were shipped, it loads, it embeds, and it made the vectors that are kept."""

from collections.abc import Iterator

from memos_mcp.backends.local.directory import LEDGER_FILE
from memos_mcp.backends.local.embedders.by_language import made_otherwise
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.status import kept_in
from memos_mcp.core.settings import Settings

ABOUT = "model"


def check_model(settings: Settings) -> Iterator[Finding]:
    """Load the model and embed a text.

    Raises:
        ConfigurationError: it is not there or does not load.
    """
    embedder = load_embedder(settings.embedder, onnx_model=settings.onnx_model)
    embedding = embedder.embed("Is the model well?")
    store = kept_in(settings.data_dir / LEDGER_FILE)
    made_with = store.embedder if store else ""
    if made_with and made_with != embedder.name and made_otherwise(embedder, made_with) is None:
        found = f"the vectors kept here were made by {made_with}, and MEMOS_EMBEDDER asks for {embedder.name}"
        yield Finding.wrong(ABOUT, found, mend="Run `memos-mcp reindex`, or set MEMOS_EMBEDDER back.")
        return
    yield Finding.ok(ABOUT, f"{embedder.name} loads and embeds ({len(embedding.vector)} dimensions)")
