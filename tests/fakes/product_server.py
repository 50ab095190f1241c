"""MemOS's own server, as far as its request models and handlers tell: success is code 200, and there is no get/message.

Users are told apart by their cubes. It can be told to fail, as the fake cloud can.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes import product_bodies as bodies
from tests.fakes.cloud import Failing, words
from tests.fakes.filtering import matches

BASE_URL = "http://memos.example:8001/product"
NOON = datetime(2025, 11, 9, 12, tzinfo=UTC)

Json = dict[str, Any]


class FakeProductServer(Failing):
    def __init__(self) -> None:
        super().__init__()
        self.cubes: dict[str, list[Json]] = {}
        self.tasks: dict[tuple[str, str], str] = {}
        self.requests: list[tuple[str, Json]] = []
        self._numbers = itertools.count(1)
        posts = {
            "add": self._add,
            "search": self._search,
            "get_memory": self._get_memory,
            "delete_memory": self._delete_memory,
            "feedback": self._feedback,
        }
        self.app = Starlette(
            routes=[
                *(Route(f"/product/{name}", self._serving(do), methods=["POST"]) for name, do in posts.items()),
                Route("/product/scheduler/status", self._status, methods=["GET"]),
            ],
        )

    def _serving(self, do: Any) -> Any:  # noqa: ANN401
        async def serve(request: Request) -> Response:
            body = await request.json()
            self.requests.append((request.url.path.removeprefix("/product/"), body))
            if self._answers:
                return self._answers.popleft()
            try:
                message, data = do(body)
            except ValidationError:
                return JSONResponse({"code": 422, "message": "Parameter validation error", "data": None}, 422)
            except ValueError as exc:
                return JSONResponse({"code": 400, "message": str(exc), "data": None}, 400)
            return JSONResponse({"code": 200, "message": message, "data": data})

        return serve

    async def _status(self, request: Request) -> Response:
        if self._answers:
            return self._answers.popleft()
        asked = bodies.StatusQuery.model_validate(dict(request.query_params))
        status = self.tasks.get((asked.user_id, asked.task_id))
        if status is None:
            return JSONResponse({"code": 404, "message": f"Task {asked.task_id} not found", "data": None}, 404)
        data = [{"task_id": asked.task_id, "status": status}]
        return JSONResponse({"code": 200, "message": "Memory get status successfully", "data": data})

    def _add(self, raw: Json) -> tuple[str, object]:
        body = bodies.AddBody.model_validate(raw)
        [cube_id] = body.writable_cube_ids or [body.user_id]
        made = [
            self._remember(said.content, body, cube_id, body.session_id, body.custom_tags, body.info or {})
            for said in body.messages or []
        ]
        if body.async_mode == "async" and body.task_id:
            self.tasks[body.user_id, body.task_id] = "completed"
        listed = [
            {"memory": node["memory"], "memory_id": node["id"], "memory_type": "LongTermMemory", "cube_id": cube_id}
            for node in made
        ]
        return "Memory added successfully", listed

    def _remember(
        self, text: str, body: BaseModel, cube_id: str, session_id: str | None, tags: list[str] | None, info: Json
    ) -> Json:
        number = next(self._numbers)
        time = (NOON + timedelta(seconds=number)).isoformat()
        about = {
            "user_id": getattr(body, "user_id", ""),
            "session_id": session_id or "default_session",
            "status": "activated",
            "type": "fact",
            "key": text[:30],
            "confidence": 0.99,
            "tags": tags or [],
            "memory_type": "LongTermMemory",
            "sources": [],
            "embedding": [],
            "created_at": time,
            "updated_at": time,
            **info,
        }
        node = {"id": f"00000000-0000-4000-8000-{number:012d}", "memory": text, "metadata": about}
        self.cubes.setdefault(cube_id, []).append(node)
        return node

    def _search(self, raw: Json) -> tuple[str, object]:
        body = bodies.SearchBody.model_validate(raw)
        [cube_id] = body.readable_cube_ids or [body.user_id]
        asked = words(body.query)
        nodes = [node for node in self.cubes.get(cube_id, []) if matches(node["metadata"], body.filter)]
        rated = [
            node | {"metadata": node["metadata"] | {"relativity": len(asked & words(node["memory"])) / len(asked)}}
            for node in nodes
        ]
        found = sorted(
            (node for node in rated if node["metadata"]["relativity"] >= body.relativity),
            key=lambda node: -node["metadata"]["relativity"],
        )[: body.top_k]
        preferences = [{"cube_id": cube_id, "memories": [], "total_nodes": 0}] if body.include_preference else []
        return "Search completed successfully", {
            "text_mem": [{"cube_id": cube_id, "memories": found, "total_nodes": len(found)}],
            "act_mem": [],
            "para_mem": [],
            "pref_mem": preferences,
            "pref_note": "",
            "tool_mem": [],
            "skill_mem": [],
        }

    def _get_memory(self, raw: Json) -> tuple[str, object]:
        body = bodies.GetMemoryBody.model_validate(raw)
        nodes = [n for n in self.cubes.get(body.mem_cube_id, []) if matches(n["metadata"], body.filter)][::-1]
        size = body.page_size or len(nodes)
        start = ((body.page or 1) - 1) * size
        page = {"cube_id": body.mem_cube_id, "memories": nodes[start : start + size], "total_nodes": len(nodes)}
        none = {"cube_id": body.mem_cube_id, "memories": [], "total_nodes": 0}
        preferences = [none] if body.include_preference else []
        lists = {"text_mem": [page], "pref_mem": preferences, "tool_mem": [], "skill_mem": []}
        return "Memories retrieved successfully", lists

    def _delete_memory(self, raw: Json) -> tuple[str, object]:
        body = bodies.DeleteMemoryBody.model_validate(raw)
        if sum(mode is not None for mode in (body.memory_ids, body.file_ids, body.filter)) != 1:
            return "Exactly one delete mode must be provided", {"status": "failure"}
        cubes = self.cubes if body.writable_cube_ids is None else body.writable_cube_ids
        for cube_id in cubes:
            nodes = self.cubes.get(cube_id, [])
            gone = [
                node
                for node in nodes
                if node["id"] in (body.memory_ids or []) or (body.filter and matches(node["metadata"], body.filter))
            ]
            self.cubes[cube_id] = [node for node in nodes if node not in gone]
        return "Memories deleted successfully", {"status": "success"}

    def _feedback(self, raw: Json) -> tuple[str, object]:
        body = bodies.FeedbackBody.model_validate(raw)
        [cube_id] = body.writable_cube_ids or [body.user_id]
        node = self._remember(body.feedback_content or "", body, cube_id, body.session_id, None, {})
        added = {"id": node["id"], "text": node["memory"]}
        return "Memory feedback successfully", [{"record": {"add": [added], "update": []}}]
