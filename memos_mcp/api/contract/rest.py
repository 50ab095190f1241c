"""The MemOS contract over any `MemoryBackend`: a route an endpoint."""

import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract import bodies
from memos_mcp.api.contract import responses as answers
from memos_mcp.api.contract.base_body import MOST_WORDS
from memos_mcp.api.contract.envelope import Envelope, refusal
from memos_mcp.api.contract.parsing import parse
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.guard.identity import Identity, Owners
from memos_mcp.backends.base import MemoryBackend
from memos_mcp.core.errors import Forbidden, InvalidRequest, MemosError, NotFound
from memos_mcp.core.models import AddReceipt, GetMemory
from memos_mcp.core.validation_messages import shown

logger = logging.getLogger(__name__)

PREFIX = "/api/openmem/v1"
LONGEST_KEY = 100
NOT_YOURS_TO_DELETE = 40306
VIEWS = frozenset({"detail_factual", "fact", "preference", "profile"})
"""Kinds of memories that a read may name; all but the profile are given anyway."""

Operation = Callable[[Request], Awaitable[Answer | list[Answer] | Response]]


class Rest:
    """The endpoints. `default_user` is whom a call is for that names nobody, where there are no tokens."""

    def __init__(self, backend: MemoryBackend, *, default_user: str, owners: Owners | None) -> None:
        """Take the memory and, where it can tell whose an id is, that."""
        self._backend = backend
        self._default_user = default_user
        self._owners = owners

    def routes(self) -> list[Route]:
        """Return a route for each endpoint, and one for all that is none."""
        operations: dict[str, Operation] = {
            "add/message": self.add_message,
            "search/memory": self.search_memory,
            "get/message": self.get_message,
            "get/memory": self.get_memory,
            "get/conversation": self.get_conversation,
            "delete/memory": self.delete_memory,
            "update/memory": self.update_memory,
            "add/feedback": self.add_feedback,
            "get/status": self.get_status,
        }
        return [
            Route(f"{PREFIX}/{path}", partial(answer, operation), methods=["POST"])
            for path, operation in operations.items()
        ]

    def _caller(self, request: Request) -> Identity:
        return Identity.of(request, default_user=self._default_user, owners=self._owners)

    async def add_message(self, request: Request) -> Answer:
        """Store messages; `Idempotency-Key` names an add, so that a repeat is known for one."""
        body = await parse(request, bodies.AddMessageBody)
        key = request.headers.get("idempotency-key", "")
        if len(key) > LONGEST_KEY:
            raise InvalidRequest(f"The Idempotency-Key is longer than {LONGEST_KEY} characters: shorten it.")
        users = [self._caller(request).user(one) for one in body.users()]
        receipts: list[AddReceipt] = []
        for user_id in users:
            wanted = body.request(key=key, conversation_id=receipts[0].conversation_id if receipts else "")
            receipts.append(await self._backend.add_message(wanted, user_id=user_id))
        return answers.receipt(*receipts)

    async def search_memory(self, request: Request) -> Answer:
        """Search."""
        body = await parse(request, bodies.SearchMemoryBody)
        user_id = self._caller(request).user(body.user_id)
        found = await self._backend.search_memory(body.request(), user_id=user_id)
        note_unknown(request, found.unknown_fields)
        return answers.search_result(found) | await self._views(request, body.include_memory_view, user_id)

    async def _views(self, request: Request, views: tuple[str, ...], user_id: str) -> Answer:
        """Return the lists of further kinds of memories that were asked for, and say of which there are none here."""
        if unknown := [view for view in views if view not in VIEWS][:MOST_WORDS]:
            request.state.words.append(f"there are no memories of the kind {', '.join(map(shown, unknown))} here")
        if "profile" not in views:
            return {}
        page = await self._backend.get_memory(GetMemory(size=50, include_preference=False), user_id=user_id)
        return {"profile_detail_list": answers.profile(page)}

    async def get_message(self, request: Request) -> Answer:
        """Read a conversation; one that there is not has no messages."""
        body = await parse(request, bodies.GetMessageBody)
        user_id = self._caller(request).user(body.user_id)
        try:
            page = await self._backend.get_message(body.request(), user_id=user_id)
        except NotFound:
            return answers.no_messages(body.conversation_id)
        return answers.message_page(page)

    async def get_memory(self, request: Request) -> Answer:
        """Read what is known."""
        body = await parse(request, bodies.GetMemoryBody)
        user_id = await self._caller(request).user_of_memories(body.user_id, body.memory_ids)
        page = await self._backend.get_memory(body.request(), user_id=user_id)
        note_unknown(request, page.unknown_fields)
        return answers.memory_page(page) | await self._views(request, body.include_memory_view, user_id)

    async def get_conversation(self, request: Request) -> Answer:
        """List conversations."""
        body = await parse(request, bodies.GetConversationBody)
        user_id = self._caller(request).user(body.user_id)
        return answers.plain(await self._backend.get_conversation(body.request(), user_id=user_id))

    async def delete_memory(self, request: Request) -> Answer:
        """Delete memories, or of each user named everything or what meets a condition."""
        body = await parse(request, bodies.DeleteMemoryBody)
        wanted, named = body.request(), body.users()
        try:
            if wanted.memory_ids:
                users = [await self._owner(request, named, wanted.memory_ids)]
            else:
                users = [self._caller(request).user(one) for one in named or (None,)]
        except Forbidden as exc:
            raise Forbidden(str(exc), code=NOT_YOURS_TO_DELETE) from exc
        receipts = [await self._backend.delete_memory(wanted, user_id=user_id) for user_id in users]
        note_unknown(request, receipts[0].unknown_fields)
        return answers.deletion(receipts)

    async def _owner(self, request: Request, named: tuple[str, ...], memory_ids: tuple[str, ...]) -> str:
        """Say whose these memories are to be."""
        caller = self._caller(request)
        if len(named) <= 1:
            return await caller.user_of_memories(named[0] if named else None, memory_ids)
        user_id = await caller.user_of_memories(None, memory_ids)
        if user_id not in named:
            raise NotFound("These memories are of none of the user_ids. Nothing was deleted.", code=40307)
        return user_id

    async def update_memory(self, request: Request) -> Answer:
        """Rewrite a memory."""
        body = await parse(request, bodies.UpdateMemoryBody)
        user_id = await self._caller(request).user_of_memories(body.user_id, (body.memory_id,))
        return answers.plain(await self._backend.update_memory(body.request(), user_id=user_id))

    async def add_feedback(self, request: Request) -> Answer:
        """Take a correction."""
        body = await parse(request, bodies.AddFeedbackBody)
        user_id = self._caller(request).user(body.user_id)
        return answers.plain(await self._backend.add_feedback(body.request(), user_id=user_id))

    async def get_status(self, request: Request) -> Answer:
        """Follow a task."""
        body = await parse(request, bodies.GetStatusBody)
        user_id = await self._caller(request).user_of_task(body.user_id, body.task_id)
        return answers.task(await self._backend.get_status(body.task_id, user_id=user_id))


def note_unknown(request: Request, fields: Sequence[str]) -> None:
    """Have the answer's message name the fields of a filter that nothing has."""
    if fields:
        request.state.words.append(f"the filter names {', '.join(map(shown, fields))}, which nothing stored has")


async def answer(operation: Operation, request: Request) -> Response:
    """Put what an operation gives, or why it gives nothing, into the envelope."""
    try:
        data = await operation(request)
        if isinstance(data, Response):
            return data
        words = "; ".join(getattr(request.state, "words", ()))
        return Envelope(data, message=f"ok ({words})" if words else "ok")
    except MemosError as exc:
        return refusal(exc)
    except Exception as exc:  # noqa: BLE001  # the edge: a caller gets an envelope, the log where it happened, without data
        frames = "".join(traceback.format_tb(exc.__traceback__))
        logger.error("%s in %s\n%s", type(exc).__name__, request.url.path, frames)  # noqa: TRY400  # would log the text
        return refusal(MemosError("The engine failed; its log says where. Nothing that was acknowledged is lost."))
