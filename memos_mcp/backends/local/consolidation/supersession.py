"""Supersession: whether a memory says what an earlier one says, takes its place, or is about something else.

Texts in, verdict out: it decides by rules, only where subject and attribute are the same beyond doubt, and
what it cannot judge is different.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from memos_mcp.backends.local.consolidation.changes import changes, is_replaced
from memos_mcp.backends.local.consolidation.claims import USER, Action, Claim
from memos_mcp.backends.local.consolidation.grammar import in_any
from memos_mcp.backends.local.consolidation.known_names import places
from memos_mcp.backends.local.consolidation.normalisation import NormalisedSentence
from memos_mcp.backends.local.consolidation.statements import ComparedMemory, Statement

Relation = Literal["same", "updates", "different"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the later memory is to the earlier; `kept` is what the earlier says beside what was updated."""

    relation: Relation
    kept: tuple[str, ...] = ()


_AUXILIARY_IN = 3
"""Stems above which "have" only helps another verb: "I have never lived in Paris"."""

DIFFERENT = Verdict("different")


def judge(earlier: ComparedMemory, later: ComparedMemory, *, near: bool, correcting: bool = False) -> Verdict:
    """Compare two memories of one user in the order in which they were said.

    `near` tells that they were said in one conversation on one day, so that "today" and "it" mean the same;
    `correcting` that the later one was said to set the earlier right.
    """
    if earlier.perspective != later.perspective or earlier.speaker != later.speaker or not later.statements:
        return DIFFERENT
    repeated = [[repeats(old, new, near=near) for new in later.statements] for old in earlier.statements]
    if later.whole and all(any(row[at] for row in repeated) for at in range(len(later.statements))):
        return Verdict("same")
    if later.perspective != "user":
        return DIFFERENT
    updated = [any(updates(old, new, correcting=correcting) for new in later.statements) for old in earlier.statements]
    if not any(updated):
        return DIFFERENT
    kept = [
        old.text
        for old, gone, row in zip(earlier.statements, updated, repeated, strict=True)
        if not gone and not any(row)
    ]
    return Verdict("updates", tuple(kept))


def updates(old: Statement, new: Statement, *, correcting: bool = False) -> bool:
    """Tell whether a statement takes the place of an earlier one."""
    if old.wording.differs_in_accents(new.wording):
        return False
    return (
        _denies(old, new)
        or any(_takes_place(one, other, correcting=correcting) for one, other in product(old.claims, new.claims))
        or any(_ended(doing, end) for doing, end in product(old.doings, new.ends))
        or any(_given_up(claim, end) for claim, end in product(old.claims, new.ends))
        or any(is_replaced(old.wording, old.text, value, new.wording) for value in new.gone)
        or _changed(old, new)
    )


def _changed(old: Statement, new: Statement) -> bool:
    """Tell whether a statement of the present has a value that a later one says to be another now."""
    if old.matter is None or new.matter is None or old.wording.past or old.wording.negators or new.wording.negators:
        return False
    return not old.dated and changes(old.matter, new.matter)


def repeats(old: Statement, new: Statement, *, near: bool) -> bool:
    """Tell whether a statement says what an earlier one says."""
    if ((old.dated or new.dated) and not near) or old.wording.differs_in_accents(new.wording):
        return False
    if _same_words(old.wording, new.wording):
        return near or not (old.wording.points or new.wording.points)
    return _same_around(old, new) and any(_says(one, other) for one, other in product(old.claims, new.claims))


def _same_around(old: Statement, new: Statement) -> bool:
    """Tell whether what stands around the claims is the same, in every language that both were read in."""
    before = dict(old.adjuncts)
    return all(before.get(language, around) == around for language, around in new.adjuncts)


def _says(old: Claim, new: Claim) -> bool:
    return not old.implied and not new.implied and new in (old, replace(old, more=""))


def _same_words(old: NormalisedSentence, new: NormalisedSentence) -> bool:
    if len(old.negators) != len(new.negators) or not new.stems:
        return False
    if old.stems == new.stems:
        return old.past == new.past
    return old.free and new.free and (_turned(old, new) or _same_of_oneself(old, new))


def _same_of_oneself(old: NormalisedSentence, new: NormalisedSentence) -> bool:
    """Tell whether two sentences say the same things of their speaker, in any order: what was is not what is."""
    return bool(old.own) and old.own == new.own and bool(old.past) == bool(new.past)


def _turned(old: NormalisedSentence, new: NormalisedSentence) -> bool:
    """Tell whether the end of one sentence is the front of the other: "On 5 August we fly", "We fly on 5 August"."""
    length = len(old.stems) - old.moved
    fixed, moved = old.stems[:length], old.stems[length:]
    return (
        len(new.stems) - new.moved == length
        and new.stems[length:] == moved
        and any(
            fixed[cut:] + fixed[:cut] == new.stems[:length]
            and frozenset((place - cut) % length for place in old.past) == new.past
            for cut in range(1, length)
        )
    )


def _denies(old: Statement, new: Statement) -> bool:
    """Tell whether one is the other negated, of what still holds or holds no more."""
    first, second = old.wording, new.wording
    if old.dated or new.dated or first.points or second.points or not first.stems:
        return False
    return (
        first.stems == second.stems
        and not first.past
        and not second.past
        and len(first.negators) + len(second.negators) == 1
        and len(first.stems) > 1
    )


def denies_past(old: Statement, new: Statement) -> bool:
    """Tell whether a statement says that what an earlier one says never was: "I never lived in Paris".

    What is no more may have been: "I don't live in Paris any more" leaves "I lived in Paris" alone.
    """
    if new.ends and old.wording.past:
        return False
    stems = new.wording.stems
    said = tuple(stem for stem in stems if stem != "did" and not (stem == "have" and len(stems) > _AUXILIARY_IN))
    return (
        len(new.wording.negators) == 1
        and not old.wording.negators
        and len(said) > 1
        and old.wording.stems[: len(said)] == said
    )


def _takes_place(old: Claim, new: Claim, *, correcting: bool) -> bool:
    moved_together = (old.subject, new.subject, new.holds) == (USER, "we", "place")
    if not (old.subject == new.subject or moved_together) or old.attribute != new.attribute or old.ended:
        return False
    if new.ended:
        return new.value in ("", old.value)
    return _replaces(old, new, correcting=correcting)


def _replaces(old: Claim, new: Claim, *, correcting: bool) -> bool:
    if old.holds == "many" or not _told_apart(old.value, new.value):
        return False
    changed = new.changed or correcting
    match new.holds:
        case "one" | "many":
            return True
        case "count":
            return new.value.isdecimal() and not old.changed
        case "place":
            return correcting or new.left == old.value or _same_kind_of_place(old.value, new.value)
        case "time":
            return changed and _grain(old.value) == _grain(new.value)
        case "marked" | "tool":
            return changed


def _told_apart(old: str, new: str) -> bool:
    """Tell whether neither value is the other, said more exactly."""
    return not (set(old.split()) <= set(new.split()) or set(new.split()) <= set(old.split()))


def _same_kind_of_place(old: str, new: str) -> bool:
    for kind in ("cities", "countries"):
        known = places(kind)
        if old in known and new in known:
            return known[old] != known[new]
    return False


def _grain(time: str) -> list[bool]:
    """Tell whether a time names a day of the week, a date, a time of day."""
    return [bool(in_any(kind).search(time)) for kind in ("weekday", "day", "clock")]


def _given_up(claim: Claim, end: Action) -> bool:
    """Tell whether what somebody has no more is the value of what they said to have: "my car is a Volvo"."""
    return (
        claim.holds in ("one", "marked")
        and not (claim.ended or claim.implied or end.verb or end.words)
        and bool(end.object)
        and claim.subject in (USER, "we")
        and end.subject in (USER, "we")
        and claim.value == " ".join(end.object)
    )


def _ended(doing: Action, end: Action) -> bool:
    if doing.subject != end.subject:
        return False
    if end.verb:
        return doing.verb == end.verb and set(end.object) <= doing.words
    return (
        (doing.kind == "having" or (doing.kind == "using" and end.kind == "doing"))
        and bool(end.object)
        and doing.object[-1:] == end.object[-1:]
        and set(end.object) <= set(doing.object)
        and end.words <= doing.words
    )
