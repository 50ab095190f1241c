"""Facts with what they answer and what they leave open: the model is tuned on some, and others are held out."""

from pathlib import Path

import pytest

from benchmarks.common.facts import load_facts, load_worlds
from benchmarks.common.samples import DATA, EVERYDAY, FACTS, load

PARAPHRASES = DATA / "paraphrases.json"


def _asked(part: str) -> set[str]:
    return {
        text for world in load_worlds(FACTS / part) for fact in world for text in (*fact.answers, *fact.leaves_open)
    }


@pytest.mark.parametrize("part", ["tune", "held", "languages/tune", "languages/held"])
def test_every_fact_answers_something_and_leaves_something_open_that_its_world_does_not_answer(part: str) -> None:
    for world in load_worlds(FACTS / part):
        answered = {text for fact in world for text in fact.answers}
        assert len(world) >= 8
        for fact in world:
            assert fact.answers, fact.text
            assert fact.leaves_open, fact.text
            assert not answered & {*fact.leaves_open}, fact.text


@pytest.mark.parametrize("folder", [FACTS, FACTS / "languages"])
def test_no_fact_held_out_is_tuned_on(folder: Path) -> None:
    tune, held = ({fact.text for world in load_worlds(folder / part) for fact in world} for part in ("tune", "held"))

    assert not tune & held


def test_nothing_that_is_asked_elsewhere_is_tuned_on() -> None:
    sets = (EVERYDAY, PARAPHRASES, DATA / "languages.json", *(DATA / "languages").glob("*.json"))
    elsewhere = {question.text for path in sets for sample in load(path) for question in sample.questions}

    assert not (_asked("tune") | _asked("languages/tune")) & elsewhere


def test_facts_of_a_language_are_in_the_file_of_its_code() -> None:
    samples = load(FACTS / "languages" / "held")

    assert {sample.language for sample in samples} == {"ar", "de", "es", "fr", "hi", "it", "ja", "ko", "ru", "zh"}
    assert all(question.language == sample.language for sample in samples for question in sample.questions)


def test_a_world_is_a_user_who_told_a_fact_a_day(tmp_path: Path) -> None:
    (tmp_path / "01.txt").write_text(
        "W: baker in Ghent\nF: I sing: badly.\nQ: What is my hobby?\nN: What is my job?\n"
        "F: I bake.\nQ: My trade?\nN: My wage?\n\n"
        "W: nurse\nF: I swim.\nQ: My sport?\nN: My pool?\n",
        encoding="utf-8",
    )

    baker, nurse = load_facts(tmp_path)

    assert [(turn.id, turn.role, turn.content) for turn in baker.turns] == [
        ("1", "user", "I sing: badly."),
        ("2", "user", "I bake."),
    ]
    assert len({turn.conversation_id for turn in baker.turns}) == len({turn.chat_time for turn in baker.turns}) == 2
    assert [(question.text, question.category, question.evidence) for question in baker.questions] == [
        ("What is my hobby?", "fact", {"1"}),
        ("What is my job?", "never", set()),
        ("My trade?", "fact", {"2"}),
        ("My wage?", "never", set()),
    ]
    assert len(nurse.turns) == 1


def test_a_folder_of_facts_is_read_as_such_from_wherever_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FACTS.parent)

    assert load(Path("facts/held"))[0].turns == load(FACTS / "held")[0].turns


def test_a_line_that_is_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text("W: someone\nI sing\n", encoding="utf-8")

    with pytest.raises(ValueError, match="'I sing' is no world, fact or question"):
        load_worlds(tmp_path)
