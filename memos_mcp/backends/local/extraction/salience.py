"""Worth: does a sentence tell of somebody's life, plans and matters, or does it only react, wish, praise or advise?

Judged only in a language whose words that say nothing are listed (`hollow` in its `speech.toml`); what cannot be judged
tells.
"""

import re
from collections.abc import Sequence
from functools import cache

from memos_mcp.backends.local.text.language_files import languages, pattern_of, speech, words_of
from memos_mcp.backends.local.text.speech import in_first_person
from memos_mcp.backends.local.text.words import content_words, extent, language_of

HOLLOW = words_of("hollow")
"""Words of feelings, praise and maxims, which tell nothing by themselves."""

LIGHT = words_of("light")
"""Words that stand beside what tells and beside what does not."""

ACKNOWLEDGING = words_of("acknowledging")
"""Words with which an assistant says that it has heard."""

# Telling words that a sentence needs: about its speaker, about others, and where it speaks to somebody. Measured on
# LoCoMo: 4 in place of 5 changes nothing; 2 in place of 4 gives 2.5 % more memories and 1 % more of the evidence.
_OWN = 2
_OTHERS = 5
_SPOKEN_TO = 4
# Fewer are enough where little else is said: `_FEW` by whether it is about its speaker (with 1 for both, 6 % more
# memories, 2 % fewer of them observed), and so large a share (without, 13 % fewer memories and 3 % less evidence).
_FEW = {True: 1, False: 2}
_DENSE = 0.6

_LATIN = re.compile(r"[a-zA-Z]")
_JUDGED = frozenset(name for name in languages() if "hollow" in speech(name))
_DONE, _HEARD, _ABOUT_ONESELF = (
    re.compile(pattern_of(key), re.IGNORECASE) for key in ("done", "heard", "about_oneself")
)


def tells(sentence: str) -> bool:
    """Tell whether what a person says is worth remembering."""
    telling = content_words(sentence)
    if not telling or not _is_judged(sentence):
        return bool(telling)
    if _pattern("standing_orders", sentence).match(sentence):
        return True
    return not _pattern("orders", sentence).match(sentence) and _weighs(sentence, telling)


def tells_of_itself(sentence: str) -> bool:
    """Tell whether what an assistant says is about what it does, did or will do, and no advice."""
    telling = content_words(sentence)
    if ACKNOWLEDGING.issuperset(telling) or _HEARD.fullmatch(sentence):
        return False
    if _DONE.match(sentence):
        return True
    if not _is_judged(sentence):
        return in_first_person(sentence) if _LATIN.search(sentence) else bool(_ABOUT_ONESELF.search(sentence))
    return (
        in_first_person(sentence)
        and not _pattern("second_person", sentence).search(sentence)
        and not _pattern("advises", sentence).search(sentence)
        and _weighs(sentence, telling)
    )


def weight(text: str) -> float:
    """Weigh the words of a text that tell something."""
    return _weight(content_words(text))


def _weight(telling: Sequence[str]) -> float:
    return extent(word for word in telling if word not in HOLLOW)


def _is_judged(sentence: str) -> bool:
    return bool(_LATIN.search(sentence)) and language_of(sentence) in _JUDGED


def _pattern(key: str, sentence: str) -> re.Pattern[str]:
    """Return the pattern of the language of a sentence."""
    return _compiled(key, language_of(sentence))


@cache
def _compiled(key: str, language: str) -> re.Pattern[str]:
    return re.compile(pattern_of(key, language), re.IGNORECASE)


def _weighs(sentence: str, telling: Sequence[str]) -> bool:
    """Weigh the words that tell: of oneself fewer are enough, and fewer in a sentence with nothing else in it."""
    told = _weight(telling)
    own = in_first_person(sentence)
    if _pattern("second_person", sentence).search(sentence):
        return own and told >= _SPOKEN_TO
    if own and told and _pattern("states", sentence).match(sentence):  # then one word that tells is enough
        return True
    dense = told >= _FEW[own] and told >= _DENSE * sum(word not in LIGHT for word in telling)
    return dense or told >= (_OWN if own else _OTHERS)
