"""The data sets written for this project are what the benchmarks take them to be."""

import json
import keyword
import re
import runpy
import subprocess
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.common import samples
from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.common.samples import EVERYDAY, MIXED, PAIRS_HELD_OUT, load_everyday, load_histories, load_pairs
from benchmarks.peers import compare

SAMPLES = load_everyday()
QUESTIONS = [(sample, question) for sample in SAMPLES for question in sample.questions]
ROOT = Path(__file__).parents[1]
SCRIPTS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "benchmarks").rglob("*.py"))
    if re.search(r"^def main\(", path.read_text(encoding="utf-8"), re.MULTILINE)
]
FUNCTION_WORDS = {
    *("the", "and", "did", "does", "was", "were", "are", "what", "which", "who", "whose", "when", "where", "why"),
    *("how", "for", "from", "with", "that", "this", "have", "has", "had", "our", "you", "your", "out", "not", "long"),
    *("qué", "der", "die", "das", "den", "für", "als", "hat", "ich", "welchen"),
}


def content_stems(text: str) -> set[str]:
    """Cut words to five letters, and scripts without spaces into pairs of characters."""
    words = re.findall(r"[^\W\d_]{3,}|\d+", text.lower())
    latin = {word[:5] for word in words if word.isascii() or word < "\u3000"} - FUNCTION_WORDS
    characters = re.findall(r"[\u4e00-\u9fff]+", text)
    return latin | {run[i : i + 2] for run in characters for i in range(len(run) - 1)}


def test_there_are_a_dozen_conversations_of_several_dated_sessions() -> None:
    lengths = Counter(turn.conversation_id for sample in SAMPLES for turn in sample.turns)
    assert len(lengths) >= 12
    assert all(15 <= length <= 40 for length in lengths.values())
    for sample in SAMPLES:
        by_name = sorted(sample.turns, key=lambda turn: turn.conversation_id)
        for _, turns in groupby(by_name, key=lambda turn: turn.conversation_id):
            times = [turn.chat_time for turn in turns]
            assert times == sorted(times)
            assert 2 <= len(set(times)) <= 5


def test_every_turn_has_an_id_of_its_own_and_something_to_say() -> None:
    ids = [turn.id for sample in SAMPLES for turn in sample.turns]
    assert len(ids) == len(set(ids))
    assert all(turn.content.strip() for sample in SAMPLES for turn in sample.turns)
    assert {turn.role for sample in SAMPLES for turn in sample.turns} == {"user", "assistant"}


def test_evidence_is_among_the_turns_of_the_user_who_is_asked() -> None:
    for sample, question in QUESTIONS:
        assert question.evidence <= {turn.id for turn in sample.turns}, question.text


def test_only_what_was_never_mentioned_has_no_evidence() -> None:
    for _, question in QUESTIONS:
        assert bool(question.evidence) == (not question.category.startswith("never")), question.text
        assert bool(question.answer) == bool(question.evidence), question.text


def test_there_are_enough_questions_of_every_kind_and_language() -> None:
    answerable = [question for _, question in QUESTIONS if question.evidence]
    kinds = Counter(question.category for _, question in QUESTIONS)
    assert len(answerable) >= 60
    assert kinds["never"] >= 15
    assert kinds["never held out"] >= 15
    assert all(kinds[kind] >= 8 for kind in ("code", "preference", "name", "change", "time", "multi-hop", "paraphrase"))
    assert {question.language for question in answerable} == {"en", "zh", "es", "de"}


@pytest.mark.parametrize(
    ("sample", "question"),
    [pytest.param(*pair, id=pair[1].text) for pair in QUESTIONS if pair[1].category == "paraphrase"],
)
def test_a_paraphrase_shares_no_content_word_with_its_evidence(sample: Sample, question: Question) -> None:
    evidence = " ".join(turn.content for turn in sample.turns if turn.id in question.evidence)
    assert not content_stems(question.text) & content_stems(evidence)


def test_the_file_ends_each_turn_on_its_own_line() -> None:
    lines = EVERYDAY.read_text(encoding="utf-8").splitlines()
    assert sum('"role":' in line for line in lines) == sum(len(sample.turns) for sample in SAMPLES)


def test_the_pairs_of_statements_cover_each_label_and_are_all_distinct() -> None:
    pairs = load_pairs()
    labels = Counter(pair.label for pair in pairs)
    assert len(pairs) >= 60
    assert set(labels) == {"duplicate", "update", "different"}
    assert min(labels.values()) >= 20
    assert len({(pair.old, pair.new) for pair in pairs}) == len(pairs)
    assert {"en", "zh", "es"} <= {pair.language for pair in pairs}


def test_the_pairs_held_out_are_none_of_the_others() -> None:
    known = {(pair.old, pair.new) for pair in load_pairs()}
    held_out = load_pairs(PAIRS_HELD_OUT)
    assert not known & {(pair.old, pair.new) for pair in held_out}
    assert min(Counter(pair.label for pair in held_out).values()) >= 10


def test_each_mixed_conversation_has_an_answer_and_neighbours_that_do_not_answer() -> None:
    mixed = load_histories(MIXED)
    assert Counter(sample.part for sample in mixed) == {"tune": 20, "held": 20}
    for sample in mixed:
        ids = {turn.id for turn in sample.turns}
        assert len({turn.conversation_id for turn in sample.turns}) == 1
        assert len(sample.questions) == 2
        assert all(question.evidence and question.evidence < ids for question in sample.questions)


def test_questions_of_another_user_that_a_history_answers_too_are_not_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = {"id": "1", "role": "user", "text": "I like films."}
    asked = {"category": "fact", "answer": "", "answerable": True, "evidence": ["1"]}
    histories = [
        {
            "id": user,
            "sessions": [{"date_time": "2024-01-01 10:00", "turns": [turn]}],
            "questions": [{"question": f"{user} {number}?"} | asked for number in range(3)],
        }
        for user in ("ann", "bo")
    ]
    path, answered = tmp_path / "films.json", tmp_path / "answered.json"
    path.write_text(json.dumps({"meta": {}, "conversations": histories}), encoding="utf-8")
    answered.write_text(json.dumps({"films": {"ann": [0, 2]}, "others": {"bo": [1]}}), encoding="utf-8")
    monkeypatch.setattr(samples, "ANSWERED", answered)
    ann, bo = load_histories(path)

    assert [question.text for question in ann.foreign] == ["bo 1?"]
    assert [question.text for question in bo.foreign] == ["ann 0?", "ann 1?", "ann 2?"]


def test_texts_are_read_out_of_an_answer_of_several_json_values() -> None:
    assert compare.texts_in('{"text": "a \\"b\\""}\n[{"text": "c"}]') == 'a "b"\nc'
    assert compare.texts_in("{not JSON") == "{not JSON"


def test_where_one_turn_begins_like_another_the_longer_is_found() -> None:
    turns = [Turn(str(n), "user", text, "c", "2025-05-01") for n, text in enumerate(("Yes.", "Yes. In May.", "No."))]
    found = compare.found_in(Question("?", "", "", "en", frozenset("1")), "No. ... Yes. In May.", turns)
    assert found.hits == ("2", "1")


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_says_how_it_is_run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(name, run_name="__main__")
    assert not ended.value.code
    assert "usage" in capsys.readouterr().out.lower()


def test_the_empty_server_starts_and_ends_with_its_input() -> None:
    server = ROOT / "benchmarks" / "speed" / "empty_server.py"
    assert subprocess.run([sys.executable, server], stdin=subprocess.DEVNULL, check=False).returncode == 0


def test_each_script_is_in_a_folder_and_is_a_module_that_hides_none_of_the_standard_library() -> None:
    names = [path.stem for path in (ROOT / "benchmarks").rglob("*.py") if path.stem != "__init__"]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    assert not set(names) & sys.stdlib_module_names
    assert [path.name for path in (ROOT / "benchmarks").glob("*.py")] == ["__init__.py"]
