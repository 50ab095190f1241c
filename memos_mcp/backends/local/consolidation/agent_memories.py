"""Memories that the agent itself wrote with an add: kept at once, where the messages or what is stored support them."""

from collections.abc import Sequence

from memos_mcp.backends.local.consolidation import Consolidation
from memos_mcp.backends.local.consolidation.supersession import Verdict
from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.grounding import supporting, unsupported
from memos_mcp.backends.local.ledger.claim_keys import Candidate
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.memories import memory_seq
from memos_mcp.backends.local.ledger.tasks import OpenTask
from memos_mcp.backends.local.text.temporal import resolve
from memos_mcp.backends.local.text.words import matter
from memos_mcp.core.models import AgentMemory
from memos_mcp.core.perspective import bare, marked

EXTRACTOR = "agent"
"""What is said to have made these memories."""

_CONFIDENCE = 0.9  # as of what a chat model proposes


class AgentMemories:
    """Keeps the memories of an add; called inside the transaction that stores its messages."""

    def __init__(self, ledger: Ledger, upkeep: Consolidation) -> None:
        """Take ready collaborators."""
        self._ledger = ledger
        self._upkeep = upkeep

    def keep(self, memories: Sequence[AgentMemory], *, task: OpenTask) -> str:
        """Keep the memories that have support, each in place of those that it replaces; return what was not done."""
        dropped = 0
        unknown: list[str] = []
        for memory in memories:
            seqs = {name: memory_seq(name) for name in memory.replaces}
            found = self._ledger.claims.in_force(task.user, [seq for seq in seqs.values() if seq is not None])
            unknown += [name for name, seq in seqs.items() if seq not in {one.seq for one in found}]
            public = all(message.public for message in task.messages)
            draft = _draft(memory, task, () if public else found)
            if draft is None:
                dropped += 1
            else:
                self._replace(found, draft, task=task)
        notes: list[str] = []
        if dropped:
            notes.append(
                f"{dropped} of {len(memories)} memories dropped: the messages do not say so; "
                "use their words, names and numbers."
            )
        if unknown:
            notes.append(f"Not replaced, for not in force: {', '.join(name[:60] for name in unknown[:5])}.")
        return " ".join(notes)

    def _replace(self, found: Sequence[Candidate], draft: Draft, *, task: OpenTask) -> None:
        seq, _ = self._upkeep.keep_one(draft, task=task, extractor=EXTRACTOR)
        in_force = self._ledger.claims.in_force(task.user, [old.seq for old in found if old.seq != seq])
        for old in in_force:
            self._upkeep.supersede(old, Verdict("updates"), user=task.user, by=seq)


def _draft(memory: AgentMemory, task: OpenTask, replaced: Sequence[Candidate]) -> Draft | None:
    """Return the memory with the messages that support it, or None where they do not."""
    claim = " ".join(bare(memory.content).split())
    sources = _support(claim, task, replaced)
    if not sources:
        return None
    named = [] if memory.memory_time is not None else resolve(claim, said=sources[-1].moment)
    return Draft(
        value=marked(claim, "user" if any(source.role == "user" for source in sources) else "assistant"),
        sources=tuple(source.seq for source in sources),
        confidence=_CONFIDENCE,
        memory_time=named[0].start if named else memory.memory_time,
        time_grain=named[0].grain if named else None if memory.memory_time is None else "day",
        extractor=EXTRACTOR,
    )


def _support(claim: str, task: OpenTask, replaced: Sequence[Candidate]) -> list[Source]:
    """Return the one message that supports a claim, or those that do so together with what came before."""
    if message := supporting(claim, task.messages):
        return [message]
    stored = [Source(0, "user", bare(old.value), old.said) for old in replaced]
    if not task.messages or unsupported(claim, [*stored, *task.before, *task.messages]) is not None:
        return []
    said = matter(claim)
    return [message for message in task.messages if matter(message.content) & said] or [task.messages[-1]]
