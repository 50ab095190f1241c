"""The MemOS service, as far as its contract tells: a Starlette app that refuses what the contract does not list.

It can be told to fail: `answer_next` has it answer something else, `break_next` breaks the connection.
"""

import itertools
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import cloud_bodies as bodies
from tests.fakes.filtering import matches

KEY = "mpg-cloud-key-0123456789"
BASE_URL = "https://memos.example/api/openmem/v1"

Json = dict[str, Any]
Break = Literal["refused", "lost", "cut", "hung"]
"""Refused before sending; lost on the way there; cut off, or left hanging, after the service did its work."""


class Refused(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


@dataclass
class User:
    conversations: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    memories: list[Json] = field(default_factory=list[Json])


class Failing:
    """A service that can be told to fail."""

    app: Starlette

    def __init__(self) -> None:
        self._answers: deque[Response] = deque()
        self._breaks: deque[Break] = deque()

    def answer_next(self, *answers: Response) -> None:
        self._answers.extend(answers)

    def break_next(self, *breaks: Break) -> None:
        self._breaks.extend(breaks)

    def transport(self) -> httpx.AsyncBaseTransport:
        return Wire(self.app, self._breaks)


class FakeCloud(Failing):
    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, User] = {}
        self.tasks: dict[str, Json] = {}
        self.about: dict[str, Json] = {}
        self.requests: list[tuple[str, Json]] = []
        self.headers: list[dict[str, str]] = []
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=[
                Route("/api/openmem/v1/{operation:path}", self._serve, methods=["POST"]),
            ]
        )

    def said(self, user_id: str, conversation_id: str) -> list[tuple[str, str]]:
        user = self.users.get(user_id, User())
        return [(said["role"], said["content"]) for said in user.conversations.get(conversation_id, [])]

    async def _serve(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append((request.path_params["operation"], body))
        self.headers.append(dict(request.headers))
        if self._answers:
            return self._answers.popleft()
        try:
            return JSONResponse({"code": 0, "message": "ok", "data": self._do(request, body)})
        except Refused as exc:
            return envelope(exc.code)
        except ValidationError:
            return envelope(40000)

    def _do(self, request: Request, body: Json) -> Json:
        if request.headers.get("authorization") != f"Token {KEY}":
            raise Refused(40132)
        operations: dict[str, Callable[[Json], Json]] = {
            "add/message": self._add_message,
            "search/memory": self._search_memory,
            "get/message": self._get_message,
            "get/memory": self._get_memory,
            "delete/memory": self._delete_memory,
            "update/memory": self._update_memory,
            "add/feedback": self._add_feedback,
            "get/status": self._get_status,
        }
        operation = operations.get(request.path_params["operation"])
        if operation is None:
            raise Refused(50000)
        return operation(body)

    def _add_message(self, raw: Json) -> Json:
        body = bodies.AddMessageBody.model_validate(raw)
        if any(not said.text for said in body.messages):
            raise Refused(40002)
        user = self.users.setdefault(body.user_id, User())
        conversation_id = body.conversation_id or f"c{next(self._numbers)}"
        for said in body.messages:
            time = said.chat_time or "2025-06-10 09:30:00"
            stored = {"role": said.role, "content": said.text, "create_time": time, "update_time": time}
            speaker = {"role_id": said.role_id, "role_name": said.role_name}
            stored |= {name: value for name, value in speaker.items() if value}
            user.conversations.setdefault(conversation_id, []).append(stored)
            perspective = "[user perspective]" if said.role == "user" else "[assistant perspective]"
            memory = self._memory(f"{perspective} {said.text}", conversation_id, body.tags)
            self.about[memory["id"]] = {"agent_id": body.agent_id, "app_id": body.app_id} | (body.info or {})
            user.memories.append(memory)
        return self._task(len(body.messages), running=body.async_mode)

    def _memory(self, value: str, conversation_id: str, tags: list[str] | None) -> Json:
        number = next(self._numbers)
        return {
            "id": f"memory-{number}",
            "memory_key": value[:30],
            "memory_value": value,
            "memory_type": "WorkingMemory",
            "memory_time": None,
            "create_time": 1_762_675_200_000 + number,
            "update_time": 1_762_675_200_000 + number,
            "conversation_id": conversation_id,
            "status": "activated",
            "confidence": 0.99,
            "tags": tags,
            "relativity": None,
        }

    def _task(self, added: int, *, running: bool) -> Json:
        task_id = f"task-{next(self._numbers)}"
        views = {"added": added, "updated": 0, "deleted": 0}
        self.tasks[task_id] = {"task_id": task_id, "status": "completed", "memory_views": views}
        return {"success": True, "task_id": task_id, "status": "running" if running else "completed"}

    def _search_memory(self, raw: Json) -> Json:
        body = bodies.SearchMemoryBody.model_validate(raw)
        if (body.user_id is None) == (body.agent_id is None):
            raise Refused(40002)
        asked = words(body.query)
        memories = self.users.get(body.user_id or "", User()).memories
        rated = [
            memory | {"relativity": len(asked & words(memory["memory_value"])) / len(asked)} for memory in memories
        ]
        found = sorted(
            (memory for memory in rated if memory["relativity"] >= body.relativity),
            key=lambda memory: -memory["relativity"],
        )
        return {
            "memory_detail_list": found[: body.memory_limit_number],
            "message_detail_list": None,
            "preference_detail_list": [],
            "preference_note": "",
        }

    def _get_message(self, raw: Json) -> Json:
        body = bodies.GetMessageBody.model_validate(raw)
        said = self.users.get(body.user_id, User()).conversations.get(body.conversation_id, [])
        return {"message_detail_list": said[-body.message_limit_number :]}

    def _get_memory(self, raw: Json) -> Json:
        body = bodies.GetMemoryBody.model_validate(raw)
        memories = self.users.get(body.user_id, User()).memories[::-1]
        newest = [memory for memory in memories if matches(memory | self.about.get(memory["id"], {}), body.filter)]
        start = (body.page - 1) * body.size
        return {
            "memory_detail_list": newest[start : start + body.size],
            "preference_detail_list": [],
            "total": len(newest),
            "size": body.size,
            "current": body.page,
            "pages": -(-len(newest) // body.size),
        }

    def _delete_memory(self, raw: Json) -> Json:
        body = bodies.DeleteMemoryBody.model_validate(raw)
        if (body.memory_ids is None) == (body.user_id is None):
            raise Refused(40000)
        if body.user_id is not None:
            if self.users.pop(body.user_id, None) is None:
                raise Refused(40308)
            return {"success": True}
        for memory_id in body.memory_ids or []:
            owner, memory = self._owned(memory_id)
            owner.memories.remove(memory)
        return {"success": True}

    def _owned(self, memory_id: str) -> tuple[User, Json]:
        for user in self.users.values():
            for memory in user.memories:
                if memory["id"] == memory_id:
                    return user, memory
        raise Refused(40307)

    def _update_memory(self, raw: Json) -> Json:
        body = bodies.UpdateMemoryBody.model_validate(raw)
        _, memory = self._owned(body.memory_id)
        memory |= {
            "memory_value": body.content or memory["memory_value"],
            "memory_key": body.title or memory["memory_key"],
        }
        return {"success": True}

    def _add_feedback(self, raw: Json) -> Json:
        body = bodies.AddFeedbackBody.model_validate(raw)
        user = self.users.setdefault(body.user_id, User())
        user.memories.append(
            self._memory(f"[user perspective] {body.feedback_content}", body.conversation_id or "", None)
        )
        return self._task(1, running=True)

    def _get_status(self, raw: Json) -> Json:
        body = bodies.GetStatusBody.model_validate(raw)
        if body.task_id not in self.tasks:
            raise Refused(50131)
        return self.tasks[body.task_id]


class Wire(httpx.AsyncBaseTransport):
    """The way to the app, which can break before or behind it."""

    def __init__(self, app: Callable[..., Awaitable[None]], breaks: deque[Break]) -> None:
        self._inner = httpx.ASGITransport(app)
        self._breaks = breaks

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        match self._breaks.popleft() if self._breaks else None:
            case None:
                return await self._inner.handle_async_request(request)
            case "refused":
                raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
            case "lost":
                raise httpx.ReadError("", request=request)
            case "cut":
                await self._inner.handle_async_request(request)
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
            case "hung":
                await self._inner.handle_async_request(request)
                raise httpx.ReadTimeout("", request=request)


def envelope(code: int, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with an error; its message holds what must never get through: the key and a stack."""
    message = f"Traceback (most recent call last): token={KEY}"
    return JSONResponse({"code": code, "message": message, "data": None}, status_code=status, headers=headers)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
