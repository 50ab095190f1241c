"""The vectors of a store on a Chroma server, for commands that hold no store open."""

from memos_mcp.backends.local.vectors.chroma import ChromaIndex
from memos_mcp.backends.local.vectors.locations import collection_prefix
from memos_mcp.core.settings import Settings


def index_on_server(settings: Settings, identity: str) -> ChromaIndex:
    """Connect to the collections of the store with this identity; close what is returned."""
    return ChromaIndex.connect(
        settings.chroma_url,
        api_key=settings.chroma_api_key.get_secret_value(),
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
        prefix=collection_prefix(identity),
    )
