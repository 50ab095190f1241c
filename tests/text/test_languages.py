"""A language is a folder: what is laid beside the others is read, and no Python names it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from memos_mcp.backends.local.text import language_files
from memos_mcp.backends.local.text.language_files import languages, profiles, speech

FOLDER = Path(str(language_files.FOLDER))

ESPERANTO = {
    "language.toml": 'stemmer = "esperanto"\nfound = [50, 90]\n',
    "stop_words.txt": "la mi vi estas kaj en de al ne por kun tio\n",
    "times.toml": """
past = '''\\w+is\\b'''
future = '''\\w+os\\b'''
[days]
"hieraŭ" = -1
[units]
week = ["semajno", "semajnoj", "semajnon"]
[weekdays]
0 = ["lundo", "lundon"]
[numbers]
2 = ["du"]
[patterns]
ago = ['''antaŭ {n} {unit}''']
on = ['''{weekday}''']
""",
    "speech.toml": """
first_person = '''mi|mia|miaj'''
relative_time = '''hieraŭ'''
asks_when = '''kiam'''
requests = '''ĉu vi povas'''
abbreviations = '''ekz'''
hollow = '''bela bona'''
orders = '''bonvolu'''
""",
    "preferences.toml": "likes = ['''\\bmi ŝatas\\b''']\n",
    "places.toml": "cities = 'London/Londono, Lisbon/Lisbono'\n",
    "changes.toml": """
first = "mi"
articles = "la"
changed = '''\\bnun\\b'''
[[forms]]
attribute = "residence"
holds = "place"
states = ['''(?P<subject>mi) logas en (?P<value>\\w+)''']
changes = ['''(?P<subject>mi) translokigis al (?P<value>\\w+)''']
[swap]
shared = ['''mi forlasis (?P<left>\\w+)''']
[change]
changed = '''\\bnun\\b'''
[change.values]
weekday = '''lundon|mardon'''
""",
}

READ = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from memos_mcp.backends.local.text import language_files
language_files.FOLDER = Path(sys.argv[1])
from memos_mcp.backends.local.consolidation.corrections import compare
from memos_mcp.backends.local.consolidation.known_names import places
from memos_mcp.backends.local.extraction.salience import tells
from memos_mcp.backends.local.text.language import language_of, stem, written_in
from memos_mcp.backends.local.text.sentences import sentences
from memos_mcp.cli.checks.languages import judge
from tests.text.reading import reading
said = datetime(2023, 8, 9, tzinfo=UTC)
print(json.dumps({
    "said": reading("Hieraŭ mi ŝatas la bieron kaj la panon.", said=said),
    "two weeks": reading("Mi estas en Romo de antaŭ du semajnoj.", said=said),
    "past": reading("Mi iris al la lago lundon.", said=said),
    "future": reading("Mi iros al la lago lundon.", said=said),
    "asked": reading("Kiam mi estas en la urbo?", said=said),
    "ordered": tells("Bonvolu veni kun vi al la urbo."),
    "hollow": tells("Tio estas bela kaj bona."),
    "requested": reading("Ĉu vi povas veni al la urbo", said=said),
    "sentences": sentences("Mi vidas birdojn, ekz. merlojn. Ili kantas."),
    "same stem": stem("birdojn", "esperanto") == stem("birdo", "esperanto"),
    "places": [places("cities")["londono"], places("cities")["london"]],
    "moved": compare("Mi logas en Londono.", "Mi translokigis al Lisbono.", near=False).relation,
    "another day": compare("Kunveno kun vi estas lundon.", "Kunveno kun vi nun estas mardon.", near=False).relation,
    "served": [finding.found for finding in judge(["La hundo estas en la urbo kun mi."] * 40, embedder="onnx")],
    "ukrainian": [written_in("Мені це теж ще"), language_of("місто", "ukrainian"), language_of("город", "english")],
}))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a process that starts with two more folders makes of texts in their languages."""
    root = tmp_path_factory.mktemp("languages")
    shutil.copytree(FOLDER, root, dirs_exist_ok=True)
    for name, text in ESPERANTO.items():
        (root / "esperanto").mkdir(exist_ok=True)
        (root / "esperanto" / name).write_text(text, encoding="utf-8")
    (root / "ukrainian").mkdir()
    (root / "ukrainian" / "language.toml").write_text('script = "Cyrillic"\n', encoding="utf-8")
    (root / "ukrainian" / "stop_words.txt").write_text("мені це теж ще", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", READ, str(root)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_folder_laid_beside_the_others_is_a_language(read: dict[str, dict[str, list[str]]]) -> None:
    said = read["said"]

    assert said["language"] == "esperanto"
    assert said["words that carry"] == ["hieraŭ", "ŝatas", "bieron", "panon"]
    assert said["flags"] == ["FIRST_PERSON", "RELATIVE_TIME"]
    assert said["tells"]
    assert said["preferences"] == ["Hieraŭ mi ŝatas la bieron kaj la panon."]
    assert read["same stem"]
    assert read["sentences"] == ["Mi vidas birdojn, ekz. merlojn.", "Ili kantas."]


def test_its_times_are_those_of_messages_and_of_queries(read: dict[str, dict[str, list[str]]]) -> None:
    assert read["said"]["times of a message"] == read["said"]["times of a query"] == ["2023-08-08 to 2023-08-09"]
    assert read["two weeks"]["times of a message"] == ["2023-07-24 to 2023-07-31"]
    assert read["past"]["times of a message"] == ["2023-08-07 to 2023-08-08"]
    assert read["future"]["times of a message"] == ["2023-08-14 to 2023-08-15"]


def test_its_questions_and_requests_and_empty_words_are_known(read: dict[str, dict[str, list[str]]]) -> None:
    assert read["asked"]["asks when"]
    assert read["requested"]["asks"]
    assert not read["ordered"]
    assert not read["hollow"]


def test_what_changed_is_compared_by_its_grammar_and_its_names_of_places(read: dict[str, object]) -> None:
    assert read["moved"] == "updates"
    assert read["another day"] == "updates"
    assert read["places"] == ["London", "London"]


def test_the_doctor_tells_how_well_it_is_searched(read: dict[str, list[str]]) -> None:
    assert re.search(r"are in Esperanto; .* 50 %.* 90 %", read["served"][0])


def test_a_second_language_of_a_script_is_told_by_its_words(read: dict[str, object]) -> None:
    assert read["ukrainian"] == ["Cyrillic", "ukrainian", "russian"]


def test_english_explains_every_entry_of_every_language() -> None:
    for file in ("language.toml", "speech.toml", "times.toml", "preferences.toml", "changes.toml"):
        explained = set(re.findall(r"\w+", (FOLDER / "english" / file).read_text("utf-8")))
        for language in languages():
            table = language_files.table_of(language, file)
            parts = ("patterns", "queries", "change", "correcting", "swap", "doing")
            keys = [*table, *(key for part in parts for key in table.get(part, ()))]
            unexplained = {key.removesuffix("_unspaced") for key in keys} - explained
            assert not unexplained, f"{language}/{file}"


def test_no_python_names_a_language() -> None:
    others = [name for name in languages() if name != language_files.DEFAULT]
    named = re.compile(rf"[\"'](?:{'|'.join([*others, *map(str.capitalize, others)])})[\"']")
    root = FOLDER.parents[3]

    assert [str(path) for path in root.rglob("*.py") if named.search(path.read_text("utf-8"))] == []


def test_one_language_stands_for_each_script() -> None:
    standing = [profile.script for profile in profiles().values() if profile.letters]

    assert len(standing) == len(set(standing))
    assert {profile.script for profile in profiles().values()} == {"Latin", *standing}
    assert {profile.borrows for profile in profiles().values()} <= {"", *standing}
    assert all(re.compile(pattern) for name in languages() for pattern in speech(name).values())
