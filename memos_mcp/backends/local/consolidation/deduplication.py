"""What becomes of a drafted memory: stored, or one that is known made stronger, or one that it updates archived."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from memos_mcp.backends.local.consolidation.corrections import compare, replacements
from memos_mcp.backends.local.consolidation.statements import joined, keys, told
from memos_mcp.backends.local.consolidation.supersession import Verdict
from memos_mcp.backends.local.extraction.base import Draft
from memos_mcp.backends.local.ledger.claim_keys import Candidate
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.tasks import OpenTask
from memos_mcp.backends.local.retrieval.features import analyse_memory
from memos_mcp.backends.local.text.words import content_words
from memos_mcp.core.models import MemoryViews
from memos_mcp.core.perspective import bare

DAY = 86_400_000
"""Milliseconds."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A draft with when it was said (epoch milliseconds), and in which conversation."""

    draft: Draft
    said: int
    conversation: int

    def repeats(self, known: Candidate) -> bool:
        """Tell whether it says what is known, of the same time; a preference is more than a memory of its words."""
        if self.draft.preference and not known.preference:
            return False
        times = {time // DAY for time in (known.memory_time, self.draft.memory_time) if time is not None}
        return len(times) < 2 and self.after(known).relation == "same"

    def after(self, known: Candidate) -> Verdict:
        """Judge it against what was said before it."""
        return compare(known.value, self.draft.value, near=self._is_near(known))

    def before(self, known: Candidate) -> Verdict:
        """Judge it against what was said after it."""
        return compare(self.draft.value, known.value, near=self._is_near(known))

    def _is_near(self, known: Candidate) -> bool:
        """Tell whether it was said in the same conversation on the same day."""
        return self.conversation == known.conversation and self.said // DAY == known.said // DAY


class Consolidation:
    """Keeps drafted memories; runs inside the transaction of the task that they belong to."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int]) -> None:
        """Take the ledger to keep them in."""
        self._ledger = ledger
        self._clock = clock

    def keep(self, drafts: Iterable[Draft], *, task: OpenTask, extractor: str) -> MemoryViews:
        """Store drafts and return how many memories were added and changed."""
        views = [self.keep_one(draft, task=task, extractor=extractor)[1] for draft in drafts]
        return MemoryViews(added=sum(one.added for one in views), updated=sum(one.updated for one in views))

    def keep_one(self, draft: Draft, *, task: OpenTask, extractor: str) -> tuple[int, MemoryViews]:
        """Store a draft, or strengthen the memory that says it; return the key of the memory, and the counts."""
        sources = [source for source in (*task.before, *task.messages) if source.seq in draft.sources]
        last = next((source.chat_time for source in sources if source.seq == max(draft.sources)), self._clock())
        new = _Said(draft, last, task.conversation)
        known = self._known(draft, user=task.user)
        # What somebody else said neither repeats nor updates what this one says of themself.
        speaker = next((source.speaker for source in reversed(sources) if source.speaker), "")
        speakers = self._ledger.memories.speakers([one.seq for one in known])
        known = [one for one in known if speakers.get(one.seq, "") == speaker]
        # A draft becomes one with a memory only if the same people may find the two.
        is_public = all(source.public for source in sources)
        for one in known:
            if new.repeats(one) and bool(self._ledger.memories.public([one.seq])) == is_public:
                self._strengthen(one, draft)
                return one.seq, MemoryViews(added=0, updated=1)
        return self._add(new, known, user=task.user, extractor=extractor)

    def _known(self, draft: Draft, *, user: int) -> list[Candidate]:
        """Return the memories in force that a draft may repeat or update, newest first."""
        known = {one.seq: one for one in self._ledger.claims.sharing(user, told(draft.value).sought)}
        for exchange in replacements(bare(draft.value)):
            known |= {one.seq: one for one in self._ledger.claims.saying(user, exchange.wrong)}
        return [known[seq] for seq in sorted(known, reverse=True)]

    def _strengthen(self, known: Candidate, draft: Draft) -> None:
        confidence = 1 - (1 - known.confidence) * (1 - draft.confidence)
        self._ledger.changes.strengthen(known.seq, draft, confidence=confidence, now=self._clock())
        self._ledger.changes.link_corrected(known.seq, draft.sources, now=self._clock())

    def _add(self, new: _Said, known: Sequence[Candidate], *, user: int, extractor: str) -> tuple[int, MemoryViews]:
        """Store a draft and archive what it updates, or itself: conversations may be stored out of order."""
        seq = self.store(new.draft, user=user, conversation=new.conversation, extractor=extractor)
        self._ledger.changes.link_corrected(seq, new.draft.sources, now=self._clock())
        updated = 0
        for one in known:
            if one.said <= new.said and (verdict := new.after(one)).relation == "updates":
                self.supersede(one, verdict, user=user, by=seq)
                updated += 1
        for one in known:
            if one.said > new.said and (verdict := new.before(one)).relation == "updates":
                self.supersede(self._ledger.claims.of(seq), verdict, user=user, by=one.seq)
                break
        return seq, MemoryViews(added=1, updated=updated)

    def supersede(
        self, old: Candidate, verdict: Verdict, *, user: int, by: int | None, corrected_by: int | None = None
    ) -> int | None:
        """Archive a memory; what it says besides goes on in a memory of its own, whose key this returns."""
        kept = [text for text in verdict.kept if content_words(text)]
        remainder = None
        if kept:
            remainder = self.store_anew(old, joined(old.value, kept), user=user, extractor=old.extractor)
        self._ledger.changes.archive(
            user, old.seq, superseded_by=by, now=self._clock(), corrected_by=corrected_by, remainder=remainder
        )
        return remainder

    def store_anew(
        self, old: Candidate, value: str, *, user: int, extractor: str, further: tuple[int, ...] = ()
    ) -> int:
        """Store a memory with another text, and `further` messages as sources; return the key of the new one."""
        draft = Draft(
            value=value,
            sources=(*self._ledger.memories.source_seqs(old.seq), *further),
            confidence=old.confidence,
            memory_time=old.memory_time,
            time_grain=old.time_grain,
            preference=old.preference,
        )
        return self.store(draft, user=user, conversation=old.conversation, extractor=extractor)

    def store(self, draft: Draft, *, user: int, conversation: int, extractor: str) -> int:
        """Store a memory without a look at what is known, and return its key."""
        return self._ledger.memories.add(
            draft,
            user=user,
            conversation=conversation,
            extractor=draft.extractor or extractor,
            features=analyse_memory(draft.value),
            keys=keys(draft.value),
            now=self._clock(),
        )
