"""Correcting memories in plain words: the one that is meant is set right or taken out of force at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from memos_mcp.backends.local.consolidation.corrections import Correction, asserted, read
from memos_mcp.backends.local.consolidation.deduplication import Consolidation
from memos_mcp.backends.local.consolidation.grammar import grammar_of
from memos_mcp.backends.local.consolidation.statements import told
from memos_mcp.backends.local.consolidation.supersession import Verdict
from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.claim_keys import Candidate
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.messages import Added, MessagePosition
from memos_mcp.backends.local.ledger.standing import Standing, standing_of
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.retrieval.index import Query
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.text.words import matter
from memos_mcp.core.models import AddMessage, MemoryViews
from memos_mcp.core.perspective import bare, marked, perspective_of

SOUGHT = 50
"""Memories that share words with a correction and are looked at."""

NEAREST = 3
"""Memories that are named where it is not clear which is meant."""

EXTRACTOR = "correction:1"
"""What is said to have made a memory that was set right."""


@dataclass(frozen=True, slots=True)
class FeedbackOutcome:
    """What a correction came to: the keys of memories that were archived and of those that were added.

    `known` are memories that say already what is right, `nearest` those that may be meant where none is clearly,
    `about` the things that it says are not there. `learns` tells that the correction is still to be learnt from, as a
    message is.
    """

    archived: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    nearest: tuple[int, ...] = ()
    about: str = ""
    learns: bool = False


class Feedback:
    """Finds the memories that a correction is meant of, and changes them; what is not clearly meant stays."""

    def __init__(self, ledger: Ledger, indexes: Indexes, upkeep: Consolidation, *, clock: Callable[[], int]) -> None:
        """Take ready collaborators."""
        self._ledger = ledger
        self._indexes = indexes
        self._upkeep = upkeep
        self._clock = clock

    def take(self, request: AddMessage, *, user_id: str, named: Sequence[int] = ()) -> tuple[Added, FeedbackOutcome]:
        """Store the one message of a request and change what it is meant of, all in one transaction.

        `named` are the keys of the memories that it is meant of, where they are given.
        """
        (message,) = request.messages
        correction = read(message.content)
        standing = standing_of(self._ledger.database, user_id)
        sought = named if named or standing is None else self._seek(correction, message.content, standing)
        features = [analyse(message.content, role=message.role)]
        with self._ledger.database.transaction():
            added = self._ledger.messages.add(request, user_id=user_id, features=features, now=self._clock())
            said = self._ledger.messages.last_of(added.task_id)
            user = standing.user if standing else 0
            found = self._ledger.claims.in_force(user, sought)
            right = asserted(message.content) if named else ""
            corrected = self._apply(correction, found, named=bool(named), right=right, user=user, said=said)
            if not (corrected.archived or named):
                values = {one.seq: one.value for one in found}
                known = tuple(seq for seq in values if correction.is_known(values[seq]))
                bearing = (
                    seq for seq in sought if seq in values and _bears_on(correction, message.content, values[seq])
                )
                nearest = tuple(islice(bearing, NEAREST))
                corrected = FeedbackOutcome(known=known, nearest=nearest, about=correction.about)
            if not corrected.learns:
                views = MemoryViews(added=len(corrected.added), updated=len(corrected.archived))
                self._ledger.tasks.close(added.task_id, views)
        return added, corrected

    def _seek(self, correction: Correction, text: str, standing: Standing) -> list[int]:
        """Return the memories that may be meant; outside of the transaction, for it waits for other searches."""
        words = " ".join([text, *(exchange.wrong for exchange in correction.exchanges)])
        hits = self._indexes.search(standing, "memory", Query(text=words, now=self._clock()), limit=SOUGHT)
        sharing = self._ledger.claims.sharing(standing.user, correction.sought)
        return list(dict.fromkeys([*(hit.seq for hit in hits), *(candidate.seq for candidate in sharing)]))

    def _apply(
        self,
        correction: Correction,
        found: Sequence[Candidate],
        *,
        named: bool,
        right: str,
        user: int,
        said: MessagePosition,
    ) -> FeedbackOutcome:
        """Set memories right or archive them; all that are `named` give way to `right` if no words are exchanged."""
        exchanged = self._exchanged(correction, found, named=named, conversation=said.conversation)
        archived: list[int] = []
        added: list[int] = []
        by: int | None = None
        learns = False
        for old in found:
            if old.seq in exchanged:
                new = self._upkeep.store_anew(
                    old, exchanged[old.seq], user=user, extractor=EXTRACTOR, further=(said.seq,)
                )
                self._upkeep.supersede(old, Verdict("updates"), user=user, by=new, corrected_by=said.seq)
            else:
                verdict = Verdict("updates") if named else correction.verdict(told(old.value))
                if verdict.relation != "updates":
                    continue
                if right and by is None:
                    by = self._put_in_place(old, right, user=user, said=said)
                    added.append(by)
                new = self._upkeep.supersede(old, verdict, user=user, by=by, corrected_by=said.seq)
                learns = not named and bool(correction.statements)
            archived.append(old.seq)
            added += [] if new is None else [new]
        return FeedbackOutcome(tuple(archived), tuple(added), learns=learns)

    def _put_in_place(self, old: Candidate, right: str, *, user: int, said: MessagePosition) -> int:
        draft = Draft(
            value=right if old.preference else marked(right, perspective_of(old.value)),
            sources=(said.seq,),
            preference=old.preference,
        )
        return self._upkeep.store(draft, user=user, conversation=said.conversation, extractor=EXTRACTOR)

    def _exchanged(
        self, correction: Correction, found: Sequence[Candidate], *, named: bool, conversation: int
    ) -> dict[int, str]:
        """Return the new texts of memories in which words are exchanged; where any may be meant, of one alone."""
        texts = [(old, *exchange) for old in found if (exchange := correction.exchanged(old.value))]
        clear = {old.seq: text for old, exchange, text in texts if named or not exchange.is_vague}
        vague = [(old, text) for old, _, text in texts if old.seq not in clear]
        here = [(old, text) for old, text in vague if old.conversation == conversation]
        for only in (vague, here):
            if len(only) == 1:
                clear |= {old.seq: text for old, text in only}
                break
        return clear


def _bears_on(correction: Correction, text: str, value: str) -> bool:
    """Tell whether a memory speaks of what a correction speaks of, in its words or as a claim on the same matter."""
    rules = grammar_of(text)
    said = matter(text, without=rules.negators) if rules else matter(text)
    return bool(said & matter(bare(value))) or not correction.sought.isdisjoint(told(value).keys)
