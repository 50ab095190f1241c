"""What the model answers: read leniently, its sources found, its claims grounded, the rest counted and dropped."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.grounding import NEAR, SemanticGrounding, unsupported
from memos_mcp.backends.local.extraction.prompt import Batch
from memos_mcp.backends.local.text.secrets import MARK, redact
from memos_mcp.backends.local.text.temporal import TimeMention, resolve
from memos_mcp.core.models import Frozen
from memos_mcp.core.perspective import bare, marked

_CONFIDENCE = 0.9  # less than the user's own words have
_INFERRED = 0.6  # what the model concluded: below a hedged statement
_TAGS = 4  # as many as the rules give
_LONGEST = 1_000  # characters of a field; a memory is a sentence or two
_MOST = 50  # entries of a list: a batch has fewer messages
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)

Numbers = Annotated[tuple[int, ...], Field(max_length=_MOST)]
Text = Annotated[str, Field(max_length=_LONGEST)]


class ProposedMemory(Frozen):
    """A memory as the model proposes it; `sources` are numbers of messages."""

    value: Text
    sources: Numbers
    title: Text = ""
    perspective: Literal["user", "assistant"] = "user"
    tags: Annotated[tuple[Text, ...], Field(max_length=_MOST)] = ()


class ProposedPreference(Frozen):
    """A preference as the model proposes it."""

    preference: Text
    sources: Numbers
    type: Literal["explicit", "implicit"] = "implicit"
    reasoning: Text = ""


class ModelOutput(Frozen):
    """All that the model proposes for a batch."""

    memories: Annotated[tuple[ProposedMemory, ...], Field(max_length=_MOST)]
    preferences: Annotated[tuple[ProposedPreference, ...], Field(max_length=_MOST)] = ()


Proposed = ProposedMemory | ProposedPreference


class UnreadableAnswer(ValueError):
    """The model's answer is not what was asked for; the sentence says how, for the model."""


def read_answer(text: str) -> ModelOutput:
    """Read an answer.

    Raises:
        UnreadableAnswer: it holds no such JSON object.
    """
    found = _object(_THOUGHTS.sub("", text))
    try:
        return ModelOutput.model_validate(found)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableAnswer(f"{place}: {first['msg']}") from exc


def _object(text: str) -> object:
    start = text.find("{")
    if start < 0:
        raise UnreadableAnswer("there is no JSON object in it")
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except (json.JSONDecodeError, RecursionError) as exc:
        raise UnreadableAnswer(f"it is not JSON ({exc})") from exc


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
        key=proposed.title if _holds(proposed.title, sources) else "",
        value=marked(claim, perspective),
        sources=_seqs(sources),
        tags=tuple(tag for tag in proposed.tags if _holds(tag, sources))[:_TAGS],
        confidence=_CONFIDENCE,
        memory_time=time.start if time else None,
        time_grain=time.grain if time else None,
    )


def _preference(proposed: ProposedPreference, sources: Sequence[Source]) -> Draft:
    claim = _claim(proposed)
    stock = "The user says so." if proposed.type == "explicit" else "It follows from what the user said."
    return Draft(
        value=claim,
        sources=_seqs(sources),
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
