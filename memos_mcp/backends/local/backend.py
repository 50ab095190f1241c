"""The backend on this machine: a ledger of record, and what is derived from it in the background."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from memos_mcp.backends.local.adding import Adding
from memos_mcp.backends.local.browsing import Browsing
from memos_mcp.backends.local.consolidation import Consolidation, Feedback, FeedbackOutcome, keys
from memos_mcp.backends.local.consolidation.agent_memories import AgentMemories
from memos_mcp.backends.local.consolidation.learning import Learning
from memos_mcp.backends.local.curation.deletion import Deletion
from memos_mcp.backends.local.curation.editing import Curating
from memos_mcp.backends.local.curation.ledger_transfer import Transferring
from memos_mcp.backends.local.knowledge.knowledge_bases import KnowledgeBases
from memos_mcp.backends.local.knowledge.library import Library
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_id, memory_seq
from memos_mcp.backends.local.ledger.standing import standing_of
from memos_mcp.backends.local.ledger.user_thread import acting_for, in_user_thread
from memos_mcp.backends.local.ledger_reader import LedgerReader
from memos_mcp.backends.local.search import filters
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.search.public import PublicMemories
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.backends.local.stateless import LocalStateless
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.backends.local.text.sentences import shorten
from memos_mcp.backends.local.vectors.indexing import Indexing
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.limits import check_add, check_search
from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    AddReceipt,
    DeleteMemory,
    DeleteReceipt,
    FeedbackReceipt,
    Memory,
    Message,
    Preference,
    SearchMemory,
    SearchResult,
    StoreStatus,
    Task,
    UpdateMemory,
    UpdateReceipt,
)
from memos_mcp.core.perspective import bare
from memos_mcp.rendering.instructions import fit, with_instructions

FEEDBACK_CONVERSATION = "feedback"


def milliseconds_now() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class LocalBackend(LedgerReader):
    """Keeps everything in one folder of this machine; what it reads alone, it reads as `LedgerReader` does.

    Each public method hops once to a thread: SQLite, Chroma and the model are synchronous.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        search: Retriever,
        indexing: Indexing,
        indexes: Indexes,
        learning: Learning,
        upkeep: Consolidation,
        correcting: Feedback,
        agent_memories: AgentMemories,
        clock: Callable[[], int],
        redact: Redact | None,
        offset: Callable[[int], int],
        copies: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        """Take collaborators that are running; `copies` gives the files to which the store was copied."""
        super().__init__(ledger)
        self._redact = redact
        self._search = search
        self._indexing = indexing
        self._forgetting = Deletion(ledger, indexes, changed=indexing.wake, copies=copies)
        self._learning = learning
        self._correcting = correcting
        self._clock = clock
        self._adding = Adding(
            ledger,
            self,
            agent_memories=agent_memories,
            learning=learning,
            clock=clock,
            redact=redact,
            offset=offset,
            changed=self._follow,
        )
        self._bases = KnowledgeBases(ledger, search, indexes, changed=indexing.wake, redact=redact)
        self._public = PublicMemories(ledger, search)
        self.browsing = Browsing(ledger, search, clock, offset)
        self.curating = Curating(ledger, upkeep, self.browsing, clock=clock, changed=indexing.wake, redact=redact)
        self.transferring = Transferring(ledger, self._follow, redact is not None)
        self.means = LocalStateless(search, learning, clock, redact)
        self.library = Library(self._bases, clock=clock)

    def _follow(self) -> None:
        """Have the background take up what was added."""
        self._indexing.wake()
        self._learning.wake()

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        """Commit the messages to the ledger; vectors and memories follow."""
        check_add(request)
        receipt = await acting_for(user_id, self.ledger, partial(self._adding.add, request, user_id))
        if not request.wait or receipt.status != "running":
            return receipt
        task = await self._completed(receipt.task_id, user_id=user_id)
        return receipt.model_copy(update={"status": task.status})

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
        return await acting_for(user_id, self.ledger, partial(self._find, request, user_id), abandon=True)

    def _find(self, request: SearchMemory, user_id: str) -> SearchResult:
        standing = standing_of(self.ledger.database, user_id)
        now = self._clock() if request.query_time is None else request.query_time
        found = SearchResult() if standing is None else self._search.run(request, standing=standing, now=now)
        found = self._public.joined(found, request, user_id=user_id, standing=standing, now=now)
        if request.knowledgebase_ids:
            found = self._bases.joined(found, request, now=now)
        return with_instructions(fit(found, request), request)

    async def delete_memory(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        """Remove what is named, and what cannot be without it, from the ledger; the vectors follow."""
        return await acting_for(user_id, self.ledger, partial(self._forgetting.delete, request, user_id=user_id))

    @in_user_thread
    def update_memory(self, request: UpdateMemory, *, user_id: str) -> UpdateReceipt:
        """Rewrite a memory in the ledger; its vector follows."""
        if not request.content and not request.title:
            raise InvalidRequest("Give content, title or both; nothing was changed.", code=40002)
        user = self.ledger.messages.user_key(user_id)
        (seq,) = self.seqs((request.memory_id,), user)
        before = self.ledger.changes.wording(seq)
        given = (request.content, request.title)
        content, title = (self._redact(text)[0] for text in given) if self._redact else given
        value = content or before.value
        self.ledger.changes.rewrite(
            user or 0, seq, title=title or before.title, value=value, keys=keys(value), now=self._clock()
        )
        self._indexing.wake()
        return UpdateReceipt()

    async def add_feedback(self, request: AddFeedback, *, user_id: str) -> FeedbackReceipt:
        """Keep the correction as something the user said, and archive or set right at once what it is meant of."""
        message = Message(role="user", content=request.feedback_content, chat_time=request.feedback_time)
        conversation_id = request.conversation_id or FEEDBACK_CONVERSATION
        kept = AddMessage(messages=(message,), conversation_id=conversation_id, allow_public=request.allow_public)
        check_add(kept)
        return await acting_for(user_id, self.ledger, partial(self._correct, kept, user_id, request.memory_ids))

    def _correct(self, request: AddMessage, user_id: str, memory_ids: tuple[str, ...]) -> FeedbackReceipt:
        request, _ = self._adding.prepared(request)
        named = self.seqs(memory_ids, self.ledger.messages.user_key(user_id))
        added, corrected = self._correcting.take(request, user_id=user_id, named=named)
        self._follow()
        return FeedbackReceipt(
            task_id=added.task_id,
            status="running" if corrected.learns else "completed",
            archived=tuple(map(memory_id, corrected.archived)),
            added=tuple(map(memory_id, corrected.added)),
            note=self._unchanged(corrected, user_id),
        )

    def _unchanged(self, corrected: FeedbackOutcome, user_id: str) -> str:
        """Say why a correction changed nothing, and what to do."""
        if corrected.archived:
            return ""
        if corrected.known:
            return f"Nothing was changed: {', '.join(map(memory_id, corrected.known))} says so already."
        user = self.ledger.messages.user_key(user_id)
        nearest = self.ledger.memories.by_seq(user or 0, corrected.nearest)
        if not nearest:
            about = f'"{shorten(corrected.about, limit=80)}"' if corrected.about else "this"
            return f"Nothing was changed: nothing about {about} is remembered. add_message stores what is new."
        shown = "; ".join(f'{memory_id(seq)} "{_beginning(nearest[seq])}"' for seq in corrected.nearest)
        return f"Nothing was changed. Which memory is meant? The nearest: {shown}. Repeat with its id in memory_ids."

    async def status(self) -> StoreStatus:
        """Say how much is kept and what waits."""
        return await run_sync(self.ledger.status)

    async def memory_owner(self, memory_id: str) -> str | None:
        """Return the user who has a memory: the REST contract names memories by their ids alone."""
        seq = memory_seq(memory_id)
        return None if seq is None else await run_sync(self.ledger.memories.owner, seq)

    async def task_owner(self, task_id: str) -> str | None:
        """Return the user whose add left a task behind."""
        return await run_sync(self.ledger.tasks.owner, task_id)


def _beginning(known: Memory | Preference) -> str:
    return shorten(bare(known.memory_value) if isinstance(known, Memory) else known.preference, limit=80)
