"""What is known of single languages: a folder of files for each, in `languages/`."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

LANGUAGES: Final = (
    *("english", "chinese", "spanish", "german", "french", "italian", "portuguese", "russian"),
    *("japanese", "korean", "arabic", "hindi", "thai"),
)
"""In the order in which they are tried; each has those of the files that somebody wrote."""

File = Literal["times.toml", "preferences.toml", "changes.toml", "speech.toml", "stop_words.txt"]
"""How times are named, preferences stated and changes told, how people speak, and words without weight."""

_FOLDER: Final = files(__name__.rpartition(".")[0]) / "languages"


def languages_with(file: File) -> tuple[str, ...]:
    """Return the languages that have a file."""
    return tuple(name for name in LANGUAGES if (_FOLDER / name / file).is_file())


def text_of(language: str, file: File) -> str:
    """Read a file of a language that has it."""
    return (_FOLDER / language / file).read_text("utf-8")


def table_of(language: str, file: File) -> dict[str, Any]:
    """Read a table of a language that has it."""
    return tomllib.loads(text_of(language, file))


def stop_words(language: str) -> frozenset[str]:
    """Read the stop words of a language; none where it has no list."""
    path = _FOLDER / language / "stop_words.txt"
    return frozenset(path.read_text("utf-8").split()) if path.is_file() else frozenset()


def pattern_of(key: str) -> str:
    """Return the pattern of all languages that have one under a key of `speech.toml`."""
    return "|".join(f"(?:{part})" for part in _parts(key))


def replacements(key: str) -> list[tuple[str, str]]:
    """Return the pattern under a key of each language that has one, with what it writes in its place."""
    return list(zip(_parts(key), _parts(f"{key}_as"), strict=True))


def words_of(key: str) -> frozenset[str]:
    """Return the words of all languages that have some under a key of `speech.toml`."""
    return frozenset(" ".join(_parts(key)).split())


def _parts(key: str) -> list[str]:
    return [table[key] for table in _speech() if key in table]


@cache
def _speech() -> list[dict[str, str]]:
    return [table_of(language, "speech.toml") for language in languages_with("speech.toml")]
