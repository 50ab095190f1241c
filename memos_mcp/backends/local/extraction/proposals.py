"""From what a model proposes to drafts: its sources found, its claims grounded, the rest counted and dropped."""

from collections import Counter
from collections.abc import Sequence

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.grounding import unsupported
from memos_mcp.backends.local.extraction.model_output import ModelOutput, ProposedMemory, ProposedPreference
from memos_mcp.backends.local.extraction.prompt import Batch
from memos_mcp.backends.local.extraction.semantic_grounding import NEAR, SemanticGrounding
from memos_mcp.backends.local.text.keyphrases import tags, title
from memos_mcp.backends.local.text.secrets import MARK, redact
from memos_mcp.backends.local.text.temporal import TimeMention, resolve
from memos_mcp.core.perspective import bare, marked

Proposed = ProposedMemory | ProposedPreference

_CONFIDENCE = 0.9
_INFERRED = 0.6
_TAGS = 4


def drafts(answer: ModelOutput, batch: Batch, *, nearness: SemanticGrounding) -> tuple[list[Draft], Counter[str]]:
    """Return the drafts that their sources support, and how many were dropped for which reason."""
    dropped: Counter[str] = Counter()
    kept: dict[tuple[str, bool], Draft] = {}
    for proposed in (*answer.memories, *answer.preferences):
        sources, reason = _support(proposed, batch)
        if reason is None and nearness.of(_claim(proposed), sources) < NEAR:
            reason = "meaning"
        if reason is not None:
            dropped[reason] += 1
            continue
        draft = _memory(proposed, sources) if isinstance(proposed, ProposedMemory) else _preference(proposed, sources)
        kept.setdefault((draft.value, draft.preference is None), draft)
    return list(kept.values()), dropped


def _claim(proposed: Proposed) -> str:
    text = proposed.value if isinstance(proposed, ProposedMemory) else proposed.preference
    return " ".join(bare(text).split())


def _support(proposed: Proposed, batch: Batch) -> tuple[list[Source], str | None]:
    """Return the messages that support a claim, or why none do.

    Small models quote well and number badly: where the numbers do not support a claim, one new message still may.
    """
    numbered = (batch.source(number) for number in dict.fromkeys(proposed.sources))
    cited = sorted((source for source in numbered if source is not None), key=lambda source: source.seq)
    reason = _refused(proposed, cited, batch)
    if reason not in ("source", "words"):
        return cited, reason
    for message in batch.messages:
        if _refused(proposed, [message], batch) is None:
            return [message], None
    return [], reason


def _refused(proposed: Proposed, sources: Sequence[Source], batch: Batch) -> str | None:
    if not any(source in batch.messages for source in sources):
        return "source"
    if isinstance(proposed, ProposedPreference) and not any(source.role == "user" for source in sources):
        return "source"
    claim = _claim(proposed)
    return "secret" if MARK in redact(claim)[0] else unsupported(claim, sources)


def _memory(proposed: ProposedMemory, sources: Sequence[Source]) -> Draft:
    claim = _claim(proposed)
    said_by_user = any(source.role == "user" for source in sources)
    perspective = proposed.perspective if said_by_user else "assistant"
    time = _time(claim, sources)
    return Draft(
        key=proposed.title if _holds(proposed.title, sources) else title(claim),
        value=marked(claim, perspective),
        sources=_seqs(sources),
        tags=tuple(tag for tag in proposed.tags if _holds(tag, sources))[:_TAGS] or tags(claim),
        confidence=_CONFIDENCE,
        memory_time=time.start if time else None,
        time_grain=time.grain if time else None,
    )


def _preference(proposed: ProposedPreference, sources: Sequence[Source]) -> Draft:
    claim = _claim(proposed)
    stock = "The user says so." if proposed.type == "explicit" else "It follows from what the user said."
    return Draft(
        key=title(claim),
        value=claim,
        sources=_seqs(sources),
        tags=tags(claim),
        confidence=_CONFIDENCE if proposed.type == "explicit" else _INFERRED,
        preference="explicit_preference" if proposed.type == "explicit" else "implicit_preference",
        reasoning=proposed.reasoning if _holds(proposed.reasoning, sources) else stock,
    )


def _holds(text: str, sources: Sequence[Source]) -> bool:
    return bool(text.strip()) and unsupported(text, sources) is None


def _time(claim: str, sources: Sequence[Source]) -> TimeMention | None:
    """Return the time that a claim names, or else the one time that its one source does."""
    moments = [source.moment for source in sources]
    named = resolve(claim, said=moments[-1])
    if named:
        return named[0]
    said = resolve(sources[0].content, said=moments[0]) if len(sources) == 1 else []
    return said[0] if len(said) == 1 else None


def _seqs(sources: Sequence[Source]) -> tuple[int, ...]:
    return tuple(source.seq for source in sources)
