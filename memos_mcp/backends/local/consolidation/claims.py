"""Claims: what a sentence states of somebody, as subject, attribute and value, where it has one of the known forms."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Literal

from memos_mcp.backends.local.consolidation.grammar import (
    HAN,
    AttributeForms,
    Grammar,
    Holds,
    Pattern,
    grammars,
    in_any,
)
from memos_mcp.backends.local.consolidation.known_names import tools
from memos_mcp.backends.local.consolidation.normalisation import MARKS, plain
from memos_mcp.backends.local.text.language import FEMININE

USER = "i"
"""The subject of what the user says of themselves."""

_WORD = re.compile("[\u3400-\u9fff]+|\\w+(?:[.:/@'+#-]+\\w+)*")


@dataclass(frozen=True, slots=True)
class Claim:
    """That an attribute of a subject has a value, or (`ended`) has it no more.

    `changed` tells that the sentence says that this is new, `left` the value that it names as the one before, and
    `more` what it says beside; `implied` that the sentence says more than that.
    """

    subject: str
    attribute: str
    value: str
    holds: Holds
    changed: bool = False
    ended: bool = False
    left: str = ""
    more: str = ""
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What a subject does or has, or, as an end, does or has no more: a verb, its object, and the words around them.

    A `having`, and a `using` too, can be ended by naming its object alone. An end without a verb is of whatever they
    did with the object if its kind is `doing`, and of a `having` alone otherwise.
    """

    subject: str
    verb: str
    object: tuple[str, ...]
    words: frozenset[str]
    kind: Literal["having", "using", "doing", "other"]

    @property
    def head(self) -> str:
        """The last word of the object."""
        return self.object[-1] if self.object else ""


class ParsedSentence:
    """A sentence as read by the grammar of one language: its core, and what was taken off its ends."""

    def __init__(self, sentence: str, rules: Grammar) -> None:
        """Read a sentence."""
        self._rules = rules
        self._text = plain(sentence, rules)

    @property
    def language(self) -> str:
        """The language that it was read in."""
        return self._rules.language

    @cached_property
    def _cores(self) -> list[str]:
        """The sentence with less and less around it: adjuncts of time and words that lead in or out."""
        found = [self._text]
        for text in found:
            shorter = self._rules.lead.sub("", text, count=1) if self._rules.lead.match(text) else text
            shorter = self._rules.trail.sub("", shorter.strip(MARKS), count=1).strip(MARKS)
            if shorter != text:
                found.append(shorter)
        return [self._rules.inside.sub("", text) for text in found]

    @cached_property
    def changed(self) -> bool:
        """Whether the sentence says that something is new."""
        return bool(self._rules.changed.search(self._text))

    @property
    def adjuncts(self) -> str:
        """The words around the core and that tell something, such as when."""
        left_out = Counter(self._words(self._text)) - Counter(self._words(self._cores[-1]))
        return " ".join(sorted(word for word in left_out if word not in self._rules.dropped))

    @cached_property
    def is_sure(self) -> bool:
        """Whether the sentence neither guesses nor supposes nor reports."""
        return not self._rules.unsure.search(self._cores[-1])

    def _match(self, pattern: Pattern) -> re.Match[str] | None:
        return next((found for text in reversed(self._cores) if (found := pattern.fullmatch(text))), None)

    def claims(self) -> list[Claim]:
        """Return what the sentence states; nothing where it is unsure."""
        if not self.is_sure:
            return []
        if not any(map(self._rules.any_form.fullmatch, self._cores)):
            return []
        return [claim for form in self._rules.forms for claim in self._of(form)]

    def doings(self) -> list[Action]:
        """Return what somebody does or has, according to the sentence."""
        forms = self._rules.doing
        found = forms.pattern.fullmatch(self._cores[-1])
        if found is None or not self.is_sure or forms.past.search(found["verb"]):
            return []
        words = self._words(found["object"] or "")
        verb = found["verb"].casefold()
        kind = "having" if verb in forms.having else "using" if verb in forms.using else "other"
        relation = next((place for place, word in enumerate(words) if word in forms.relations), len(words))
        around = frozenset(self._stems(words))
        return [Action(self._subject(found), self._rules.stem(verb), self._stems(words[:relation]), around, kind)]

    def ends(self) -> list[Action]:
        """Return what somebody does or has no more."""
        if not self.is_sure or not any(map(self._rules.any_end.fullmatch, self._cores)):
            return []
        return [
            Action(
                self._subject(found),
                self._rules.stem((groups.get("verb") or "").casefold()),
                self._stems(self._words(groups.get("object") or "")),
                frozenset(self._stems(self._words(groups.get("context") or ""))),
                end.of,
            )
            for end in self._rules.ends
            for pattern in end.states
            if (found := self._match(pattern)) and (groups := found.groupdict())
        ]

    def _of(self, form: AttributeForms) -> Iterator[Claim]:
        for patterns, changed, ended in (
            (form.states, self.changed, False),
            (form.changes, True, False),
            (form.ends, False, True),
        ):
            for pattern in patterns:
                if found := self._match(pattern):
                    claim = self._claim(form, found, changed=changed, ended=ended)
                    yield from _of_a_kind(claim, found["value"]) if form.holds == "tool" else (claim,)

    def _claim(self, form: AttributeForms, found: re.Match[str], *, changed: bool, ended: bool) -> Claim:
        groups = {name: value for name, value in found.groupdict().items() if value}
        named = {name: " ".join(self._stems(self._words(value))) for name, value in groups.items()}
        if form.holds != "many":  # a role that one person has: "mi jefe", "mi nueva jefa"
            named["attribute"] = named.get("attribute", "").replace(FEMININE, "")
        named["pair"] = " ".join(sorted([named.get("value", ""), named.get("other", "")]))
        attribute = re.sub(r"\{(\w+)\}", lambda part: named.get(part[1], ""), form.attribute)
        return Claim(
            self._subject(found),
            " ".join(attribute.split()),
            form.value or self._value(groups.get("value", ""), form.holds),
            form.holds,
            changed=changed,
            ended=ended,
            left=self._value(groups.get("left") or groups.get("left2") or "", form.holds),
            more=named.get("more", ""),
            implied=form.implied,
        )

    def _subject(self, found: re.Match[str]) -> str:
        groups = found.groupdict()
        if groups.get("whose"):
            return f"my {groups['whose'].casefold()}"
        subject = _possessive().sub("", (groups.get("subject") or "").casefold().strip())
        subject = re.sub(r"^the user's\b", "my", subject)
        if not self._rules.profile.spaces:
            subject = in_any("possessive").sub("", subject)
        if subject in ("", "the user") or subject in self._rules.first:
            return USER
        if subject in self._rules.first_plural:
            return "we"
        if HAN.search(subject):
            return subject
        words = [word for word in self._words(subject) if word not in self._rules.unsaid]
        return " ".join("my" if word in self._rules.own else word for word in words)

    def _value(self, text: str, holds: Holds) -> str:
        if holds == "count":
            return self._rules.counts.get(text.casefold(), text)
        words = self._words(text)
        if holds in ("place", "time"):
            return " ".join(word for word in words if word not in self._rules.articles)
        return " ".join(self._stems(words))

    def _words(self, text: str) -> list[str]:
        return list(_WORD.findall(_possessive().sub("", text.casefold())))

    def _stems(self, words: list[str]) -> tuple[str, ...]:
        return tuple(self._rules.stem(word) for word in words if word not in self._rules.articles)


@cache
def _possessive() -> re.Pattern[str]:
    return re.compile(f"(?:{in_any('possessive').pattern})$")


def _of_a_kind(claim: Claim, value: str) -> Iterator[Claim]:
    """Yield a claim to use a tool as one of its kind; nothing of a tool that is not known."""
    if value.casefold() in tools():
        kind, tool = tools()[value.casefold()]
        left = tools().get(claim.left, ("", ""))[1]
        yield replace(claim, attribute=f"tool like {kind}", value=tool, left=left, holds="marked")


def readings(sentence: str) -> list[ParsedSentence]:
    """Read a sentence by every grammar of its script."""
    return [ParsedSentence(sentence, rules) for rules in grammars(sentence)]
