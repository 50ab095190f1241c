"""Drives the vendor's SDK against an engine: `python vendor_sdk.py BASE_URL`; prints what it got, as JSON.

Its package imports the whole of MemOS at its top; only the client is wanted, so the rest is left out or stood in for.
"""

import importlib.util
import json
import sys
import types
from collections.abc import Callable
from typing import Any


def client_module() -> types.ModuleType:
    """Import the SDK's client, with an empty package above it and an empty class for what needs a model."""
    spec = importlib.util.find_spec("memos")
    assert spec is not None
    package = types.ModuleType("memos")
    package.__path__ = list(spec.submodule_search_locations or ())
    sys.modules["memos"] = package
    transformers = types.ModuleType("transformers")
    transformers.DynamicCache = type("DynamicCache", (), {})  # type: ignore[attr-defined]
    sys.modules["transformers"] = transformers
    return importlib.import_module("memos.api.client")


class Watched:
    """The SDK's client; notes which of its methods were called and returned."""

    def __init__(self, client: object) -> None:
        self._client = client
        self.worked: set[str] = set()
        self.refused: dict[str, str] = {}

    def methods(self) -> set[str]:
        """Return the names of all public methods."""
        return {name for name in dir(self._client) if name[0] != "_" and callable(getattr(self._client, name))}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*positional: object, **named: object) -> object:
            result = method(*positional, **named)
            self.worked.add(name)
            return result

        return call

    def refuse(self, name: str, **arguments: object) -> None:
        """Call what the engine does not do, or not as it is configured, and note the sentence that it answers."""
        try:
            getattr(self._client, name)(**arguments)
        except Exception as exc:  # noqa: BLE001  # the SDK's own HTTP library is not ours to import
            self.refused[name] = exc.response.json()["message"]  # type: ignore[attr-defined]


def main(base_url: str) -> None:
    """Call every method, each with the result that the engine claims for it."""
    client = Watched(client_module().MemOSClient(api_key="any-key", base_url=base_url))
    messages = json.load(sys.stdin)
    added = client.add_message(
        messages=messages, user_id="memos_user_123", conversation_id="0610", async_mode=False, tags=["travel"]
    )
    found = client.search_memory(
        query="Any suggestions for where to go during National Day?", user_id="memos_user_123", relativity=0
    )
    said = client.get_message(user_id="memos_user_123", conversation_id="0610")
    known = client.get_memory(user_id="memos_user_123")
    status = client.get_task_status(task_id=added.task_id)
    feedback = client.add_feedback(user_id="memos_user_123", feedback_content="We travel in spring.")
    first = (known.data.memory_detail_list + (known.data.preference_detail_list or []))[0]
    base = client.create_knowledgebase(knowledgebase_name="Rules").knowledgebase_id
    document = [{"name": "rules.txt", "type": "document", "content": "VGhlIGdhdGUgb3BlbnMgYXQgc2l4Lg=="}]
    [file] = client.add_knowledgebase_file_json(knowledgebase_id=base, file=document).data
    client.add_knowledgebase_file_form(knowledgebase_id=base, files=[__file__.replace(".py", ".md")])
    searched = client.search_memory(
        query="When does the gate open?", user_id="memos_user_123", knowledgebase_ids=[base], relativity=0
    )
    files = client.get_knowledgebase_file(knowledgebase_id=base).files
    removed = client.delete_knowledgebase_file(file_ids=[file["id"]])
    closed = client.delete_knowledgebase(knowledgebase_id=base)
    profile = client.search_memory(
        query="Who is this?", user_id="memos_user_123", include_memory_view=["profile"], knowledgebase_ids=["kb"]
    )
    by_id = client.get_memory_by_id(first.id)
    ranked = client.rerank(query="a beach holiday", documents=["Tax law.", "A holiday at the beach."], top_n=1)
    extracted = client.extract_memory(messages=messages)
    updated = client.update_memory(memory_id=first.id, content="They travel in spring.")
    deleted = client.delete_memory(user_ids=["memos_user_123"], memory_ids=[first.id])
    narrowed = client.delete_memory(filter={"and": [{"tags": {"contains": "no such tag"}}]})
    wiped = client.delete_memory(user_id="memos_user_123")
    client.add_message(
        messages=[{"role": "user", "role_id": "ana", "role_name": "Ana", "content": "The gate closes at nine."}],
        user_id=["ana", "bo"],
        agent_id=["helper"],
        conversation_id="group",
        async_mode=False,
        allow_public=True,
    )
    shared = client.search_memory(query="When does the gate close?", user_id="carl", relativity=0.3)
    client.refuse("chat", user_id="memos_user_123", conversation_id="0611", query="Hello?")
    client.refuse("bind_profile_template", bind_list=[{"user_id": "ana", "profile_template_id": "tpl_1"}])
    client.refuse("edit_profile", profile_template_id="tpl_1", user_id="ana", remove_fields=["city"])
    client.refuse("delete_profile", profile_template_id="tpl_1", user_id="ana")
    print(  # noqa: T201  # read by the test
        json.dumps(
            {
                "added": [added.success, added.status],
                "memories": [memory.memory_value for memory in found.memories],
                "said": [[message.role, message.content] for message in said.messages],
                "known": known.data.total,
                "status": status.data.status,
                "feedback": feedback.success,
                "documents": [sorted(file.name for file in files), removed.success, closed.success],
                "piece": searched.memories[0].memory_value,
                "profile": len(profile.data.profile_detail_list) > 0,
                "by id": by_id["data"]["id"] == first.id,
                "ranked": [result["index"] for result in ranked["data"]["results"]],
                "extracted": len(extracted["data"]["memory_detail_list"]) > 0,
                "updated": updated["code"],
                "narrowed": narrowed.success,
                "shared": [memory.memory_value for memory in shared.memories],
                "refused": client.refused,
                "never called": sorted(client.methods() - client.worked - client.refused.keys()),
                "deleted": deleted.success,
                "wiped": wiped.success,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
