"""MemOS's own server, called as if it spoke the contract of the cloud."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
from anyio.to_thread import run_sync

from memos_mcp.backends.hosted import product
from memos_mcp.backends.hosted.call_errors import CallFailed
from memos_mcp.backends.hosted.http_client import ADD_MESSAGE, HttpClient, Retry
from memos_mcp.backends.hosted.request_bodies import Body
from memos_mcp.backends.hosted.sent_messages import SentMessages
from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound
from memos_mcp.core.models import clock_text

HISTORY: Final = 20
"""Messages of the conversation that go with a correction."""


class ProductServer(HttpClient):
    """Translates each call, and keeps beside the server what it does not keep: the messages."""

    def __init__(
        self, client: httpx.AsyncClient, kept: SentMessages, *, retry: Retry, clock: Callable[[], int]
    ) -> None:
        """Take a client of the server and the messages that were sent to it; `clock` gives epoch milliseconds."""
        super().__init__(client, retry=retry, success=product.SUCCESS)
        self._kept = kept
        self._clock = clock

    @property
    def is_engine(self) -> bool | None:
        """Whether the server is an engine of ours: it is not."""
        return False

    async def post_once(self, path: str, body: Body, *, key: str = "") -> dict[str, Any]:
        """Call an endpoint of the cloud's contract without repeating anything."""
        if path == ADD_MESSAGE:
            return await self._add(body, task_id=key or uuid.uuid4().hex)
        calls: dict[str, Callable[[Body], Awaitable[dict[str, Any]]]] = {
            "search/memory": self._search,
            "get/message": self._get_message,
            "get/memory": self._get_memory,
            "delete/memory": self._delete,
            "add/feedback": self._feedback,
            "get/status": self._status,
        }
        if path not in calls:
            raise CallFailed(
                InvalidRequest(
                    "MemOS's own server cannot rewrite a memory: correct it with add_feedback, or delete it and add "
                    "what is right."
                )
            )
        return await calls[path](body)

    async def has(self, body: Body, *, key: str) -> bool:
        """Say whether the server has an add whose answer was lost; where it cannot tell, it has not."""
        try:
            await self._task(key, user_id=body["user_id"])
        except CallFailed as exc:
            if isinstance(exc.__cause__, httpx.HTTPError):
                raise
            return False
        await self._keep(body, task_id=key, memories=None)
        return True

    async def _add(self, body: Body, *, task_id: str) -> dict[str, Any]:
        data = await self.send("add", product.add(body, task_id=task_id))
        done = not body["async_mode"]
        await self._keep(body, task_id=task_id, memories=product.made(data) if done else None)
        note = product.NOT_PUBLIC if body.get("allow_public") else ""
        return {"success": True, "task_id": task_id, "status": "completed" if done else "running", "note": note}

    async def _keep(self, body: Body, *, task_id: str, memories: int | None) -> None:
        now = clock_text(self._clock())
        said = [
            {"role": one["role"], "content": one["content"], "create_time": one.get("chat_time", now)}
            | {name: one[name] for name in product.SPEAKER if name in one}
            for one in body["messages"]
        ]
        await run_sync(
            lambda: self._kept.add(
                said,
                user_id=body["user_id"],
                conversation_id=body["conversation_id"],
                task_id=task_id,
                memories=memories,
            )
        )

    async def _search(self, body: Body) -> dict[str, Any]:
        return product.found(await super().post_once("search", product.search(body)))

    async def _get_memory(self, body: Body) -> dict[str, Any]:
        data = await super().post_once("get_memory", product.get_memory(body))
        return product.known(data, page=body["page"], size=body["size"])

    async def _get_message(self, body: Body) -> dict[str, Any]:
        said = await self._last(body["message_limit_number"], body)
        if not said:
            raise CallFailed(
                NotFound(
                    "MemOS's own server keeps no messages, so those that this machine sent to it are kept here: none "
                    f"is of conversation {body['conversation_id']!r}. Check the conversation_id, or search."
                )
            )
        return {"message_detail_list": said}

    async def _last(self, count: int, body: Body) -> list[dict[str, Any]]:
        conversation_id = body.get("conversation_id", "")
        return await run_sync(lambda: self._kept.last(count, user_id=body["user_id"], conversation_id=conversation_id))

    async def _delete(self, body: Body) -> dict[str, Any]:
        data = await super().post_once("delete_memory", product.delete_memory(body))
        if data.get("status") == "failure":
            raise CallFailed(MemosError("MemOS's own server did not delete it: nothing was changed.", code=50002))
        if "memory_ids" not in body:
            await run_sync(lambda: self._kept.forget(user_id=body["user_id"]))
        return {"success": True}

    async def _feedback(self, body: Body) -> dict[str, Any]:
        task_id = uuid.uuid4().hex
        said = await self._last(HISTORY, body)
        history = [{"role": one["role"], "content": one["content"]} for one in said if one["role"] != "tool"]
        await self.send("feedback", product.feedback(body, history=history, task_id=task_id))
        return {"success": True, "task_id": task_id, "status": "running"}

    async def _status(self, body: Body) -> dict[str, Any]:
        task_id, user_id = body["task_id"], body.get("user_id", "")
        memories = await run_sync(lambda: self._kept.memories(task_id, user_id=user_id))
        if memories is not None:
            return {"task_id": task_id, "status": "completed", "memory_views": {"added": memories}}
        try:
            return await self._task(task_id, user_id=user_id)
        except CallFailed as exc:
            if isinstance(exc.error, NotFound) and await run_sync(lambda: self._kept.has(task_id, user_id=user_id)):
                return {"task_id": task_id, "status": "running"}
            raise

    async def _task(self, task_id: str, *, user_id: str) -> dict[str, Any]:
        return await self.get_once("scheduler/status", {"user_id": user_id, "task_id": task_id})
