"""/chat: what is remembered, the question, and the answer of a chat model, whole or as it comes."""

import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field, JsonValue, create_model
from starlette.responses import Response, StreamingResponse

from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.base_body import MODEL_OF_OURS, SearchingBody
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import ConfigurationError, MemosError, NotFound
from memos_mcp.core.models import AddMessage, GetMessage, Identifier, Message, SearchResult

if TYPE_CHECKING:
    from memos_mcp.backends.local.extraction.chat import ChatModel

HISTORY: Final = 10
"""Messages of the conversation that the model is shown before the question."""

NO_MODEL = (
    "No chat model is configured: set MEMOS_LLM_BASE_URL and MEMOS_LLM_MODEL where the server is started. With a model "
    "of your own, send it the full_instruction that search/memory gives with return_full_instruction."
)


class ChatBody(SearchingBody):
    """chat; a field of `SearchMemory` bears on its search where it is one of this body too."""

    without_effect: ClassVar[Mapping[str, str]] = {
        "model_name": MODEL_OF_OURS,
        "internet_search": "only memories are searched",
        "use_mem_os_cube": "there are no cubes here",
        "allow_knowledgebase_ids": "a conversation is not written to a knowledge base",
    }

    system_prompt: str = ""
    stream: bool = False
    add_message_on_answer: bool = True
    app_id: Identifier = ""
    tags: tuple[str, ...] = ()
    info: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    async_mode: bool = True
    allow_public: bool = False
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None


_Answered = create_model("Answered", response=(str, ...), conversation_id=(str, ...))


@dataclass(frozen=True, slots=True)
class Chat:
    """The endpoint; without a model it says what is missing."""

    backend: MemoryBackend
    model: "ChatModel | None"

    def endpoints(self) -> Endpoints:
        """Return the endpoint."""
        return [Endpoint("chat", self.chat, ChatBody, (_Answered,))]

    async def chat(self, call: Call[ChatBody]) -> Answer | Response:
        """Search, ask the model, and keep what was said."""
        body = await call.body()
        if not body.conversation_id:
            body = body.model_copy(update={"conversation_id": uuid.uuid4().hex[:12]})
        user_id = call.caller.user(body.user_id)
        if self.model is None:
            raise ConfigurationError(NO_MODEL)
        found = await self.backend.search_memory(body.search(return_full_instruction=True), user_id=user_id)
        call.note_unknown(found.unknown_fields)
        asked = [*await self._before(body, user_id), {"role": "user", "content": found.full_instruction or body.query}]
        options = body.model_dump(include={"max_tokens", "temperature", "top_p"}, exclude_none=True)
        pieces = self.model.answer(asked, options)
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
            page = await self.backend.get_message(asked, user_id=user_id)
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
        added = body.request(AddMessage, messages=said, wait=not body.async_mode)
        await self.backend.add_message(added, user_id=user_id)


def _named(found: SearchResult) -> Answer:
    """Name the memories that the answer was made with."""
    lists = answers.search_result(found)
    return {name: lists[name] for name in ("memory_detail_list", "preference_detail_list", "message_detail_list")}


def _event(kind: str, data: object) -> str:
    return f"data: {json.dumps({'type': kind, 'data': data})}\n\n"
