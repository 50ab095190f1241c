import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.retrieval import flags as flag
from memos_mcp.backends.local.retrieval.features import FEATURES_VERSION, analyse, unpack
from memos_mcp.backends.local.text.speech import speaker_of
from memos_mcp.backends.local.text.terms import term_hash, terms


def flags(text: str, *, role: str = "user") -> int:
    return int(unpack([analyse(text, role=role)]).flags[0])


@pytest.mark.parametrize(
    "text", ["I moved to Lisbon", "that's my sister", "我搬家了", "Mi hermana vive aquí", "Мне нравится"]
)
def test_the_first_person_is_noticed_in_several_languages(text: str) -> None:
    assert flags(text) & flag.FIRST_PERSON


@pytest.mark.parametrize(
    "text", ["Where?", "你好吗", "¿Dónde está?", "What is that? [shares a picture: a dog]", "本当ですか？"]
)
def test_a_question_is_noticed(text: str) -> None:
    assert flags(text) & flag.QUESTION


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("When is my sister's birthday?", True),
        ("Nora: Really? Where is it?", True),
        ("我妹妹住在哪里？", True),
        ("I have two dogs. Do you like dogs?", False),
        ("I moved to Oslo, do you know it?", False),
        ("It is on Friday.", False),
    ],
)
def test_a_question_that_tells_nothing_is_told_from_one_beside_a_statement(text: str, alone: bool) -> None:
    assert bool(flags(text) & flag.ASKS_ALONE) is alone


@pytest.mark.parametrize(
    "text", ["I went yesterday", "last Friday it rained", "two weeks ago", "昨天下雨了", "ayer llovió"]
)
def test_a_time_relative_to_the_day_of_writing_is_noticed(text: str) -> None:
    assert flags(text) & flag.RELATIVE_TIME


@pytest.mark.parametrize("text", ["It took 3 hours", "we have two dogs", "Tengo tres gatos", "她有三只猫"])
def test_a_number_is_noticed_in_digits_and_in_words(text: str) -> None:
    assert flags(text) & flag.NUMBER


@pytest.mark.parametrize(
    "text", ["We met Tomasz there", 'it is called "Dune"', "Nora: my teacher, Femke, is kind", "my boss is henrietta"]
)
def test_a_name_is_noticed_within_a_sentence(text: str) -> None:
    assert flags(text) & flag.NAME


@pytest.mark.parametrize("text", ["Nora: Lovely weather", "Lovely. It rains", "Lovely"])
def test_neither_a_speaker_nor_the_beginning_of_a_sentence_is_a_name_told(text: str) -> None:
    assert not flags(text) & flag.NAME


@pytest.mark.parametrize("text", ["we live in Leeds", "she works at the bakery", "vive en Sevilla", "我住在北京"])
def test_a_place_is_noticed(text: str) -> None:
    assert flags(text) & flag.PLACE


def test_a_plain_statement_has_the_flag_of_its_role_alone() -> None:
    assert flags("The ferry runs daily.") == flag.BY_USER
    assert flags("The ferry runs daily.", role="assistant") == flag.BY_ASSISTANT
    assert flags("The ferry runs daily.", role="tool") == 0


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Caroline: hello", "caroline"),
        ("Mary Ann Smith: hello", "mary"),
        ("小明：你好", ""),
        ("Error: no such file", ""),
        ("note: buy milk", ""),
        ("https://example.org", ""),
        ("12:30 is fine", ""),
        ("What I mean is this: go", ""),
    ],
)
def test_a_speaker_is_a_name_before_a_colon(text: str, speaker: str) -> None:
    assert speaker_of(text) == speaker


@given(st.lists(st.text(max_size=80), max_size=8))
def test_what_is_packed_is_unpacked(texts: list[str]) -> None:
    unpacked = unpack([analyse(text, role="user") for text in texts])
    held: list[set[int]] = [set() for _ in texts]
    for term, row in zip(unpacked.terms.tolist(), unpacked.rows.tolist(), strict=True):
        held[row].add(term)
    assert held == [{term for term, _ in terms(text)} for text in texts]
    assert unpacked.speakers.tolist() == [term_hash(name) if (name := speaker_of(text)) else 0 for text in texts]


def test_counts_stop_at_seven() -> None:
    unpacked = unpack([analyse("wave " * 30 + "sand sand", role="user")])
    assert sorted(unpacked.counts.tolist()) == [2, 7]


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "a." * 500_000, "我喜欢" * 111_111, "Ab " * 333_333, "?" * 1_000_000]
)
def test_a_megabyte_of_anything_is_analysed(text: str) -> None:
    assert len(analyse(text, role="user")) < len(text.encode())


GOLDEN = (
    ("I moved to Lisbon two weeks ago with Tomasz.", "user"),
    ("Nora: What's the name of that restaurant near the harbour?", "assistant"),
    ("The build of release-2.14.0 failed: see src/app/main_window.py.", "tool"),
    ("我上周搬到了杭州，有三只猫。", "user"),
    ("先週、東京で姉に会いました。", "user"),
    ("Mi hermana vive en Sevilla desde hace dos años.", "user"),
    ("Wir haben gestern in Köln vier Bücher gekauft.", "user"),
    ("Мы с братом живём в Казани.", "user"),
    ("어제 서울에서 친구를 만났어요.", "user"),
    ("ذهبت أمس إلى القاهرة.", "user"),
)
NOTED = (9, "36b80667e370bfa4")
"""The version of the features, and the digest of those of the texts above."""


def test_features_that_come_out_differently_have_another_version() -> None:
    """Replace what is `NOTED` where this fails, with a new `FEATURES_VERSION` if the code of `analyse` has changed."""
    digest = hashlib.sha256()
    for text, role in GOLDEN:
        packed = analyse(text, role=role)
        words = [packed[start : start + 4] for start in range(0, len(packed), 4)]
        digest.update(b"".join([*words[:3], *sorted(words[3:])]))
    assert (FEATURES_VERSION, digest.hexdigest()[:16]) == NOTED


def test_each_flag_is_held_by_a_text_of_the_digest() -> None:
    held = [flags(text, role=role) for text, role in GOLDEN]
    known = {name: value for name, value in vars(flag).items() if name.isupper() and name[0] != "_"}
    assert not [name for name, value in known.items() if not any(value & one for one in held)]
