"""Corrections: what a user says of what is remembered, and which memories that is meant of. Texts in, verdicts out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from memos_mcp.backends.local.consolidation.claims import USER
from memos_mcp.backends.local.consolidation.grammar import (
    HAN,
    LANGUAGES,
    CorrectionForms,
    Patterns,
    grammar,
    grammars,
    in_any,
)
from memos_mcp.backends.local.consolidation.normalisation import MARKS, plain
from memos_mcp.backends.local.consolidation.statements import ComparedMemory, Statement, told
from memos_mcp.backends.local.consolidation.supersession import DIFFERENT, Verdict, denies_past, judge, repeats, updates
from memos_mcp.backends.local.text.patterns import LazyPattern
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.backends.local.text.terms import fold
from memos_mcp.core.perspective import bare

_PIECE = re.compile(r"[,;，；]\s*")
_NAME = re.compile(r"[A-ZÀ-Þ]")
_FEWEST = 3  # stems: who, what they do and what with


@dataclass(frozen=True, slots=True)
class TextReplacement:
    """That `wrong` is to be `right` in what is said of `about`, where all of its stems and one of `where` are.

    Where `about` names nothing and there is no `where`, nothing tells which memory is meant.
    """

    right: str
    wrong: str
    about: Statement | None = None
    where: Patterns = ()

    @property
    def stems(self) -> frozenset[str]:
        """What tells which memory is meant."""
        rules = map(grammar, LANGUAGES)
        light = {stem for one in rules for word in one.correcting.light for stem in (word, one.stem(word))}
        return frozenset(self.about.wording.stems) - light if self.about else frozenset()

    @property
    def is_vague(self) -> bool:
        """Whether nothing tells which memory is meant: "it was a rabbit, not a cat"."""
        return not self.stems and not self.where

    def corrected(self, value: str, *, words: frozenset[str]) -> str | None:
        """Return a memory's text set right, or None where it is not meant; `words` are those of the correction.

        A statement that has the right words beside the wrong ones is a correction itself.
        """
        spot, right = _spot(self.wrong), _spot(self.right)
        meant = [
            one
            for one in told(value).statements
            if spot.search(one.text) and not right.search(one.text) and self._means(one, words=words)
        ]
        return spot.sub(self._put, value) if meant else None

    @property
    def undone(self) -> "TextReplacement":
        """The exchange in the other direction."""
        return replace(self, right=self.wrong, wrong=self.right)

    def _means(self, statement: Statement, *, words: frozenset[str]) -> bool:
        if not self.stems <= set(statement.wording.stems) or not _holds(self.where, statement.text):
            return False
        if self._is_of_another(statement.text, words=words):
            return False
        if self.is_vague or self.about is None:
            return True
        same_tense = bool(statement.wording.past) == bool(self.about.wording.past)
        oneself = in_any("oneself")
        return same_tense and (not oneself.match(self.about.text) or bool(oneself.match(statement.text)))

    def _is_of_another(self, text: str, *, words: frozenset[str]) -> bool:
        """Tell whether what would be set right belongs to somebody whom the correction does not name."""
        owned = [
            pair for rules in grammars(text) if rules.correcting.owned for pair in rules.correcting.owned.findall(text)
        ]
        return any(
            owner.casefold() not in words and {*self.wrong.casefold().split(), *words} & set(what.casefold().split())
            for owner, what in owned
        )

    def _put(self, found: re.Match[str]) -> str:
        return self.right[:1].upper() + self.right[1:] if found.group()[:1].isupper() else self.right


@dataclass(frozen=True, slots=True)
class Correction:
    """What a feedback says: statements that hold and that do not, things the user has not, and exchanges.

    `about` names the things that the user has not.
    """

    statements: tuple[Statement, ...]
    retracted: tuple[Statement, ...]
    nothing: tuple[Patterns, ...]
    exchanges: tuple[TextReplacement, ...]
    words: frozenset[str]
    about: str = ""

    @property
    def sought(self) -> set[int]:
        """The numbers under which memories on the same matter are found."""
        return {key for statement in (*self.statements, *self.retracted) for key in statement.sought}

    def exchanged(self, value: str) -> tuple[TextReplacement, str] | None:
        """Return a memory's text set right, and by which exchange; None where none is meant of it."""
        tried = ((one, one.corrected(value, words=self.words)) for one in self.exchanges)
        return next(((one, text) for one, text in tried if text is not None), None)

    def is_known(self, value: str) -> bool:
        """Whether a memory's text says already what an exchange would make of it."""
        return any(one.undone.corrected(value, words=self.words) for one in self.exchanges if not one.is_vague)

    def verdict(self, memory: ComparedMemory) -> Verdict:
        """Say what becomes of a memory: `updates` takes it out of force, `kept` is what of it still holds."""
        if memory.perspective != "user" or memory.speaker:
            return DIFFERENT
        left = [self._left(statement) for statement in memory.statements]
        said = [statement.text for statement in memory.statements]
        return DIFFERENT if left == said else Verdict("updates", tuple(filter(None, left)))

    def _left(self, old: Statement) -> str:
        """Return what a statement says that still holds: all of it, some of its clauses, or nothing."""
        clauses = _of_one_subject(old)
        kept = [text for text in clauses if not any(map(self._denies, told(text).statements))]
        if kept != clauses:
            return "，".join(kept)
        return "" if self._denies(old) else old.text

    def _denies(self, old: Statement) -> bool:
        return (
            any(updates(old, new, correcting=True) or denies_past(old, new) for new in self.statements)
            or any(repeats(old, said, near=True) or _begins_with(old, said) for said in self.retracted)
            or any(_holds(patterns, old.text) for patterns in self.nothing)
        )


def _begins_with(old: Statement, said: Statement) -> bool:
    """Tell whether a statement begins with what is said never to have been said, and goes on."""
    stems = said.wording.stems
    return (
        len(stems) >= _FEWEST
        and old.wording.stems[: len(stems)] == stems
        and old.wording.negators == said.wording.negators
        and bool(old.wording.past) == bool(said.wording.past)
    )


def _of_one_subject(statement: Statement) -> list[str]:
    """Part a compound sentence into clauses with the subject of the first in each; nothing where that is not clear."""
    first, *rest = _PIECE.split(statement.text.strip(MARKS))
    named = next(((rules.correcting.same, rules.first) for rules in grammars(first) if rules.correcting.same), None)
    placed = [claim.subject for one in told(first).statements for claim in one.claims if claim.holds == "place"]
    if not rest or not named or not placed:
        return []
    same, oneself = named
    subject = next((name for name in (oneself if placed[0] == USER else placed[:1]) if first.startswith(name)), "")
    if not subject:
        return []
    return [first, *(same.sub(subject, clause, count=1) if same.match(clause) else clause for clause in rest)]


@lru_cache(maxsize=64)
def read(feedback: str) -> Correction:
    """Read a correction in plain words; what it says of nothing in particular corrects nothing."""
    said = _said(feedback)
    denied = {sentence: [found["said"] for found, _ in _matches(sentence, "retracts")] for sentence in said}
    claimed = [sentence for sentence in said if not denied[sentence]]
    pieces = [piece for sentence in claimed for piece in (sentence, *_PIECE.split(sentence))]
    lacking = [(found["thing"], rules) for piece in pieces for found, rules in _matches(piece, "nothing")]
    return Correction(
        statements=tuple(statement for text in [*claimed, *pieces] for statement in told(text).statements),
        retracted=tuple(
            statement for texts in denied.values() for text in texts for statement in told(text).statements
        ),
        nothing=tuple(_having(thing, rules) for thing, rules in lacking),
        exchanges=replacements(feedback),
        words=frozenset(word.casefold() for word in re.findall(r"\w+", feedback)),
        about=", ".join(dict.fromkeys(thing.strip() for thing, _ in lacking)),
    )


@lru_cache(maxsize=64)
def replacements(feedback: str) -> tuple[TextReplacement, ...]:
    """Return what a text says to be set right: "it was a rabbit, not a cat"."""
    texts = dict.fromkeys((_bare(feedback), *_said(feedback)))
    return tuple(dict.fromkeys(one for text in texts for one in _exchanges(text)))


def _said(feedback: str) -> list[str]:
    return [bare for sentence in sentences(feedback) if (bare := _bare(sentence))]


def asserted(feedback: str) -> str:
    """Return what a correction says that holds, without what it only denies."""
    said = told(" ".join(f"{_bare(sentence)}." for sentence in sentences(feedback)))
    denied = read(feedback).retracted
    return " ".join(
        f"{one.text.rstrip(MARKS)}."
        for one in said.statements
        if not one.wording.negators and not any(repeats(one, other, near=True) for other in denied)
    )


def compare(earlier: str, later: str, *, near: bool) -> Verdict:
    """Judge two memories by their texts; the later one may say outright what of the earlier is wrong."""
    old, new = told(earlier), told(later)
    verdict = judge(old, new, near=near)
    if verdict.relation != "different" or (old.perspective, old.speaker) != (new.perspective, new.speaker):
        return verdict
    exchange = read(bare(later)).exchanged(earlier) if replacements(bare(later)) else None
    if exchange is None or exchange[0].is_vague:
        return verdict
    return Verdict("updates", tuple(one.text for one in old.statements if one.text in exchange[1]))


def _spot(words: str) -> re.Pattern[str]:
    if HAN.search(words):
        return re.compile(re.escape(words))
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE)


def _bare(text: str) -> str:
    """Take off what only says that something is wrong."""
    before = ""
    while text != before:
        before = text
        for language in LANGUAGES:
            found = grammar(language).correcting.lead.match(text := text.strip())
            text = text[found.end() :] if found else text
    return text.strip(MARKS)


def _matches(
    text: str, kind: Literal["nothing", "another", "retracts"]
) -> Iterator[tuple[re.Match[str], CorrectionForms]]:
    """Yield what a text, written out by each grammar that may be its own, matches of a kind."""
    for rules in grammars(text):
        patterns: Patterns = getattr(rules.correcting, kind)
        written = plain(text, rules)
        yield from ((found, rules.correcting) for pattern in patterns if (found := pattern.fullmatch(written)))


def _having(thing: str, rules: CorrectionForms) -> Patterns:
    """Make the patterns of claims to have a thing, one or several."""
    word = re.escape(thing.strip())
    word = word if HAN.search(thing) else rf"{word.removesuffix('s')}(?:e?s)?"
    return tuple(LazyPattern(pattern.replace("THING", word)) for pattern in rules.has)


def _holds(patterns: Patterns, text: str) -> bool:
    return not patterns or any(pattern.search(fold(text)) for pattern in patterns)


def _exchanges(text: str) -> Iterator[TextReplacement]:
    for found, rules in _matches(text, "another"):
        yield TextReplacement(found["right"].strip(), found["wrong"].strip(), where=_having(found["wrong"], rules))
    for rules in grammars(text):
        said = (pattern.fullmatch(text.strip(MARKS)) for pattern in rules.correcting.exchanges)
        yield from map(_exchange, filter(None, said))


def _exchange(found: re.Match[str]) -> TextReplacement:
    groups = found.groupdict()
    wrong, head = _core(groups["wrong"]), groups.get("head") or ""
    right = _core(groups.get("right") or "") or _last(head, like=wrong)
    about = told(head.removesuffix(right)).statements[:1]
    return TextReplacement(right, wrong, about[0] if about else None)


def _core(text: str) -> str:
    text = text.strip(MARKS)
    found = (grammar(language).correcting.before.match(text) for language in LANGUAGES)
    start = max((before.end() for before in found if before), default=0)
    return text[start:] or text


def _last(head: str, *, like: str) -> str:
    """Return the last words of a text: as many as are in another, or a whole name."""
    words = head.split()
    count = len(like.split())
    while count < len(words) - 1 and _NAME.match(words[-count]) and _NAME.match(words[-count - 1]):
        count += 1
    return _core(" ".join(words[-count:]))
