"""The contract of MemOS's own server, the open-source one: its bodies from ours, and ours from its answers.

Its routes are below /product, success is code 200, `async_mode` is "sync" or "async", and a user's memories are in a
cube, which has the user's name. A memory is `{"id", "memory", "metadata"}`.
"""

from typing import Any, Final, cast

from pydantic import JsonValue

from memos_mcp.core.memory_sources import of_source

Body = dict[str, Any]

SUCCESS: Final = 200  # the code of an envelope of MemOS's own server

SPEAKER: Final = ("role_id", "role_name")
"""Fields of a message that the server does not have."""

NOT_PUBLIC: Final = "allow_public had no effect: MemOS's own server has no public memories."

_FIELDS: Final = {"create_time": "created_at", "update_time": "updated_at", "conversation_id": "session_id"}


def add(body: Body, *, task_id: str) -> Body:
    """Write the body of /add; the server follows the task under the id that it is given."""
    about = {name: body[name] for name in ("agent_id", "app_id") if name in body}
    return {
        "user_id": body["user_id"],
        "writable_cube_ids": [body["user_id"]],
        "session_id": body["conversation_id"],
        "task_id": task_id,
        "messages": [_message(said) for said in body["messages"]],
        "async_mode": "async" if body["async_mode"] else "sync",
        "custom_tags": body.get("tags", []),
        "info": body.get("info", {}) | about,
    }


def _message(said: Body) -> Body:
    """Write a message, after the name of who speaks; one of a tool must name a call, whichever."""
    told = {name: value for name, value in said.items() if name not in SPEAKER}
    if said.get("role_name"):
        told["content"] = f"{said['role_name']}: {said['content']}"
    return {"tool_call_id": "call"} | told if said["role"] == "tool" else told


def search(body: Body) -> Body:
    """Write the body of /search."""
    wanted = {
        "user_id": body["user_id"],
        "readable_cube_ids": [body["user_id"]],
        "query": body["query"],
        "top_k": body["memory_limit_number"],
        "relativity": body["relativity"],
        "include_preference": body["include_preference"],
        "pref_top_k": body.get("preference_limit_number", 0),
        "search_tool_memory": False,
        "include_skill_memory": False,
    }
    if "conversation_id" in body:
        wanted["session_id"] = body["conversation_id"]
    return wanted | _filter(body)


def get_memory(body: Body) -> Body:
    """Write the body of /get_memory."""
    return {
        "mem_cube_id": body["user_id"],
        "user_id": body["user_id"],
        "include_preference": body["include_preference"],
        "include_tool_memory": False,
        "include_skill_memory": False,
        "page": body["page"],
        "page_size": body["size"],
    } | _filter(body)


def delete_memory(body: Body) -> Body:
    """Write the body of /delete_memory: these memories or, by a filter, everything of a user."""
    if "memory_ids" in body:
        return {"memory_ids": body["memory_ids"]}
    user_id = body["user_id"]
    return {"writable_cube_ids": [user_id], "filter": {"and": [{"user_id": user_id}]}}


def feedback(body: Body, *, history: list[Body], task_id: str) -> Body:
    """Write the body of /feedback; `history` is what was said before it."""
    return {
        "user_id": body["user_id"],
        "writable_cube_ids": [body["user_id"]],
        "session_id": body.get("conversation_id") or "default_session",
        "task_id": task_id,
        "history": history,
        "feedback_content": body["feedback_content"],
        "feedback_time": body.get("feedback_time"),
        "async_mode": "async",
    }


def _filter(body: Body) -> Body:
    """Write a filter for the user's own memories, with the server's names of the fields.

    What is no filter is left for the server to refuse.
    """
    wanted = of_source(body.get("filter"), "user")
    return {"filter": _renamed(wanted)} if wanted else {}


def _renamed(condition: JsonValue) -> JsonValue:
    match condition:
        case dict():
            return {_FIELDS.get(name, name): _renamed(value) for name, value in condition.items()}
        case list():
            return [_renamed(one) for one in condition]
        case _:
            return condition


def found(data: Body) -> Body:
    """Read the answer of /search as that of search/memory."""
    return {
        "memory_detail_list": [_memory(node) for node in _nodes(data, "text_mem")],
        "preference_detail_list": [_preference(node) for node in _nodes(data, "pref_mem")],
        "preference_note": data.get("pref_note") or "",
    }


def known(data: Body, *, page: int, size: int) -> Body:
    """Read the answer of /get_memory as that of get/memory: it pages memories and preferences each by themselves."""
    totals = [_total(data, name) for name in ("text_mem", "pref_mem")]
    lists = found(data)
    for name in ("memory_detail_list", "preference_detail_list"):
        lists[name].sort(key=_created, reverse=True)
    return lists | {"total": sum(totals), "size": size, "current": page, "pages": max(1, -(-max(totals) // size))}


def _created(one: Body) -> str:
    return str(one["create_time"] or "")


def made(data: object) -> int:
    """Count the memories that a synchronous /add answers."""
    return len(cast("list[object]", data)) if isinstance(data, list) else 0


def _cubes(data: Body, name: str) -> list[Body]:
    listed = data.get(name)
    cubes = cast("list[object]", listed) if isinstance(listed, list) else []
    return [cast("Body", cube) for cube in cubes if isinstance(cube, dict)]


def _nodes(data: Body, name: str) -> list[Body]:
    listed = [cast("list[Body]", cube.get("memories") or []) for cube in _cubes(data, name)]
    return [node for nodes in listed for node in nodes]


def _total(data: Body, name: str) -> int:
    return sum(cube.get("total_nodes") or len(cube.get("memories") or []) for cube in _cubes(data, name))


def _memory(node: Body) -> Body:
    about = _about(node)
    return _common(node, about) | {
        "memory_value": node.get("memory"),
        "memory_key": about.get("key"),
        "memory_type": about.get("memory_type"),
        "confidence": about.get("confidence"),
        "tags": about.get("tags"),
    }


def _preference(node: Body) -> Body:
    about = _about(node)
    return _common(node, about) | {
        "preference": about.get("preference") or node.get("memory"),
        "preference_type": about.get("preference_type"),
        "reasoning": about.get("reasoning"),
    }


def _common(node: Body, about: Body) -> Body:
    return {
        "id": node.get("id"),
        "conversation_id": about.get("session_id"),
        "status": about.get("status"),
        "create_time": about.get("created_at"),
        "update_time": about.get("updated_at"),
        "relativity": about.get("relativity"),
    }


def _about(node: Body) -> Body:
    metadata = node.get("metadata")
    return cast("Body", metadata) if isinstance(metadata, dict) else {}
