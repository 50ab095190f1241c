"""A request that each endpoint of the contract takes; what holds of every endpoint is tested with these."""

from tests.api.engine import Json

HELLO = {"role": "user", "content": "I live in Lisbon."}

OF_A_USER: dict[str, Json] = {
    "add/message": {"conversation_id": "c", "messages": [HELLO], "async_mode": False},
    "get/message": {"conversation_id": "c"},
    "get/conversation": {},
    "get/status": {"task_id": "unknown"},
    "search/memory": {"query": "Where do I live?"},
    "get/memory": {},
    "delete/memory": {"memory_ids": ["k999"]},
    "update/memory": {"memory_id": "k999", "content": "Changed."},
    "add/feedback": {"feedback_content": "No, in Porto."},
    "chat": {"query": "Where do I live?"},
}
"""Endpoints that read or write somebody's memory."""

OF_NOBODY: dict[str, Json] = {
    "rerank": {"query": "bike", "documents": ["A bike."]},
    "extract/memory": {"messages": [HELLO]},
    "create/knowledgebase": {"knowledgebase_name": "Handbook"},
    "get/knowledgebase": {},
    "delete/knowledgebase": {"knowledgebase_id": "unknown"},
    "add/knowledgebase-file": {"knowledgebase_id": "unknown", "file": [{"content": "aGVsbG8="}]},
    "get/knowledgebase-file": {"file_ids": ["unknown"]},
    "delete/knowledgebase-file": {"file_ids": ["unknown"]},
}
"""Endpoints over texts that are not stored, and over documents that are everybody's."""

WITHOUT_BODY = {"get/memory/{memory_id}": "get/memory/k1"}
"""Endpoints that are read by a path, which is here one of the first user's."""

REFUSED = {
    *("get/status", "delete/memory", "update/memory", "chat"),
    *("delete/knowledgebase", "add/knowledgebase-file", "get/knowledgebase-file", "delete/knowledgebase-file"),
}
"""Endpoints whose examples name what is not stored, or need a chat model."""
