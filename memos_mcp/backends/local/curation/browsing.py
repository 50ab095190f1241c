"""What is kept of a user, as people look at it: at a glance, page by page, one by one, and found with reasons."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from anyio.to_thread import run_sync

from memos_mcp.backends.local.ledger.history import Change
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.messages import message_seq
from memos_mcp.backends.local.ledger.standing import standing_of
from memos_mcp.backends.local.ledger.user_thread import acting_for
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


class LocalBrowsing:
    """Reads the ledger for people; each public method hops once to a thread."""

    def __init__(
        self, ledger: Ledger, search: Retriever, *, clock: Callable[[], int], offset: Callable[[int], int]
    ) -> None:
        """Take ready collaborators; `offset` gives the minutes ahead of UTC of the user's place at a time."""
        self._ledger = ledger
        self._search = search
        self._clock = clock
        self._offset = offset

    async def counts(self, *, user_id: str) -> Counts:
        """Count what is kept of a user."""
        return await acting_for(user_id, self._ledger, partial(self._counts, user_id))

    async def store_status(self) -> StoreStatus:
        """Say how much is kept of all users, and what waits."""
        return await run_sync(self._ledger.status)

    async def home(self, *, user_id: str) -> Home:
        """Return what is known at a glance."""
        return await acting_for(user_id, self._ledger, partial(self._home, user_id))

    async def memories(self, query: MemoriesQuery, *, user_id: str) -> MemoryList:
        """Return a page of memories."""
        return await acting_for(user_id, self._ledger, partial(self._memories, query, user_id))

    async def memory(self, memory_id: str, *, user_id: str) -> MemoryDetail:
        """Return one memory with all that belongs to it."""
        return await acting_for(user_id, self._ledger, partial(self._memory, memory_id, user_id))

    async def conversations(self, query: ConversationsQuery, *, user_id: str) -> ConversationList:
        """Return a page of conversations."""
        return await acting_for(user_id, self._ledger, partial(self._conversations, query, user_id))

    async def messages(self, conversation_id: str, query: MessagesQuery, *, user_id: str) -> MessageList:
        """Return a part of a conversation."""
        return await acting_for(user_id, self._ledger, partial(self._messages, conversation_id, query, user_id))

    async def search(self, query: SearchQuery, *, user_id: str) -> SearchHits:
        """Search, and say of each hit why it was found."""
        return await acting_for(user_id, self._ledger, partial(self._found, query, user_id), abandon=True)

    async def shown(self, memory_ids: Sequence[str], message_ids: Sequence[str], *, user_id: str) -> Shown:
        """Return memories and messages by their ids, as far as there are any."""
        return await acting_for(user_id, self._ledger, partial(self._shown, memory_ids, message_ids, user_id))

    async def mentions(self, text: str, *, user_id: str) -> int:
        """Count what speaks of a word or a person."""
        return await acting_for(user_id, self._ledger, partial(self._mentions, text, user_id))

    def _shown(self, memory_ids: Sequence[str], message_ids: Sequence[str], user_id: str) -> Shown:
        user = self._ledger.messages.user_key(user_id)
        if user is None:
            return Shown()
        memories = [seq for seq in map(memory_seq, memory_ids) if seq is not None]
        messages = [seq for seq in map(message_seq, message_ids) if seq is not None]
        return Shown(
            memories=tuple(self._ledger.pages.memories_by_seq(user, memories).values()),
            messages=tuple(self._ledger.pages.messages_by_seq(user, messages).values()),
        )

    def _mentions(self, text: str, user_id: str) -> int:
        user = self._ledger.messages.user_key(user_id)
        if user is None:
            return 0
        found = self._ledger.removal.mentions(user, Mention(text))
        return len(found.messages) + len(found.memories) + len(found.changes)

    def _counts(self, user_id: str) -> Counts:
        user = self._ledger.messages.user_key(user_id)
        return Counts() if user is None else self._ledger.pages.counts(user)

    def _home(self, user_id: str) -> Home:
        pages, user = self._ledger.pages, self._ledger.messages.user_key(user_id)
        if user is None:
            return Home()

        def listed(query: MemoriesQuery) -> tuple[ShownMemory, ...]:
            return pages.memories_of_page(user, query.model_copy(update={"limit": AT_A_GLANCE}))[0]

        return Home(
            profile=listed(MemoriesQuery(kind="memory", sort="confidence")),
            preferences=listed(MemoriesQuery(kind="preference")),
            newest=listed(MemoriesQuery()),
            counts=pages.counts(user),
            days=pages.days(user, offset=self._offset(self._clock())),
        )

    def _memories(self, query: MemoriesQuery, user_id: str) -> MemoryList:
        user = self._ledger.messages.user_key(user_id)
        if user is None:
            return MemoryList()
        conversation = self._ledger.messages.conversation_key(user, query.conversation_id)
        return self._ledger.pages.memories(user, query, conversation=conversation)

    def _memory(self, memory_id: str, user_id: str) -> MemoryDetail:
        user, seq = self._ledger.messages.user_key(user_id), memory_seq(memory_id)
        found = {} if user is None or seq is None else self._ledger.pages.memories_by_seq(user, [seq])
        if user is None or seq is None or not found:
            raise NotFound(f'There is no memory "{memory_id[:60]}".', code=40307)
        shown = found[seq]
        replaced_by = [key for key in (memory_seq(shown.replaced_by),) if key is not None]
        replaces = [key for key in map(memory_seq, shown.replaces) if key is not None]
        return MemoryDetail(
            memory=shown,
            sources=tuple(self._ledger.pages.messages_by_seq(user, self._ledger.memories.source_seqs(seq)).values()),
            history=tuple(_told(change) for change in self._ledger.history.of(seq)),
            replaces=tuple(self._ledger.pages.memories_by_seq(user, replaces).values()),
            replaced_by=tuple(self._ledger.pages.memories_by_seq(user, replaced_by).values()),
            can_undo=self._ledger.history.last_undoable(seq) is not None,
        )

    def _conversations(self, query: ConversationsQuery, user_id: str) -> ConversationList:
        user = self._ledger.messages.user_key(user_id)
        return ConversationList() if user is None else self._ledger.pages.conversations(user, query)

    def _messages(self, conversation_id: str, query: MessagesQuery, user_id: str) -> MessageList:
        user = self._ledger.messages.user_key(user_id)
        conversation = None if user is None else self._ledger.messages.conversation_key(user, conversation_id)
        if user is None or conversation is None:
            raise NotFound(f'There is no conversation "{conversation_id[:100]}".')
        read = partial(self._ledger.pages.messages, user, conversation, text=query.text)
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

    def _middle(self, conversation: int, query: MessagesQuery) -> int | None:
        if query.around:
            return _seq(query.around)
        if query.date is None:
            return None
        return self._ledger.pages.first_since(conversation, query.date)

    def _found(self, query: SearchQuery, user_id: str) -> SearchHits:
        request = _request(query)
        check_search(request)
        standing = standing_of(self._ledger.database, user_id)
        if standing is None:
            return SearchHits()
        found = self._search.explained(request, standing=standing, now=self._clock())
        hits = self._hits(found.result, standing.user, memories=found.memories, messages=found.messages)
        return SearchHits(hits=hits, notice=found.result.notice)

    def _hits(
        self, result: SearchResult, user: int, *, memories: Mapping[int, Reasons], messages: Mapping[int, Reasons]
    ) -> tuple[Hit, ...]:
        known = (*result.memory_detail_list, *result.preference_detail_list)
        shown = self._ledger.pages.memories_by_seq(user, [_seq(one.id) for one in known])
        said = self._ledger.pages.messages_by_seq(user, [_seq(one.id) for one in result.message_detail_list])
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
