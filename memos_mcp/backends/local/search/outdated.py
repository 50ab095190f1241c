"""Messages whose memory no longer holds: marked, and ranked behind the message that replaced them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from memos_mcp.backends.local.ledger.memories import Memories
from memos_mcp.backends.local.ledger.messages import Messages, message_id
from memos_mcp.core.models import StoredMessage

NEAR = 0.3
"""The relativity from which on something is likely to be what was asked for; chosen."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A message that was found, by its key."""

    seq: int
    relativity: float


def step_back(found: Sequence[Ranked], replaced: Mapping[int, int], *, limit: int) -> list[Ranked]:
    """Exchange the place of each outdated message with that of its replacement.

    `replaced` maps the keys of outdated messages to those of their replacements. A replacement that was not found
    takes the place of what it replaces, which then comes last.
    """
    ordered = list(found)
    for old in found:
        if old.seq not in replaced:
            continue
        places = {ranked.seq: place for place, ranked in enumerate(ordered)}
        here, there = places[old.seq], places.get(replaced[old.seq])
        if there is None:
            there = len(ordered)
            ordered.append(Ranked(replaced[old.seq], ordered[-1].relativity))
        if here < there:
            first, second = ordered[here], ordered[there]
            ordered[here] = Ranked(second.seq, first.relativity)
            ordered[there] = Ranked(first.seq, second.relativity)
    return ordered[:limit]


class Outdated:
    """Reads found messages, the outdated ones marked."""

    def __init__(self, messages: Messages, memories: Memories) -> None:
        """Take the tables."""
        self._messages = messages
        self._memories = memories

    def read(
        self, found: Sequence[Ranked], *, limit: int, past: bool, outdated: Collection[int]
    ) -> tuple[StoredMessage, ...]:
        """Return the messages in order; where the `past` is asked for, outdated ones keep their rank.

        `outdated` has all of the user's messages on which a memory out of force rests.
        """
        replaced = self._memories.replaced_messages([ranked.seq for ranked in found if ranked.seq in outdated])
        ordered = list(found) if past else step_back(found, self._partly(found, outdated) | replaced, limit=limit)
        seen = {ranked.seq for ranked in found}
        replaced |= self._memories.replaced_messages(
            [ranked.seq for ranked in ordered if ranked.seq not in seen and ranked.seq in outdated]
        )
        stored = self._messages.by_seq([ranked.seq for ranked in ordered])
        return tuple(
            stored[ranked.seq].model_copy(
                update={"relativity": ranked.relativity, **_mark(replaced.get(ranked.seq))},
            )
            for ranked in ordered
            if ranked.seq in stored
        )

    def _partly(self, found: Sequence[Ranked], outdated: Collection[int]) -> dict[int, int]:
        """Map the found messages of which a part is outdated to what replaced it, where that is near the query too."""
        near = {ranked.seq for ranked in found if ranked.relativity >= NEAR}
        replaced = self._memories.replaced_messages([seq for seq in near if seq in outdated], partly=True)
        return {old: new for old, new in replaced.items() if new in near}


def _mark(replacement: int | None) -> dict[str, str]:
    return {} if replacement is None else {"status": "archived", "superseded_by": message_id(replacement)}
