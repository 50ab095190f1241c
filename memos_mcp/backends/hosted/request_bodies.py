"""Requests as the JSON bodies of the contract: exact, with nothing in them that the cloud does not know.

An engine of ours takes more (`for_engine`): it can be told whose memory an id is meant to be, how many messages a
search is to give, and which page of a conversation to read.
"""

from typing import Any

from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    DeleteMemory,
    GetMemory,
    GetMessage,
    Message,
    SearchMemory,
    UpdateMemory,
    clock_text,
)

Body = dict[str, Any]


def add_message(request: AddMessage, *, user_id: str) -> Body:
    """Write the body of add/message."""
    optional = {
        "agent_id": request.agent_id,
        "app_id": request.app_id,
        "tags": list(request.tags),
        "info": request.info,
        "custom_extract_prompt": request.custom_extract_prompt,
        "allow_public": request.allow_public,
    }
    return {
        "user_id": user_id,
        "conversation_id": request.conversation_id,
        "messages": [_message(message) for message in request.messages],
        "async_mode": not request.wait,
        **_given(optional),
    }


def _message(message: Message) -> Body:
    speaker = _given({"role_id": message.role_id, "role_name": message.role_name})
    body = {"role": message.role, "content": message.content, **speaker}
    return body if message.chat_time is None else body | {"chat_time": clock_text(message.chat_time)}


def search_memory(request: SearchMemory, *, user_id: str, for_engine: bool) -> Body:
    """Write the body of search/memory; the cloud is asked for one of what is not wanted, for 0 is not in its range."""
    preferences = request.preference_limit_number if request.include_preference else 0
    body = {
        "user_id": user_id,
        "query": request.query,
        "memory_limit_number": request.memory_limit_number,
        "include_preference": preferences > 0,
        "relativity": request.relativity,
        **_given({"conversation_id": request.conversation_id, "filter": request.filter}),
    }
    if preferences:
        body["preference_limit_number"] = preferences
    if for_engine:
        asked = {} if request.query_time is None else {"query_time": request.query_time}
        return body | asked | {"message_limit_number": request.message_limit_number, "max_words": request.max_words}
    return body | {"memory_limit_number": max(1, request.memory_limit_number)}


def get_message(request: GetMessage, *, user_id: str, for_engine: bool) -> Body:
    """Write the body of get/message."""
    body = {
        "user_id": user_id,
        "conversation_id": request.conversation_id,
        "message_limit_number": request.message_limit_number,
    }
    return body | {"page": request.page, "message_id": request.message_id} if for_engine else body


def get_memory(request: GetMemory, *, user_id: str, for_engine: bool) -> Body:
    """Write the body of get/memory."""
    body = {
        "user_id": user_id,
        "page": request.page,
        "size": request.size,
        "include_preference": request.include_preference,
        **_given({"filter": request.filter}),
    }
    return body | _given({"memory_ids": list(request.memory_ids)}) if for_engine else body


def delete_memory(request: DeleteMemory, *, user_id: str, for_engine: bool) -> Body:
    """Write the body of delete/memory. The cloud takes a user alone for that user's everything."""
    if request.everything:
        return {"user_id": user_id}
    wanted: Body = _given({"memory_ids": list(request.memory_ids), "filter": request.filter})
    if not for_engine:
        return wanted
    of_messages = request.model_dump(
        mode="json",
        exclude_defaults=True,
        include={"message_ids", "conversation_ids", "text", "delete_messages", "dry_run"},
    )
    return wanted | of_messages | {"user_id": user_id}


def update_memory(request: UpdateMemory, *, user_id: str, for_engine: bool) -> Body:
    """Write the body of update/memory."""
    body = {"memory_id": request.memory_id, **_given({"content": request.content, "title": request.title})}
    return body | {"user_id": user_id} if for_engine else body


def add_feedback(request: AddFeedback, *, user_id: str) -> Body:
    """Write the body of add/feedback."""
    time = None if request.feedback_time is None else clock_text(request.feedback_time)
    return {
        "user_id": user_id,
        "feedback_content": request.feedback_content,
        **_given(
            {
                "conversation_id": request.conversation_id,
                "feedback_time": time,
                "allow_public": request.allow_public,
            }
        ),
    }


def _given(optional: Body) -> Body:
    """Leave out what was not given."""
    return {name: value for name, value in optional.items() if value}
