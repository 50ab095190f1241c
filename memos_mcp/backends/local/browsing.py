"""What is kept of a user, as `/api/v1` shows it: at a glance, in lists, one by one, and found with reasons."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.counts import counts_of, days_of
from memos_mcp.backends.local.ledger.history import Change
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.ledger.standing import standing_of
from memos_mcp.backends.local.ledger.user_thread import acting_for, in_user_thread
from memos_mcp.backends.local.retrieval.query import Reasons
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.backends.local.text.mentions import Mention
from memos_mcp.core.api_models import (
    ConversationList,
    ConversationsQuery,
    Counts,
    Hit,
    Home,
    MemoriesQuery,
    MemoryChange,
    MemoryDetail,
    MemoryList,
    MessageList,
    MessagesQuery,
    SearchHits,
    SearchQuery,
    Shown,
    ShownMemory,
    Why,
    iso_time,
)
from memos_mcp.core.errors import NotFound
from memos_mcp.core.limits import check_search
from memos_mcp.core.models import SearchMemory, SearchResult, StoreStatus
from memos_mcp.core.perspective import bare

AT_A_GLANCE = 12
"""Memories and preferences of each list of the home."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """What `/api/v1` and the page show of a user; every method sees the given user's data alone.

    `offset` gives the minutes ahead of UTC of the user's place at a time. What the MemOS contract reads of the same
    ledger is in `LedgerReader`.
    """

    ledger: Ledger
    retriever: Retriever
    clock: Callable[[], int]
    offset: Callable[[int], int]

    @in_user_thread
    def counts(self, *, user_id: str) -> Counts:
        """Count what is kept of a user."""
        user = self.ledger.messages.user_key(user_id)
        return Counts() if user is None else counts_of(self.ledger.database, user)

    async def store_status(self) -> StoreStatus:
        """Say how much is kept of all users, and what waits."""
        return await run_sync(self.ledger.status)

    @in_user_thread
    def home(self, *, user_id: str) -> Home:
        """Return what is known at a glance."""
        user = self.ledger.messages.user_key(user_id)
        if user is None:
            return Home()

        def listed(query: MemoriesQuery) -> tuple[ShownMemory, ...]:
            return self.ledger.memory_lists.part(user, query.model_copy(update={"limit": AT_A_GLANCE}))[0]

        return Home(
            profile=listed(MemoriesQuery(kind="memory", sort="confidence")),
            preferences=listed(MemoriesQuery(kind="preference")),
            newest=listed(MemoriesQuery()),
            counts=counts_of(self.ledger.database, user),
            days=days_of(self.ledger.database, user, offset=self.offset(self.clock())),
        )

    @in_user_thread
    def memories(self, query: MemoriesQuery, *, user_id: str) -> MemoryList:
        """Return a part of the list of memories."""
        user = self.ledger.messages.user_key(user_id)
        if user is None:
            return MemoryList()
        conversation = self.ledger.messages.conversation_key(user, query.conversation_id)
        return self.ledger.memory_lists.counted(user, query, conversation=conversation)

    @in_user_thread
    def memory(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Return one memory with its messages, its history and what it replaced.

        Raises:
            NotFound: there is none.
        """
        user, seq = self.ledger.messages.user_key(user_id), memory_seq(memory_id)
        by_seq = partial(self.ledger.memory_lists.by_seq, user or 0)
        shown = by_seq([seq or 0]).get(seq or 0)
        if user is None or seq is None or shown is None:
            raise NotFound(f'There is no memory "{memory_id[:60]}".', code=40307)
        sources = self.ledger.memories.source_seqs(seq)
        return MemoryDetail(
            memory=shown,
            sources=tuple(self.ledger.conversation_lists.messages_by_seq(user, sources).values()),
            history=tuple(_told(change) for change in self.ledger.history.of(seq)),
            replaces=tuple(by_seq(_seqs(memory_seq, shown.replaces)).values()),
            replaced_by=tuple(by_seq(_seqs(memory_seq, [shown.replaced_by])).values()),
            can_undo=self.ledger.history.last_undoable(seq) is not None,
        )

    @in_user_thread
    def conversations(self, query: ConversationsQuery, *, user_id: str) -> ConversationList:
        """Return a part of the list of conversations, the last used first."""
        user = self.ledger.messages.user_key(user_id)
        return ConversationList() if user is None else self.ledger.conversation_lists.conversations(user, query)

    @in_user_thread
    def messages(self, conversation_id: str, query: MessagesQuery, *, user_id: str) -> MessageList:
        """Return a part of a conversation, oldest first.

        Raises:
            NotFound: there is none, or it does not have the message that is named.
        """
        user = self.ledger.messages.user_key(user_id)
        conversation = None if user is None else self.ledger.messages.conversation_key(user, conversation_id)
        if user is None or conversation is None:
            raise NotFound(f'There is no conversation "{conversation_id[:100]}".')
        read = partial(self.ledger.conversation_lists.messages, user, conversation, text=query.text)
        if query.after:
            after, more = read(seq=_seq(query.after), side="after", limit=query.limit)
            return MessageList(messages=tuple(after), has_before=True, has_after=more)
        middle = self._middle(conversation, query)
        if middle is None:
            before, more = read(seq=_seq(query.before) if query.before else None, side="before", limit=query.limit)
            return MessageList(messages=tuple(before), has_before=more, has_after=bool(query.before))
        before, more_before = read(seq=middle, side="before", limit=query.limit // 2 if query.around else 1)
        after, more_after = read(seq=middle - 1, side="after", limit=query.limit - len(before))
        return MessageList(messages=(*before, *after), has_before=more_before, has_after=more_after)

    async def search(self, query: SearchQuery, *, user_id: str) -> SearchHits:
        """Search, and say of each hit why it was found; best first, memories and messages together."""
        return await acting_for(user_id, self.ledger, partial(self._found, query, user_id), abandon=True)

    @in_user_thread
    def shown(self, memory_ids: Sequence[str], message_ids: Sequence[str], *, user_id: str) -> Shown:
        """Return memories and messages by their ids, as far as there are any."""
        user = self.ledger.messages.user_key(user_id)
        if user is None:
            return Shown()
        memories, messages = _seqs(memory_seq, memory_ids), _seqs(message_seq, message_ids)
        return Shown(
            memories=tuple(self.ledger.memory_lists.by_seq(user, memories).values()),
            messages=tuple(self.ledger.conversation_lists.messages_by_seq(user, messages).values()),
        )

    @in_user_thread
    def mentions(self, text: str, *, user_id: str) -> int:
        """Count what speaks of a word or a person."""
        user = self.ledger.messages.user_key(user_id)
        return 0 if user is None else self.ledger.removal.mentions(user, Mention(text)).count

    def _middle(self, conversation: int, query: MessagesQuery) -> int | None:
        if query.around:
            return _seq(query.around)
        if query.date is None:
            return None
        return self.ledger.conversation_lists.first_since(conversation, query.date)

    def _found(self, query: SearchQuery, user_id: str) -> SearchHits:
        request = _request(query)
        check_search(request)
        standing = standing_of(self.ledger.database, user_id)
        if standing is None:
            return SearchHits()
        found = self.retriever.explained(request, standing=standing, now=self.clock())
        hits = self._hits(found.result, standing.user, memories=found.memories, messages=found.messages)
        return SearchHits(hits=hits, notice=found.result.notice)

    def _hits(
        self, result: SearchResult, user: int, *, memories: Mapping[int, Reasons], messages: Mapping[int, Reasons]
    ) -> tuple[Hit, ...]:
        known = (*result.memory_detail_list, *result.preference_detail_list)
        shown = self.ledger.memory_lists.by_seq(user, [_seq(one.id) for one in known])
        said = self.ledger.conversation_lists.messages_by_seq(
            user, [_seq(one.id) for one in result.message_detail_list]
        )
        hits = [
            Hit(type=memory.kind, id=one.id, relativity=one.relativity or 0, why=_why(memories.get(seq)), memory=memory)
            for one in known
            if (memory := shown.get(seq := _seq(one.id)))
        ]
        hits += [
            Hit(type="message", id=one.id, relativity=one.relativity or 0, why=_why(messages.get(seq)), message=message)
            for one in result.message_detail_list
            if (message := said.get(seq := _seq(one.id)))
        ]
        return tuple(sorted(hits, key=lambda hit: -hit.relativity))


def _seq(identifier: str) -> int:
    """Read the key of a memory or message from its id.

    Raises:
        NotFound: it is no id.
    """
    seq = message_seq(identifier) if identifier.startswith("m") else memory_seq(identifier)
    if seq is None:
        raise NotFound(f'There is no message "{identifier[:60]}".')
    return seq


def _seqs(read: Callable[[str], int | None], identifiers: Iterable[str]) -> list[int]:
    """Read the keys of ids, as far as they can be ones."""
    return [seq for seq in map(read, identifiers) if seq is not None]


def _request(query: SearchQuery) -> SearchMemory:
    kinds = {kind for kind in query.kinds.split(",") if kind} or {"memory", "preference", "message"}
    return SearchMemory(
        query=query.query,
        filter=query.condition(),
        memory_limit_number=query.limit if "memory" in kinds else 0,
        preference_limit_number=query.limit if "preference" in kinds else 0,
        message_limit_number=query.limit if "message" in kinds else 0,
        include_preference="preference" in kinds,
        relativity=0,
    )


def _why(reasons: Reasons | None) -> Why:
    if reasons is None:
        return Why()
    return Why(words=reasons.words, meaning=reasons.meaning, time=reasons.time, neighbours=reasons.neighbours)


def _told(change: Change) -> MemoryChange:
    value = change.after.get("memory_value")
    return MemoryChange(
        time=iso_time(change.time),
        what=change.event,
        value=bare(value) if isinstance(value, str) else None,
        undone=change.undone,
    )
