"""/chat: what is remembered, the question, and the answer of a chat model, whole or as it comes."""

import json
import uuid
from collections.abc import AsyncGenerator
from typing import Final, Protocol

from pydantic import create_model
from starlette.responses import Response, StreamingResponse

from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.further_bodies import ChatBody
from memos_mcp.api.contract.responses import Answer
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import ConfigurationError, MemosError, NotFound
from memos_mcp.core.models import AddMessage, GetMessage, Message, SearchResult

HISTORY: Final = 10
"""Messages of the conversation that the model is shown before the question."""

NO_MODEL = (
    "No chat model is configured: set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL where the server is started. With a model "
    "of your own, send it the full_instruction that search/memory gives with return_full_instruction."
)


class Answering(Protocol):
    """A chat model."""

    def answer(self, messages: list[dict[str, str]], options: dict[str, object]) -> AsyncGenerator[str]:
        """Return the pieces of the answer as they come."""
        ...


_Answered = create_model("Answered", response=(str, ...), conversation_id=(str, ...))


class Chat:
    """The endpoint; without a model it says what is missing."""

    def __init__(self, backend: MemoryBackend, model: Answering | None) -> None:
        """Take the memory and the model."""
        self._backend = backend
        self._model = model

    def endpoints(self) -> Endpoints:
        """Return the endpoint."""
        return [Endpoint("chat", self.chat, ChatBody, (_Answered,))]

    async def chat(self, call: Call[ChatBody]) -> Answer | Response:
        """Search, ask the model, and keep what was said."""
        body = await call.body()
        if not body.conversation_id:
            body = body.model_copy(update={"conversation_id": uuid.uuid4().hex[:12]})
        user_id = call.caller.user(body.user_id)
        if self._model is None:
            raise ConfigurationError(NO_MODEL)
        found = await self._backend.search_memory(body.search(), user_id=user_id)
        call.note_unknown(found.unknown_fields)
        asked = [*await self._before(body, user_id), {"role": "user", "content": found.full_instruction or body.query}]
        pieces = self._model.answer(asked, body.options())
        if body.stream:
            stream = self._stream(body, found, pieces, user_id)
            return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})
        spoken = "".join([piece async for piece in pieces])
        await self._keep(body, spoken, user_id)
        return {"response": spoken, "conversation_id": body.conversation_id, **_named(found)}

    async def _before(self, body: ChatBody, user_id: str) -> list[dict[str, str]]:
        """Return the system prompt and the last messages of the conversation."""
        prompt = [{"role": "system", "content": body.system_prompt}] if body.system_prompt else []
        asked = GetMessage(conversation_id=body.conversation_id, message_limit_number=HISTORY)
        try:
            page = await self._backend.get_message(asked, user_id=user_id)
        except NotFound:
            return prompt
        said = [one for one in page.message_detail_list if one.role in ("user", "assistant")]
        return [*prompt, *({"role": one.role, "content": one.content} for one in said)]

    async def _stream(
        self, body: ChatBody, found: SearchResult, pieces: AsyncGenerator[str], user_id: str
    ) -> AsyncGenerator[str]:
        """Write events as MemOS's own server does: the memories, the pieces, the end."""
        yield _event("reference", _named(found))
        spoken: list[str] = []
        try:
            async for piece in pieces:
                spoken.append(piece)
                yield _event("text", piece)
            await self._keep(body, "".join(spoken), user_id)
        except MemosError as exc:
            yield _event("error", str(exc))
        yield _event("end", None)

    async def _keep(self, body: ChatBody, spoken: str, user_id: str) -> None:
        if not body.add_message_on_answer or not spoken.strip():
            return
        said = (Message(role="user", content=body.query), Message(role="assistant", content=spoken))
        added = AddMessage(
            messages=said,
            conversation_id=body.conversation_id,
            agent_id=body.agent_id,
            app_id=body.app_id,
            tags=body.tags,
            info=body.info,
            allow_public=body.allow_public,
            wait=not body.async_mode,
        )
        await self._backend.add_message(added, user_id=user_id)


def _named(found: SearchResult) -> Answer:
    """Name the memories that the answer was made with."""
    lists = answers.search_result(found)
    return {name: lists[name] for name in ("memory_detail_list", "preference_detail_list", "message_detail_list")}


def _event(kind: str, data: object) -> str:
    return f"data: {json.dumps({'type': kind, 'data': data})}\n\n"
