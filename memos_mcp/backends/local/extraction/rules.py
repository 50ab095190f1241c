"""The rules extractor: no model, and nothing that was not said."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.passages import Passage, join, opens
from memos_mcp.backends.local.extraction.preferences import StatedPreference, preferences, says_more
from memos_mcp.backends.local.extraction.replies import Reply, read
from memos_mcp.backends.local.text.language_files import pattern_of
from memos_mcp.core.models import Role
from memos_mcp.core.perspective import marked

MOST_OF_A_MESSAGE = 3
"""The most memories that one message gives."""

MOST_PREFERENCES = 8
"""The most preferences that one message gives; they are short."""

# An order and no measured probability: the user's own words first, a guess of theirs below what the assistant says.
_CONFIDENCE: dict[Role, float] = {"user": 1.0, "assistant": 0.8, "tool": 0.6, "system": 0.0}
_HEDGED = 0.7
_HEDGE = re.compile(pattern_of("hedge"), re.IGNORECASE)
_FIGURE_OR_NAME = re.compile(r"\d|(?<=\w )[A-ZÀ-Þ]\w")


class RulesExtractor:
    """Drafts memories in the speaker's own words, by rules that work on any script.

    What says nothing (greetings, thanks, praise, bare questions) is left out, as is what is pasted (code, logs); what
    cannot be judged is kept. System messages are the host's instructions and teach nothing; a tool's output is a
    memory, from the assistant's perspective, only where it is one short plain statement.
    """

    name = "rules:3"
    takes_instructions = False

    def close(self) -> None:
        """Do nothing: no call takes long."""

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        """Draft the memories that `messages` support; `before` gives the questions that they answer."""
        del instructions
        learnt: list[Passage] = []
        liked: list[Draft] = []
        turns: Counter[Role] = Counter()
        previous = before[-1] if before else None
        for message in messages:
            if previous is None or previous.role != message.role:
                turns[message.role] += 1
            reply = read(message, previous=previous)
            stated = _preferences(reply)
            found = [preference for several in stated.values() for preference in several]
            liked += [_preference(preference, message.seq) for preference in found[:MOST_PREFERENCES]]
            learnt += _weightiest(_without(reply, stated).passages(turns[message.role]))
            previous = message
        return [_memory(passage) for passage in join(learnt)] + liked


def _preferences(reply: Reply) -> dict[str, list[StatedPreference]]:
    if reply.message.role != "user" or reply.message.speaker:
        return {}
    return {sentence: found for sentence in reply.statements if (found := preferences(sentence))}


def _without(reply: Reply, stated: dict[str, list[StatedPreference]]) -> Reply:
    """Leave out the sentences that are preferences and nothing else, unless the next one leans on them."""
    whole = {sentence for sentence, found in stated.items() if not says_more(sentence, found)}
    following = [*reply.statements[1:], ""]
    kept = [
        sentence
        for sentence, after in zip(reply.statements, following, strict=False)
        if sentence not in whole or (after and after not in whole and not opens(after))
    ]
    return replace(reply, statements=tuple(kept))


def _weightiest(found: list[Passage]) -> list[Passage]:
    chosen = sorted(range(len(found)), key=lambda at: -_weight(found[at]))[:MOST_OF_A_MESSAGE]
    return [found[at] for at in sorted(chosen)]


def _weight(passage: Passage) -> int:
    return min(len(passage.matter), 20) + 2 * len(_FIGURE_OR_NAME.findall(passage.text))


def _memory(passage: Passage) -> Draft:
    role = passage.message.role
    confidence = _CONFIDENCE[role]
    return Draft(
        value=marked(passage.text, "user" if role == "user" else "assistant"),
        sources=passage.sources,
        confidence=min(confidence, _HEDGED) if _HEDGE.search(passage.text) else confidence,
        memory_time=passage.time.start if passage.time else None,
        time_grain=passage.time.grain if passage.time else None,
    )


def _preference(stated: StatedPreference, seq: int) -> Draft:
    return Draft(
        value=stated.statement,
        sources=(seq,),
        preference="explicit_preference",
        reasoning=stated.reasoning,
    )
