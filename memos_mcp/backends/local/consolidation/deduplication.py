"""What becomes of a drafted memory: stored, or one that is known made stronger, or one that it updates archived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memos_mcp.backends.local.consolidation.corrections import compare, read
from memos_mcp.backends.local.consolidation.statements import ComparedMemory, joined, keys, told
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
class NewDraft:
    """A draft as it is judged: when it was said (epoch milliseconds), and in which conversation."""

    draft: Draft
    told: ComparedMemory
    said: int
    conversation: int

    def is_near(self, known: Candidate) -> bool:
        """Say whether it was said in the same conversation on the same day."""
        return self.conversation == known.conversation and self.said // DAY == known.said // DAY

    def repeats(self, known: Candidate) -> bool:
        """Say whether it says what is known, of the same time; a preference is more than a memory of the same words."""
        if self.draft.preference and not known.preference:
            return False
        times = (known.memory_time, self.draft.memory_time)
        if times[0] is not None and times[1] is not None and times[0] // DAY != times[1] // DAY:
            return False
        return compare(known.value, self.draft.value, near=self.is_near(known)).relation == "same"


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The key of the memory that a draft became or repeats, and how many memories were added and changed."""

    seq: int
    added: int
    updated: int


class Consolidation:
    """Keeps drafted memories; runs inside the transaction of the task that they belong to."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], int]) -> None:
        """Take the ledger to keep them in."""
        self._ledger = ledger
        self._clock = clock

    def keep(self, drafts: Sequence[Draft], *, task: OpenTask, extractor: str) -> MemoryViews:
        """Store drafts and say how many memories were added and changed."""
        kept = [self.keep_one(draft, task=task, extractor=extractor) for draft in drafts]
        return MemoryViews(added=sum(one.added for one in kept), updated=sum(one.updated for one in kept))

    def keep_one(self, draft: Draft, *, task: OpenTask, extractor: str) -> Consolidated:
        """Store a draft, or strengthen the memory that says it already."""
        said = {source.seq: source.chat_time for source in (*task.before, *task.messages)}
        new = NewDraft(draft, told(draft.value), said.get(max(draft.sources), self._clock()), task.conversation)
        known = self._of_one_speaker(self._known(new, user=task.user), draft, task)
        repeated = next((one for one in known if new.repeats(one) and self._as_public(one, draft, task)), None)
        if repeated is None:
            return self._add(new, known, user=task.user, extractor=extractor)
        self._strengthen(repeated, draft)
        return Consolidated(repeated.seq, added=0, updated=1)

    def _of_one_speaker(self, known: Sequence[Candidate], draft: Draft, task: OpenTask) -> list[Candidate]:
        """Leave out what somebody else said: it neither repeats nor updates what this one says of themself."""
        sources = [source for source in (*task.before, *task.messages) if source.seq in draft.sources]
        speaker = next((source.speaker for source in reversed(sources) if source.speaker), "")
        speakers = self._ledger.memories.speakers([one.seq for one in known])
        return [one for one in known if speakers.get(one.seq, "") == speaker]

    def _as_public(self, known: Candidate, draft: Draft, task: OpenTask) -> bool:
        """Say whether others may find a draft if they may find what is known, for the two would become one."""
        private = {source.seq for source in (*task.before, *task.messages) if not source.public}
        return (known.seq in self._ledger.memories.public([known.seq])) != bool(private & set(draft.sources))

    def _known(self, new: NewDraft, *, user: int) -> list[Candidate]:
        """Return the memories in force that a draft may repeat or update, newest first."""
        known = {one.seq: one for one in self._ledger.claims.sharing(user, new.told.sought)}
        for exchange in read(bare(new.draft.value)).exchanges:
            known |= {one.seq: one for one in self._ledger.claims.saying(user, exchange.wrong)}
        return [known[seq] for seq in sorted(known, reverse=True)]

    def supersede(
        self, old: Candidate, verdict: Verdict, *, user: int, by: int | None, corrected_by: int | None = None
    ) -> int | None:
        """Archive a memory; what it says besides goes on in a memory of its own, whose key this gives."""
        remainder = self._remainder(old, verdict.kept, user=user)
        self._ledger.changes.archive(
            user, old.seq, superseded_by=by, now=self._clock(), corrected_by=corrected_by, remainder=remainder
        )
        return remainder

    def store(self, draft: Draft, *, user: int, conversation: int, extractor: str) -> int:
        """Store a memory without a look at what is known, and give its key."""
        return self._ledger.memories.add(
            draft,
            user=user,
            conversation=conversation,
            extractor=draft.extractor or extractor,
            features=analyse_memory(draft.value),
            keys=keys(draft.value),
            now=self._clock(),
        )

    def _strengthen(self, known: Candidate, draft: Draft) -> None:
        confidence = 1 - (1 - known.confidence) * (1 - draft.confidence)
        self._ledger.changes.strengthen(known.seq, draft, confidence=confidence, now=self._clock())
        self._ledger.changes.link_corrected(known.seq, draft.sources, now=self._clock())

    def _add(self, new: NewDraft, known: Sequence[Candidate], *, user: int, extractor: str) -> Consolidated:
        seq = self.store(new.draft, user=user, conversation=new.conversation, extractor=extractor)
        self._ledger.changes.link_corrected(seq, new.draft.sources, now=self._clock())
        changed = 0
        for candidate in known:
            if candidate.said > new.said:
                continue
            verdict = compare(candidate.value, new.draft.value, near=new.is_near(candidate))
            if verdict.relation == "updates":
                self.supersede(candidate, verdict, user=user, by=seq)
                changed += 1
        self._yield_to_later(seq, new, known, user=user)
        return Consolidated(seq, added=1, updated=changed)

    def _yield_to_later(self, seq: int, new: NewDraft, known: Sequence[Candidate], *, user: int) -> None:
        """Archive a memory of something said before what updates it: conversations may be stored out of order."""
        for candidate in known:
            if candidate.said > new.said:
                verdict = compare(new.draft.value, candidate.value, near=new.is_near(candidate))
                if verdict.relation == "updates":
                    self.supersede(self._ledger.claims.of(seq), verdict, user=user, by=candidate.seq)
                    return

    def _remainder(self, old: Candidate, kept: Sequence[str], *, user: int) -> int | None:
        telling = [text for text in kept if content_words(text)]
        if not telling:
            return None
        return self.store_anew(old, joined(old.value, telling), user=user, extractor=old.extractor)

    def store_anew(
        self, old: Candidate, value: str, *, user: int, extractor: str, further: tuple[int, ...] = ()
    ) -> int:
        """Store a memory with another text, and `further` messages as sources; give the key of the new one."""
        draft = Draft(
            value=value,
            sources=(*self._ledger.memories.source_seqs(old.seq), *further),
            confidence=old.confidence,
            memory_time=old.memory_time,
            time_grain=old.time_grain,
            preference=old.preference,
        )
        return self.store(draft, user=user, conversation=old.conversation, extractor=extractor)
