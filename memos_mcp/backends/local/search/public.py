"""What users let others find: it stays theirs, and goes when they delete it."""

from collections.abc import Iterator
from typing import Final

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import ALL_PUBLIC
from memos_mcp.backends.local.ledger.standing import Standing, standing_of
from memos_mcp.backends.local.search.announcements import users_first
from memos_mcp.backends.local.search.retriever import NEAREST, Retriever
from memos_mcp.core.memory_sources import of_source
from memos_mcp.core.models import Memory, Preference, SearchMemory, SearchResult
from memos_mcp.core.perspective import bare

MEMORY_TYPE: Final = "PublicMemory"
MARK: Final = "[public] "
"""Stands before what another user made known, for it is not what the user who searches has said."""


class PublicMemories:
    """Finds the public memories of other users."""

    def __init__(self, ledger: Ledger, search: Retriever) -> None:
        """Take ready collaborators."""
        self._ledger = ledger
        self._search = search

    def joined(
        self, found: SearchResult, request: SearchMemory, *, user_id: str, standing: Standing | None, now: int
    ) -> SearchResult:
        """Put what others made public among the memories of a search, the best first.

        `standing` is that of the user; of one who is not known, it is not known whether others made something public.
        """
        if not request.memory_limit_number or (standing is not None and not standing.others_are_public):
            return found
        public = [one for author in self._authors(user_id) for one in self._of(author, request, now)]
        if not public:
            return found
        ranked = sorted((*found.memory_detail_list, *public), key=lambda one: -(one.relativity or 0))
        sure = [one for one in ranked if (one.relativity or 0) >= request.relativity]
        best = (sure or ranked[:NEAREST])[: request.memory_limit_number]
        return found.model_copy(update={"memory_detail_list": users_first(best)})

    def _authors(self, user_id: str) -> list[str]:
        with self._ledger.database.of_user("*"):
            authors = self._ledger.messages.public_authors()
        return [author for author in authors.values() if author != user_id]

    def _of(self, author: str, request: SearchMemory, now: int) -> Iterator[Memory]:
        """Yield what was found of one author, without what says where they said it."""
        asked = request.model_copy(
            update={
                "filter": of_source(request.filter, "public"),
                "conversation_id": "",
                "include_preference": True,
                "preference_limit_number": request.memory_limit_number,
                "message_limit_number": 0,
            }
        )
        with self._ledger.database.of_user(author):
            standing = standing_of(self._ledger.database, author)
            if standing is None:
                return
            result = self._search.run(asked, standing=standing, now=now, only=ALL_PUBLIC)
        for one in (*result.memory_detail_list, *result.preference_detail_list):
            yield _of_another(one)


def _of_another(one: Memory | Preference) -> Memory:
    is_memory = isinstance(one, Memory)
    return Memory(
        id=one.id,
        memory_key=one.memory_key if is_memory else "",
        memory_value=MARK + (bare(one.memory_value) if is_memory else one.preference),
        memory_type=MEMORY_TYPE,
        memory_time=one.memory_time if is_memory else None,
        time_grain=one.time_grain if is_memory else None,
        confidence=one.confidence if is_memory else 1.0,
        tags=one.tags if is_memory else (),
        create_time=one.create_time,
        update_time=one.update_time,
        relativity=one.relativity,
    )
