"""What is known of single languages: a folder of files for each, in `languages/`, whose README explains them.

Nothing else names a language: one is added by its folder. All files are read where they are first asked for.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, Literal

File = Literal[
    "language.toml",
    "stop_words.txt",
    "times.toml",
    "preferences.toml",
    "changes.toml",
    "speech.toml",
    "places.toml",
]

DEFAULT: Final = "english"
"""The language of a text in Latin letters that is not clearly in another."""

LATIN: Final = "Latin"

FOLDER = files(__name__.rpartition(".")[0]) / "languages"


@dataclass(frozen=True, slots=True)
class Profile:
    """How a language is written and told from others: the entries of its `language.toml`."""

    name: str
    script: str = LATIN
    letters: str = ""
    borrows: str = ""
    spaces: bool = True
    stemmer: str = ""
    feminine: str = ""
    ngram: int = 4
    leaves_out_pronouns: bool = False
    inflects: bool = True
    universal: bool = False
    found: Sequence[int] = ()

    @property
    def shown(self) -> str:
        """What its texts are said to be in: its name, or the script that it stands for."""
        return self.script if self.letters else self.name.capitalize()


@cache
def languages() -> tuple[str, ...]:
    """Return the names of the languages in the order in which they are tried: English, then by name."""
    names = sorted(entry.name for entry in FOLDER.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
    return (DEFAULT, *(name for name in names if name != DEFAULT))


@cache
def profiles() -> dict[str, Profile]:
    """Read how each language is written."""
    return {name: Profile(name, **table_of(name, "language.toml")) for name in languages()}


def digest(*files_read: File) -> str:
    """Digest these files of all languages, as they are now."""
    made = sha256()
    for language in languages():
        for file in files_read:
            path = FOLDER / language / file
            if path.is_file():
                made.update(f"{language}/{file}\n".encode() + path.read_bytes())
    return made.hexdigest()[:12]


def languages_with(file: File) -> tuple[str, ...]:
    """Return the languages that have a file."""
    return tuple(name for name in languages() if (FOLDER / name / file).is_file())


def text_of(language: str, file: File) -> str:
    """Read a file of a language; nothing where it has none."""
    path = FOLDER / language / file
    return path.read_text("utf-8") if path.is_file() else ""


def table_of(language: str, file: File) -> dict[str, Any]:
    """Read a table of a language; an empty one where it has none."""
    return tomllib.loads(text_of(language, file))


@cache
def stop_words(language: str) -> frozenset[str]:
    """Read the stop words of a language; none where it has no list."""
    return frozenset(text_of(language, "stop_words.txt").split())


def pattern_of(key: str, language: str | None = None) -> str:
    """Return the pattern under a key of `speech.toml`: of a language, or of all that have one; one that fails else."""
    return "|".join(f"(?:{part})" for part in _parts(key, language)) or "(?!)"


def words_pattern_of(key: str) -> str:
    """Return the pattern of whole words under a key of `speech.toml`, or of what needs no spaces around it."""
    return rf"\b(?:{pattern_of(key)})\b|{pattern_of(f'{key}_unspaced')}"


def replacements(key: str) -> list[tuple[str, str]]:
    """Return the pattern under a key of each language that has one, with what it writes in its place."""
    return [(table[key], table[f"{key}_as"]) for table in map(speech, languages()) if key in table]


def words_of(key: str) -> frozenset[str]:
    """Return the words of all languages that have some under a key of `speech.toml`."""
    return frozenset(" ".join(_parts(key)).split())


def phrases_of(key: str) -> frozenset[str]:
    """Return what all languages have under a key of `speech.toml`, phrases with a bar between."""
    return frozenset(one.strip() for part in _parts(key) for one in part.split("|"))


def _parts(key: str, language: str | None = None) -> list[str]:
    tables = map(speech, [language] if language else languages())
    return [table[key] for table in tables if key in table]


@cache
def speech(language: str) -> dict[str, str]:
    """Read how people speak in a language."""
    return table_of(language, "speech.toml")
