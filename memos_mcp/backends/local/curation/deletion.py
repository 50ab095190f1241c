"""Deleting what a user wants gone: memories, messages, conversations, a stretch of one, or all about a word."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_id, memory_seq
from memos_mcp.backends.local.ledger.messages import message_id, message_seq
from memos_mcp.backends.local.ledger.removal import Mentions
from memos_mcp.backends.local.search import filters
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.text.mentions import Mention
from memos_mcp.core.errors import Forbidden, InvalidRequest, NotFound
from memos_mcp.core.models import DeleteMemory, DeleteReceipt, Memory, Stretch, epoch_milliseconds

SHOWN = 5
"""Unknown ids that a refusal names."""

SHOWN_MESSAGES = 50
"""Messages of each kind that a receipt shows."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """Works out what a deletion takes with it, and has every part of the store follow.

    `changed` is called where the vector index has to follow; `copies` gives the files to which the store was copied,
    which hold what they held then.
    """

    ledger: Ledger
    indexes: Indexes
    changed: Callable[[], None]
    copies: Callable[[], Sequence[Path]]

    def delete(self, request: DeleteMemory, *, user_id: str) -> DeleteReceipt:
        """Delete what a request names, or with `dry_run` say what that is.

        Raises:
            NotFound: something named is unknown; nothing was deleted.
            Forbidden: a memory that is named is another user's, who made it public.
            InvalidRequest: nothing is named.
        """
        user = self.ledger.messages.user_key(user_id)
        if request.everything:
            return self._all_of(user, request)
        doomed = self._doomed(request, user)
        if user is None:
            return DeleteReceipt(dry_run=request.dry_run)
        tables = (self.ledger.messages, self.ledger.memories)
        unknown = filters.unknown_fields(filters.parse(request.filter), user, tables)
        sources = self.ledger.removal.sources_of(doomed.memories)
        if request.delete_messages or request.text:
            doomed.messages.update(sources)
        doomed.memories.update(self.ledger.removal.orphans_of(doomed.messages))
        doomed.memories.update(self._telling_of(doomed, user))
        receipt = self._receipt(request, doomed, held=sources - doomed.messages)
        if not request.dry_run and (doomed.memories or doomed.messages or doomed.changes):
            self._remove(user, doomed)
        return receipt.model_copy(update={"unknown_fields": unknown})

    def left(self, request: DeleteMemory, *, user_id: str) -> int:
        """Count what still speaks of the text of a request; 0 where it has none."""
        user = self.ledger.messages.user_key(user_id)
        return self.ledger.removal.mentions(user, Mention(request.text)).count if user and request.text else 0

    def _doomed(self, request: DeleteMemory, user: int | None) -> Mentions:
        doomed = Mentions()
        if request.text:
            wording = Mention(request.text)
            if user is not None:
                doomed = self.ledger.removal.mentions(user, wording)
        if request.memory_ids:
            doomed.memories.update(self._memories(request.memory_ids, user))
        if request.message_ids:
            doomed.messages.update(self._messages(request.message_ids, user))
        if request.conversation_ids or request.stretch:
            doomed.messages.update(self._said(request, user))
        names = (request.text, request.memory_ids, request.message_ids, request.conversation_ids, request.stretch)
        if not any(names):
            doomed.memories.update(self._matching(request, user))
        return doomed

    def _memories(self, identifiers: Sequence[str], user: int | None) -> set[int]:
        seqs = {identifier: memory_seq(identifier) for identifier in identifiers}
        known = self.ledger.memories.by_seq(user or 0, [seq for seq in seqs.values() if seq is not None])
        unknown = {one: seq for one, seq in seqs.items() if seq not in known}
        with self.ledger.database.of_user("*"):
            public = self.ledger.memories.public([seq for seq in unknown.values() if seq is not None])
        if others := [one for one, seq in unknown.items() if seq in public]:
            raise Forbidden(
                f'Memory "{others[0]}" is another user\'s, who made it public and alone can delete it; nothing was '
                "changed.",
                code=40306,
            )
        _check("memory", list(unknown), code=40307)
        return set(known)

    def _messages(self, identifiers: Sequence[str], user: int | None) -> set[int]:
        seqs = {identifier: message_seq(identifier) for identifier in identifiers}
        known = self.ledger.removal.messages_among(user or 0, [seq for seq in seqs.values() if seq is not None])
        _check("message", [one for one, seq in seqs.items() if seq not in known])
        return known

    def _said(self, request: DeleteMemory, user: int | None) -> set[int]:
        """Return the messages of the conversations, and of the stretch, that a request names."""
        wanted = [*request.conversation_ids, *([request.stretch.conversation_id] if request.stretch else [])]
        keys = {one: user and self.ledger.messages.conversation_key(user, one) for one in wanted}
        _check("conversation", [one for one, key in keys.items() if not key])
        whole = [key for one in request.conversation_ids if (key := keys[one])]
        messages = self.ledger.removal.messages_of(whole)
        if request.stretch and (key := keys[request.stretch.conversation_id]):
            messages |= self._between(request.stretch, key)
        return messages

    def _between(self, stretch: Stretch, conversation: int) -> set[int]:
        first, last = (_bound(bound) for bound in (stretch.first, stretch.last))
        condition = f"conversation = ? AND {first[0]} >= ? AND {last[0]} <= ?"
        return self.ledger.removal.messages_where(condition, (conversation, first[1], last[1]))

    def _matching(self, request: DeleteMemory, user: int | None) -> set[int]:
        chosen = filters.parse(request.filter)
        if chosen is None:
            raise InvalidRequest("filter has no condition for the user's memories; nothing was deleted.")
        return set() if user is None else self.ledger.memories.matching(user, *filters.to_sql(chosen))

    def _telling_of(self, doomed: Mentions, user: int) -> set[int]:
        """Return the memories that would stay, and hold words that only messages that go have said."""
        stay = self.ledger.removal.resting_on(doomed.messages) - doomed.memories
        telling: set[int] = set()
        for seq, memory in self.ledger.memories.by_seq(user, stay).items():
            sources = self.ledger.messages.by_seq(self.ledger.memories.source_seqs(seq))
            gone = _words(one.content for key, one in sources.items() if key in doomed.messages)
            left = _words(one.content for key, one in sources.items() if key not in doomed.messages)
            held = (memory.memory_key, memory.memory_value) if isinstance(memory, Memory) else (memory.preference,)
            if _words(held) & gone - left:
                telling.add(seq)
        return telling

    def _receipt(self, request: DeleteMemory, doomed: Mentions, *, held: Collection[int]) -> DeleteReceipt:
        stay = self.ledger.removal.resting_on(doomed.messages) - doomed.memories
        holding = self.ledger.messages.by_seq(sorted(held)[:SHOWN_MESSAGES])
        going = self.ledger.messages.by_seq(sorted(doomed.messages)[:SHOWN_MESSAGES] if request.dry_run else ())
        return DeleteReceipt(
            deleted=tuple(map(memory_id, sorted(doomed.memories))),
            deleted_messages=tuple(map(message_id, sorted(doomed.messages))),
            still_held_by=tuple(holding[seq] for seq in sorted(holding)),
            fewer_sources=tuple(map(memory_id, sorted(stay))),
            stale_backups=tuple(path.name for path in self.copies()),
            message_detail_list=tuple(going[seq] for seq in sorted(going)),
            dry_run=request.dry_run,
        )

    def _remove(self, user: int, doomed: Mentions) -> None:
        self.ledger.removal.remove(user, messages=doomed.messages, memories=doomed.memories, changes=doomed.changes)
        self.indexes.remove_messages(user, doomed.messages)
        self.ledger.vectors.forget_tokens()
        self.changed()

    def _all_of(self, user: int | None, request: DeleteMemory) -> DeleteReceipt:
        if user is None:
            raise NotFound("Nothing is kept of this user; nothing was deleted.", code=40308)
        removed = None
        if not request.dry_run:
            removed = self.ledger.removal.forget_user(user)
            self.indexes.forget(user)
            self.ledger.vectors.forget_tokens()
            self.changed()
        stale = tuple(path.name for path in self.copies())
        return DeleteReceipt(stale_backups=stale, dry_run=request.dry_run, removed=removed)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"\w+", text.casefold())}


def _bound(bound: str) -> tuple[str, int]:
    """Read an end of a stretch, a message's id or a time, as a column and its value."""
    seq = message_seq(bound)
    if seq is not None:
        return "seq", seq
    try:
        time = epoch_milliseconds(bound)
    except ValueError as exc:
        raise InvalidRequest(f"{bound[:40]!r} is neither the id of a message nor a time: {exc}") from exc
    return "create_time", time if isinstance(time, int) else 0


def _check(what: str, unknown: Sequence[str], *, code: int | None = None) -> None:
    if unknown:
        shown = ", ".join(f'"{identifier[:60]}"' for identifier in unknown[:SHOWN])
        raise NotFound(f"There is no {what} {shown}. Take ids from a search or a list; nothing was changed.", code=code)
