"""The vocabulary: MemOS's own field names, parsed once at an edge and trusted from there on.

A request is the JSON body of the MemOS endpoint of the same name, less `user_id`, which is never an argument
of a tool: it comes from configuration or from a token. Times inside are epoch milliseconds, as on MemOS's wire."""
# pyright: reportUnusedImport=false

from memos_mcp.core.models.memories import (
    AddFeedback,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    GetMemory,
    Memory,
    MemoryPage,
    MemoryViews,
    Preference,
    Removed,
    Stretch,
    UpdateMemory,
    UpdateReceipt,
)
from memos_mcp.core.models.messages import (
    AddMessage,
    AddReceipt,
    AgentMemory,
    Conversation,
    ConversationPage,
    GetConversation,
    GetMessage,
    Message,
    MessagePage,
    StoredMessage,
    with_offset,
)
from memos_mcp.core.models.searching import SearchMemory, SearchResult
from memos_mcp.core.models.service import Document, EngineStatus, KnowledgeBase, StoreStatus, Task
from memos_mcp.core.models.values import (
    ENGINE_HEADER,
    FIRST_MILLISECOND,
    LAST_MILLISECOND,
    MAX_CONTENT_BYTES,
    MAX_ID_LENGTH,
    MAX_MESSAGES,
    MAX_QUERY_TOKENS,
    PUBLIC_KEY,
    RELATIVITY_THRESHOLD,
    AnyId,
    Frozen,
    Grain,
    Identifier,
    Milliseconds,
    Role,
    Status,
    TaskState,
    clock_text,
    epoch_milliseconds,
    local_text,
    read_id,
    utc_offset,
)
