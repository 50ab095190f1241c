import pytest

from memos_mcp.backends.local.retrieval.flags import BY_ASSISTANT, NAME, NUMBER, PLACE
from memos_mcp.backends.local.retrieval.query_understanding import Question


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("How many cats does Ada have?", NUMBER),
        ("¿Cuántos gatos tiene?", NUMBER),
        ("Wie viele Katzen hat sie?", NUMBER),
        ("她有几只猫？", NUMBER),
        ("Who teaches me?", NAME),
        ("What is the cat called?", NAME),
        ("¿Con quién vive?", NAME),
        ("Wer leitet den Chor?", NAME),
        ("Where does she live?", PLACE),
        ("Which city is she from?", PLACE),
        ("¿Dónde vive?", PLACE),
        ("What does she like?", 0),
        ("the whole log of where it failed", 0),
    ],
)
def test_it_is_understood_what_a_question_wants_to_be_told(text: str, flag: int) -> None:
    assert Question(text).favoured_kind == flag


@pytest.mark.parametrize(
    ("text", "english", "latin"),
    [
        ("Where does my brother live?", True, True),
        ("¿Dónde vive ahora la abuela?", False, True),
        ("Wie heißen meine Schwiegereltern?", False, True),
        ("我的猫叫什么名字？", False, False),
        ("Где мои собаки?", False, False),
        ("ERR_REQUIRE_ESM 42", True, True),
    ],
)
def test_the_language_of_a_question_is_told_by_its_words_and_letters(text: str, english: bool, latin: bool) -> None:
    question = Question(text)
    assert (question.english, question.latin) == (english, latin)


def test_of_a_question_without_a_word_of_its_own_the_time_is_looked_for() -> None:
    assert len(Question("What did I do in May?").terms[0]) == 1
    assert len(Question("What did I do?").terms[0]) == 4


def test_the_words_of_a_time_are_told_from_the_others() -> None:
    question = Question("Which concert was on 12 November 2024?")
    assert sorted(term in question.dated for term in question.terms[0]) == [False, True, True, True]


def test_words_that_only_frame_a_question_are_told_from_those_that_it_is_about() -> None:
    assert Question("What kind of books does Ada mention?").framing.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("¿Hasta qué día estás aquí?", True),
        ("Bis wann läuft der Vertrag?", True),
        ("À partir de quand travaille-t-elle ?", True),
        ("В какой день мы едем?", True),
        ("引っ越しはいつ？", True),
        ("생일이 며칠이지?", True),
        ("متى العطلة؟", True),
        ("शादी कब है?", True),
        ("母の手術の日は？", True),
        ("엄마가 수술받는 날은?", True),
        ("When is the wedding?", True),
        ("When I studied in the library, which novel did I read?", False),
        ("Welche Farbe hat das Haus?", False),
        ("犬の名前は？", False),
    ],
)
def test_it_is_heard_in_many_languages_that_a_time_is_asked_for(text: str, asked: bool) -> None:
    assert Question(text).asks_when is asked


@pytest.mark.parametrize(
    "text",
    [
        "¿Qué libro me recomendaste?",
        "Was hast du mir geraten?",
        "Quel vin m'as-tu conseillé ?",
        "Какой фильм ты советовал?",
        "教えてくれた店は？",
        "旅行について何をアドバイスした？",
        "勧められた本は？",
        "무슨 책을 읽으라고 했지?",
        "بماذا نصحتني؟",
        "तुमने क्या सुझाया था?",
        "你给我推荐过哪一部电影？",
        "关于如何放松，你给了我什么建议？",
        "What are the places that you have recommended to me?",
        "What advice did you give me about sleep?",
        "Which move had you made before I resigned?",
        "What did you ask me about the trip?",
        "In our last cooking session, what went into the soup?",
    ],
)
def test_it_is_heard_in_many_languages_whose_words_are_asked_for(text: str) -> None:
    assert Question(text).said_by == BY_ASSISTANT


@pytest.mark.parametrize(
    "text", ["我和你推荐过一部电影，叫什么？", "我告诉过你我的计划，是什么？", "What did I tell you about my plans?"]
)
def test_what_the_user_told_the_assistant_is_not_what_the_assistant_said(text: str) -> None:
    assert Question(text).said_by != BY_ASSISTANT


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("勤め先はどこ？", True),
        ("어디에 살아?", True),
        ("أين أعمل؟", True),
        ("Где живёт брат?", True),
        ("教えてくれた店は？", False),
        ("猫叫什么名字？", False),
        ("Where does she live?", False),
    ],
)
def test_a_question_is_about_its_asker_where_a_language_leaves_the_pronoun_out(text: str, own: bool) -> None:
    assert Question(text).of_oneself is own
