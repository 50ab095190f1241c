"""The backend on this machine: a ledger of record, and what is derived from it in the background."""

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from memos_mcp.backends.local import filters
from memos_mcp.backends.local.acting import acting_for
from memos_mcp.backends.local.agent_memories import AgentMemories
from memos_mcp.backends.local.browsing import Browsing
from memos_mcp.backends.local.curating import Curating
from memos_mcp.backends.local.extractors.secrets import redact_values
from memos_mcp.backends.local.extractors.sentences import shorten
from memos_mcp.backends.local.forgetting import Forgetting
from memos_mcp.backends.local.indexes import Indexes
from memos_mcp.backends.local.indexing import Indexing
from memos_mcp.backends.local.knowledge_bases import KnowledgeBases
from memos_mcp.backends.local.learning import Learning
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_id, memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.ledger.standing import standing_of
from memos_mcp.backends.local.library import Library
from memos_mcp.backends.local.means import Means
from memos_mcp.backends.local.public import PublicMemories
from memos_mcp.backends.local.redaction import Redact
from memos_mcp.backends.local.retrieval.features import analyse, analyse_memory
from memos_mcp.backends.local.search import Search
from memos_mcp.backends.local.transferring import Transferring
from memos_mcp.backends.local.upkeep import Corrected, Correcting, Upkeep, keys
from memos_mcp.errors import InvalidRequest, NotFound
from memos_mcp.instructions import fit, with_instructions
from memos_mcp.limits import check_add, check_search
from memos_mcp.models import (
    AddFeedback,
    AddMessage,
    AddReceipt,
    ConversationPage,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    GetConversation,
    GetMemory,
    GetMessage,
    Memory,
    MemoryPage,
    Message,
    MessagePage,
    Preference,
    SearchMemory,
    SearchResult,
    StoreStatus,
    Task,
    UpdateMemory,
    UpdateReceipt,
)
from memos_mcp.perspective import bare

FEEDBACK_CONVERSATION = "feedback"

NO_INSTRUCTIONS = "custom_extract_prompt had no effect: it is for a chat model (MEMOS_EXTRACTOR=llm)."
HIDDEN = (
    "{} secret(s), such as keys or passwords, were replaced by a mark and not stored. "
    "MEMOS_SECRETS=keep stores them word for word."
)

T = TypeVar("T")


def milliseconds_now() -> int:
    """Give the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class LocalBackend:
    """Keeps everything in one folder of this machine.

    Each public method hops once to a thread: SQLite, Chroma and the model are synchronous.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        search: Search,
        indexing: Indexing,
        indexes: Indexes,
        learning: Learning,
        upkeep: Upkeep,
        correcting: Correcting,
        agent_memories: AgentMemories,
        clock: Callable[[], int],
        redact: Redact | None,
        offset: Callable[[int], int],
        copies: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        """Take collaborators that are running; `copies` gives the files to which the store was copied."""
        self._redact = redact
        self._offset = offset
        self._ledger = ledger
        self._search = search
        self._indexing = indexing
        self._forgetting = Forgetting(ledger, indexes, changed=indexing.wake, copies=copies)
        self._learning = learning
        self._correcting = correcting
        self._agent_memories = agent_memories
        self._clock = clock
        self._bases = KnowledgeBases(ledger, search, indexes, changed=indexing.wake, redact=redact)
        self._public = PublicMemories(ledger, search)
        self.browsing = Browsing(ledger, search, clock=clock, offset=offset)
        self.curating = Curating(ledger, upkeep, self.browsing, clock=clock, changed=indexing.wake, redact=redact)
        self.transferring = Transferring(ledger, changed=self._follow, redacts=redact is not None)
        self.means = Means(search, learning, clock=clock, redact=redact)
        self.library = Library(self._bases, clock=clock)

    def _follow(self) -> None:
        """Have the background take up what was added."""
        self._indexing.wake()
        self._learning.wake()

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        """Commit the messages to the ledger; vectors and memories follow."""
        check_add(request)
        receipt = await acting_for(user_id, self._ledger, partial(self._add, request, user_id))
        if not request.wait or receipt.status != "running":
            return receipt
        task = await self._completed(receipt.task_id, user_id=user_id)
        return receipt.model_copy(update={"status": task.status})

    def _add(self, request: AddMessage, user_id: str) -> AddReceipt:
        if not request.conversation_id:
            request = request.model_copy(update={"conversation_id": uuid.uuid4().hex[:12]})
        request, hidden = self._without_secrets(self._with_offsets(request))
        features = [analyse(message.content, role=message.role) for message in request.messages]
        with self._ledger.database.transaction():
            added = self._ledger.messages.add(request, user_id=user_id, features=features, now=self._clock())
            unsaid = "" if added.repeated else self._keep_memories(request, added.task_id)
            unused = "" if added.repeated else self._instruct(request, added.task_id)
        self._indexing.wake()
        self._learning.wake()
        status = self._task(added.task_id, user_id).status if added.repeated else "running"
        note = " ".join(filter(None, (HIDDEN.format(hidden) if hidden else "", unsaid, unused)))
        return AddReceipt(task_id=added.task_id, status=status, conversation_id=added.conversation_id, note=note)

    def _with_offsets(self, request: AddMessage) -> AddMessage:
        """Give messages whose time was written without an offset that of the user's time zone."""
        now = self._clock()
        messages = tuple(
            message
            if message.utc_offset is not None
            else message.model_copy(
                update={"utc_offset": self._offset(now if message.chat_time is None else message.chat_time)}
            )
            for message in request.messages
        )
        return request.model_copy(update={"messages": messages})

    def _keep_memories(self, request: AddMessage, task_id: str) -> str:
        """Keep the memories of the agent, and say what was not kept."""
        task = self._ledger.tasks.open(task_id) if request.memories else None
        return "" if task is None else self._agent_memories.keep(request.memories, task=task).note

    def _instruct(self, request: AddMessage, task_id: str) -> str:
        """Keep what the application wants to be learnt, and say where that has no effect."""
        if not request.custom_extract_prompt:
            return ""
        if not self._learning.takes_instructions:
            return NO_INSTRUCTIONS
        if task := self._ledger.tasks.open(task_id):
            self._ledger.instruct(task.key, request.custom_extract_prompt)
        return ""

    def _without_secrets(self, request: AddMessage) -> tuple[AddMessage, int]:
        if self._redact is None:
            return request, 0
        redacted = [self._redact(message.content) for message in request.messages]
        messages = tuple(
            message.model_copy(update={"content": content})
            for message, (content, _) in zip(request.messages, redacted, strict=True)
        )
        memories = tuple(
            memory.model_copy(update={"content": self._redact(memory.content)[0]}) for memory in request.memories
        )
        tags = [self._redact(tag) for tag in request.tags]
        info, in_info = redact_values(request.info)
        update = {"messages": messages, "memories": memories, "tags": tuple(tag for tag, _ in tags), "info": info}
        update["custom_extract_prompt"] = self._redact(request.custom_extract_prompt)[0]
        return request.model_copy(update=update), in_info + sum(hidden for _, hidden in (*redacted, *tags))

    async def _completed(self, task_id: str, *, user_id: str) -> Task:
        while True:
            task = await self.get_status(task_id, user_id=user_id)
            if task.status != "running":
                return task
            await anyio.sleep(0.02)

    async def search_memory(self, request: SearchMemory, *, user_id: str) -> SearchResult:
        """Rank by words, vectors, neighbours and time together."""
        check_search(request)
        filters.parse(request.filter)
        return await acting_for(user_id, self._ledger, partial(self._find, request, user_id), abandon=True)

    def _find(self, request: SearchMemory, user_id: str) -> SearchResult:
        standing = standing_of(self._ledger.database, user_id)
        now = self._clock() if request.query_time is None else request.query_time
        found = SearchResult() if standing is None else self._search.run(request, standing=standing, now=now)
        found = self._public.joined(found, request, user_id=user_id, now=now)
        if request.knowledgebase_ids:
            found = self._bases.joined(found, request, now=now)
        return with_instructions(fit(found, request), request)

    async def get_message(self, request: GetMessage, *, user_id: str) -> MessagePage:
        """Read a page of a conversation from the ledger."""
        return await acting_for(user_id, self._ledger, partial(self._messages, request, user_id))

    def _messages(self, request: GetMessage, user_id: str) -> MessagePage:
        user = self._ledger.messages.user_key(user_id)
        conversation = user and self._ledger.messages.conversation_key(user, request.conversation_id)
        if not conversation:
            raise NotFound(
                f'There is no conversation "{request.conversation_id[:100]}". Use the conversation_id that add_message '
                "answered, or look at memos://conversations."
            )
        total = self._ledger.messages.count(conversation)
        number = self._page_of(request, conversation) if request.message_id else request.page
        messages = self._ledger.messages.page(conversation, size=request.message_limit_number, page=number)
        return MessagePage(
            conversation_id=request.conversation_id,
            message_detail_list=tuple(messages),
            total=total,
            page=number,
            pages=_pages(total, request.message_limit_number),
        )

    def _page_of(self, request: GetMessage, conversation: int) -> int:
        later = self._ledger.messages.count_later(conversation, message_seq(request.message_id))
        if later is None:
            raise NotFound(
                f'Conversation "{request.conversation_id[:100]}" has no message "{request.message_id[:60]}". '
                "search_memory gives ids."
            )
        return later // request.message_limit_number + 1

    async def get_memory(self, request: GetMemory, *, user_id: str) -> MemoryPage:
        """Read memories from the ledger."""
        chosen = filters.parse(request.filter)
        return await acting_for(user_id, self._ledger, partial(self._known, request, user_id, chosen))

    def _known(self, request: GetMemory, user_id: str, chosen: filters.Filter | None) -> MemoryPage:
        user = self._ledger.messages.user_key(user_id)
        if request.memory_ids:
            return self._named(request.memory_ids, user)
        if user is None:
            return MemoryPage(size=request.size)
        condition, parameters = filters.to_sql(chosen) if chosen else ("TRUE", [])
        condition = f"status = 'activated' AND ({condition})"
        if not request.include_preference:
            condition = f"preference IS NULL AND {condition}"
        total = self._ledger.memories.count(user, condition=condition, parameters=parameters)
        seqs = self._ledger.memories.newest(
            user, condition=condition, parameters=parameters, size=request.size, page=request.page
        )
        stored = self._ledger.memories.by_seq(user, seqs)
        page = _memory_page([stored[seq] for seq in seqs], total=total, size=request.size, page=request.page)
        unknown = filters.unknown_fields(chosen, user, (self._ledger.messages, self._ledger.memories))
        return page.model_copy(update={"notice": filters.about_unknown(unknown), "unknown_fields": unknown})

    def _named(self, memory_ids: tuple[str, ...], user: int | None) -> MemoryPage:
        seqs = self._seqs(memory_ids, user)
        stored = self._ledger.memories.by_seq(user or 0, seqs)
        return _memory_page([stored[seq] for seq in seqs], total=len(seqs), size=len(seqs), page=1)

    def _seqs(self, memory_ids: tuple[str, ...], user: int | None) -> list[int]:
        seqs = {identifier: memory_seq(identifier) for identifier in memory_ids}
        stored = self._ledger.memories.by_seq(user or 0, [seq for seq in seqs.values() if seq is not None])
        unknown = [identifier for identifier, seq in seqs.items() if seq not in stored]
        if unknown:
            shown = ", ".join(f'"{identifier[:60]}"' for identifier in unknown[:5])
            raise NotFound(
                f"There is no memory {shown}. Take ids from search_memory or get_memory; nothing was changed.",
                code=40307,
            )
        return [seq for seq in seqs.values() if seq is not None]

    async def get_conversation(self, request: GetConversation, *, user_id: str) -> ConversationPage:
        """Read the list of conversations from the ledger."""
        return await acting_for(user_id, self._ledger, partial(self._conversations, request, user_id))

    def _conversations(self, request: GetConversation, user_id: str) -> ConversationPage:
        user = self._ledger.messages.user_key(user_id)
        if user is None:
            return ConversationPage(size=request.size)
        found, total = self._ledger.messages.conversations(
            user, prefix=request.prefix, size=request.size, page=request.page
        )
        return ConversationPage(
            conversation_detail_list=tuple(found),
            total=total,
            size=request.size,
            current=request.page,
            pages=_pages(total, request.size),
        )

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        """Remove what is named, and what cannot be without it, from the ledger; the vectors follow."""
        return await acting_for(user_id, self._ledger, partial(self._forgetting.delete, request, user_id=user_id))

    async def update_memory(self, request: UpdateMemory, *, user_id: str) -> UpdateReceipt:
        """Rewrite a memory in the ledger; its vector follows."""
        if not request.content and not request.title:
            raise InvalidRequest("Give content, title or both; nothing was changed.", code=40002)
        return await acting_for(user_id, self._ledger, partial(self._update, request, user_id))

    def _update(self, request: UpdateMemory, user_id: str) -> UpdateReceipt:
        if self._redact is not None:
            request = request.model_copy(
                update={"content": self._redact(request.content)[0], "title": self._redact(request.title)[0]}
            )
        user = self._ledger.messages.user_key(user_id)
        (seq,) = self._seqs((request.memory_id,), user)
        known = self._ledger.memories.by_seq(user or 0, [seq])[seq]
        title, value = (
            ("", known.preference) if isinstance(known, Preference) else (known.memory_key, known.memory_value)
        )
        value = request.content or value
        self._ledger.changes.rewrite(
            user or 0,
            seq,
            title=request.title or title,
            value=value,
            features=analyse_memory(value),
            keys=keys(value),
            now=self._clock(),
        )
        self._indexing.wake()
        return UpdateReceipt()

    async def add_feedback(self, request: AddFeedback, *, user_id: str) -> FeedbackReceipt:
        """Keep the correction as something the user said, and archive or set right at once what it is meant of."""
        message = Message(role="user", content=request.feedback_content, chat_time=request.feedback_time)
        conversation_id = request.conversation_id or FEEDBACK_CONVERSATION
        kept = AddMessage(messages=(message,), conversation_id=conversation_id, allow_public=request.allow_public)
        check_add(kept)
        return await acting_for(user_id, self._ledger, partial(self._correct, kept, user_id, request.memory_ids))

    def _correct(self, request: AddMessage, user_id: str, memory_ids: tuple[str, ...]) -> FeedbackReceipt:
        request, _ = self._without_secrets(self._with_offsets(request))
        named = self._seqs(memory_ids, self._ledger.messages.user_key(user_id))
        added, corrected = self._correcting.take(request, user_id=user_id, named=named)
        self._indexing.wake()
        self._learning.wake()
        return FeedbackReceipt(
            task_id=added.task_id,
            status="running" if corrected.learns else "completed",
            archived=tuple(map(memory_id, corrected.archived)),
            added=tuple(map(memory_id, corrected.added)),
            note=self._unchanged(corrected, user_id),
        )

    def _unchanged(self, corrected: Corrected, user_id: str) -> str:
        """Say why a correction changed nothing, and what to do."""
        if corrected.archived:
            return ""
        if corrected.known:
            return f"Nothing was changed: {', '.join(map(memory_id, corrected.known))} says so already."
        user = self._ledger.messages.user_key(user_id)
        nearest = self._ledger.memories.by_seq(user or 0, corrected.nearest)
        if not nearest:
            return "Nothing was changed: no memory is like this. add_message stores what is new."
        shown = "; ".join(f'{memory_id(seq)} "{_beginning(nearest[seq])}"' for seq in corrected.nearest)
        return f"Nothing was changed. Which memory is meant? The nearest: {shown}. Repeat with its id in memory_ids."

    async def status(self) -> StoreStatus:
        """Say how much is kept and what waits."""
        return await _in_thread(self._ledger.status)

    async def get_status(self, task_id: str, *, user_id: str) -> Task:
        """Read a task from the ledger."""
        return await acting_for(user_id, self._ledger, partial(self._task, task_id, user_id))

    async def memory_owner(self, memory_id: str) -> str | None:
        """Give the user who has a memory: the REST contract names memories by their ids alone."""
        seq = memory_seq(memory_id)
        return None if seq is None else await _in_thread(partial(self._ledger.memories.owner, seq))

    async def task_owner(self, task_id: str) -> str | None:
        """Give the user whose add left a task behind."""
        return await _in_thread(partial(self._ledger.tasks.owner, task_id))

    def _task(self, task_id: str, user_id: str) -> Task:
        user = self._ledger.messages.user_key(user_id)
        task = None if user is None else self._ledger.tasks.status(task_id, user=user)
        if task is None:
            raise NotFound(f'There is no task "{task_id[:60]}". Use the task_id that an add answered.', code=50131)
        return task


def _beginning(known: Memory | Preference) -> str:
    return shorten(bare(known.memory_value) if isinstance(known, Memory) else known.preference, limit=80)


def _pages(total: int, size: int) -> int:
    return max(1, -(-total // max(1, size)))


def _memory_page(known: list[Memory | Preference], *, total: int, size: int, page: int) -> MemoryPage:
    return MemoryPage(
        memory_detail_list=tuple(one for one in known if isinstance(one, Memory)),
        preference_detail_list=tuple(one for one in known if isinstance(one, Preference)),
        total=total,
        size=size,
        current=page,
        pages=_pages(total, size),
    )


async def _in_thread(call: Callable[[], T], *, abandon: bool = False) -> T:
    return await anyio.to_thread.run_sync(call, abandon_on_cancel=abandon)
