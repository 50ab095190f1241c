import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.text.language import recognise
from memos_mcp.backends.local.text.terms import fold, terms, tokens


def of(text: str) -> set[int]:
    return {term for term, _ in terms(text)}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("adopted", "adopting"),
        ("Caroline's", "caroline"),
        ("the 3rd try", "try 3"),
        ("$1,000", "1000"),
        ("ＮＡＳＡ", "nasa"),
        ("CAFÉ", "cafe"),
        ("don't worry", "worries"),
    ],
)
def test_forms_of_a_word_end_at_the_same_term(left: str, right: str) -> None:
    assert of(left) == of(right)


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        ("get_user_by_id", "user"),
        ("HTTPServer", "server"),
        ("src/store/ledger.py", "ledger"),
        ("python3", "python"),
        ("ice-cream", "cream"),
        ("我们用Python写", "python"),
        ("我下周去北京出差", "北京"),
        ("저는 학교에 갑니다", "학교"),
    ],
)
def test_a_compound_has_its_parts_among_its_terms(whole: str, part: str) -> None:
    assert of(part) <= of(whole) or of(part) & of(whole)


@pytest.mark.parametrize("name", ["get_user_by_id", "HTTPServer", "src/ledger.py", "v1.2.3", "E0308", "C++", "iPhone"])
def test_an_identifier_is_a_term_of_its_own(name: str) -> None:
    parts = " ".join(part for part in name.replace("_", " ").replace("/", " ").split())
    assert of(name) - of(parts) or parts == name


def test_stop_words_are_dropped_unless_there_is_nothing_else() -> None:
    assert of("who is the owner of it") == of("owner")
    assert of("who are you") == of("Who are you?") != set()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where does my sister live?", "english"),
        ("¿Dónde vive mi hermana?", "spanish"),
        ("Wo wohnt meine Schwester?", "german"),
        ("Où habite ma sœur et que fait-elle dans la vie ?", "french"),
        ("Dove abita mia sorella e che cosa fa?", "italian"),
        ("Onde mora a minha irmã e o que ela faz?", "portuguese"),
        ("La Jolla", "english"),
        ("", "english"),
    ],
)
def test_a_language_is_told_by_its_small_words(text: str, language: str) -> None:
    assert recognise(token.casefold() for token in tokens(text)) == language


def test_words_of_another_language_are_found_though_the_query_is_too_short_to_tell_it() -> None:
    assert of("hermanas") & of("Mis hermanas viven en Sevilla y no en Madrid")


@given(st.text(max_size=300))
def test_any_text_has_terms_of_29_bits_and_positive_weight(text: str) -> None:
    for term, weight in terms(text):
        assert 0 <= term < 1 << 29
        assert 0 < weight <= 1


def test_folding_takes_off_accents_and_leaves_other_marks() -> None:
    assert fold("crème brûlée") == "creme brulee"
    assert fold("が") == "が"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("После семи я не ужинаю", "ужин"),
        ("Ich habe den Führerschein gemacht", "die Führerscheinprüfung ist bald"),
        ("المهندسة تعمل هنا", "هندسة"),
        ("दोस्त की शादी", "दोस्तों"),
    ],
)
def test_words_of_one_root_and_parts_of_compounds_share_terms(left: str, right: str) -> None:
    assert of(left) & of(right)


def test_an_english_word_gives_its_stem_alone() -> None:
    assert of("the adopted children") == of("adopting") | of("children")
    assert len(of("the adopted children")) == 2


def test_an_ideograph_counts_as_much_as_a_pair_and_kana_endings_less() -> None:
    weights = dict(terms("犬を散歩させる"))
    of_pair, of_one = (next(term for term, _ in terms(text)) for text in ("散歩", "犬"))

    assert weights[of_pair] == weights[of_one] == 1.0
    assert min(weights.values()) == 0.5


def test_a_single_kana_is_no_term_of_a_longer_run() -> None:
    assert not of("ピアノ") & of("ノ")
