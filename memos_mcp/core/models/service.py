"""What a service tells of itself: tasks, documents, the state of a store and of an engine."""

from memos_mcp.core.models.memories import MemoryViews
from memos_mcp.core.models.values import Frozen, Milliseconds, TaskState


class Document(Frozen):
    """A document of a knowledge base, which is searched in so many pieces."""

    id: str
    name: str
    pieces: int
    create_time: Milliseconds


class KnowledgeBase(Frozen):
    """A knowledge base, as it was called when it was made."""

    id: str
    knowledgebase_name: str = ""
    knowledgebase_description: str = ""


class Task(Frozen):
    """Where the work that an add left behind has got to."""

    task_id: str
    status: TaskState
    memory_views: MemoryViews | None = None


class StoreStatus(Frozen):
    """How much a store keeps, of all users together, and what waits for the background.

    Of the adds that wait for their memories, `failed_for_memories` failed and are tried again; `taken_over_by_rules`
    counts those that a chat model failed for so long that the rules took its place. `missing` says which library
    cannot be imported.
    """

    users: int = 0
    conversations: int = 0
    messages: int = 0
    memories: int = 0
    waiting_for_vectors: int = 0
    waiting_for_memories: int = 0
    failed_for_memories: int = 0
    taken_over_by_rules: int = 0
    embedder: str = ""
    missing: str = ""


class EngineStatus(Frozen):
    """How an engine is.

    `memory_bytes` is its resident memory, `hosts` the sessions of relays, `url` where it also serves over HTTP.
    `differences` say where the settings of whoever asks are not the engine's. `store` is None while it is not open.
    """

    version: str
    pid: int
    memory_bytes: int
    hosts: int
    url: str = ""
    differences: tuple[str, ...] = ()
    store: StoreStatus | None = None
