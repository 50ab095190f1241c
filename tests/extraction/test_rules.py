"""The rules extractor: the speaker's own words, few of them, and nothing that was not said."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memos_mcp.backends.local.extraction.base import Draft, Source
from memos_mcp.backends.local.extraction.rules import MOST_OF_A_MESSAGE, RulesExtractor
from memos_mcp.core.models import Role

SAID = 1_749_546_000_000

FAMILY_TRIP: list[tuple[Role, str]] = [
    ("user", "I want to travel during the summer vacation, can you recommend something?"),
    ("assistant", "Sure! Are you traveling alone, with family or with friends?"),
    ("user", "I'm bringing my kid. My family always travels together."),
    ("assistant", "Got it, so you're traveling with your children as a family, right?"),
    ("user", "Yes, with both children and elderly, we usually travel as a whole family."),
    ("assistant", "Understood, I'll recommend destinations suitable for family trips."),
]


def sources(turns: Sequence[tuple[Role, str]]) -> list[Source]:
    return [Source(place, role, content, SAID) for place, (role, content) in enumerate(turns, start=1)]


def extract(*turns: tuple[Role, str]) -> list[Draft]:
    return RulesExtractor().extract(sources(turns), before=[])


def values(drafts: Sequence[Draft]) -> list[str]:
    return [draft.value for draft in drafts if draft.preference is None]


def preferences(drafts: Sequence[Draft]) -> list[str]:
    return [draft.value for draft in drafts if draft.preference == "explicit_preference"]


def test_the_family_trip_is_one_memory_in_the_users_words_and_one_of_the_assistants() -> None:
    drafts = extract(*FAMILY_TRIP)

    assert len(drafts) <= 4
    assert preferences(drafts) == []
    trip, answer = drafts
    assert trip.value == (
        "[user perspective] I want to travel during the summer vacation. I'm bringing my kid. My family always travels "
        "together. Yes, with both children and elderly, we usually travel as a whole family."
    )
    assert trip.sources == (1, 3, 5)
    assert answer.value == "[assistant perspective] Understood, I'll recommend destinations suitable for family trips."
    assert answer.sources == (6,)


def test_the_family_trip_told_one_message_an_add_says_nothing_twice() -> None:
    told = sources(FAMILY_TRIP)
    drafts = [
        draft
        for place, message in enumerate(told)
        for draft in RulesExtractor().extract([message], before=told[max(0, place - 4) : place])
    ]

    assert len(drafts) == 4
    assert any("children and elderly" in value for value in values(drafts))
    assert sum(value.startswith("[assistant perspective] ") for value in values(drafts)) == 1


def test_a_short_answer_is_joined_to_its_question_even_from_an_earlier_add() -> None:
    asked, answered = sources([("assistant", "Good to know. Do you have any allergies?"), ("user", "Yes, peanuts.")])

    (draft,) = RulesExtractor().extract([answered], before=[asked])

    assert draft.value == '[user perspective] "Do you have any allergies?" Yes, peanuts.'
    assert draft.sources == (1, 2)


def test_a_no_brings_the_question_with_it_and_a_full_sentence_does_not() -> None:
    no, bo = extract(
        ("assistant", "Do you still live in Munich?"),
        ("user", "No. I moved to Berlin last year. My sister's dog is called Bo."),
    )

    assert no.value == '[user perspective] "Do you still live in Munich?" No. I moved to Berlin last year.'
    assert bo.value == "[user perspective] My sister's dog is called Bo."


@pytest.mark.parametrize(
    "content",
    [
        "Hi!", "Hey Caroline!", "Thanks, that's great!", "ok", "How are you doing?", "What is the capital of France?",
        "Good morning :)", "你好！", "谢谢。", "好的", "¡Hola! Buenos días.", "Danke schön!", "Merci beaucoup !", "👍",
        "", " \n\t ", "?", "Jon: Congrats!", "Can you fix it", "你能推荐一些地方吗？",
    ],
)  # fmt: skip
def test_greetings_thanks_and_bare_questions_teach_nothing(content: str) -> None:
    assert extract(("user", content)) == []


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("ผมชอบกินอาหารไทยมากและอาศัยอยู่ที่กรุงเทพ", "ผมชอบกินอาหารไทยมากและอาศัยอยู่ที่กรุงเทพ"),
        ("मैं दिल्ली में रहता हूँ। मेरी दो बेटियाँ हैं।", "मैं दिल्ली में रहता हूँ। मेरी दो बेटियाँ हैं।"),
        ("أعيش في القاهرة مع عائلتي.", "أعيش في القاهرة مع عائلتي."),
        ("Я живу в Москве и работаю врачом.", "Я живу в Москве и работаю врачом."),
        ("東京に住んでいます。", "東京に住んでいます。"),
        ("qapla' jIH tlhIngan", "qapla' jIH tlhIngan"),
        ("我想在暑假去旅行，你能推荐一些地方吗？", "我想在暑假去旅行"),
        ("Quiero viajar en verano, ¿puedes recomendarme algo?", "Quiero viajar en verano"),
    ],
)
def test_what_cannot_be_judged_is_kept_in_any_script(content: str, kept: str) -> None:
    assert values(extract(("user", content))) == [f"[user perspective] {kept}"]


@pytest.mark.parametrize(
    ("content", "stated"),
    [
        ("I prefer window seats.", "I prefer window seats."),
        ("I'm flying to Rome in May and I hate flying.", "I hate flying."),
        ("you can call me Sam", "you can call me Sam"),
        ("Never suggest seafood.", "Never suggest seafood."),
        ("Please always answer in French.", "Please always answer in French."),
        ("I'm allergic to peanuts.", "I'm allergic to peanuts."),
        ("I never eat meat.", "I never eat meat."),
        ("我喜欢靠窗的座位。", "我喜欢靠窗的座位。"),
        ("我对花生过敏，上周五我搬到了北京。", "我对花生过敏"),
        ("请叫我小李。", "请叫我小李。"),
        ("以后不要再推荐海鲜。", "以后不要再推荐海鲜。"),
        ("Prefiero los asientos de ventanilla.", "Prefiero los asientos de ventanilla."),
        ("No me gusta el marisco.", "No me gusta el marisco."),
        ("Llámame Ana.", "Llámame Ana."),
        ("Soy alérgica a los cacahuetes.", "Soy alérgica a los cacahuetes."),
        ("Ich mag keinen Kaffee.", "Ich mag keinen Kaffee."),
        ("Nenn mich Jo.", "Nenn mich Jo."),
        ("Bitte immer auf Deutsch antworten.", "Bitte immer auf Deutsch antworten."),
        ("Je préfère le train.", "Je préfère le train."),
        ("Je suis allergique aux noix.", "Je suis allergique aux noix."),
        ("Appelle-moi Marie.", "Appelle-moi Marie."),
    ],
)
def test_a_preference_said_outright_is_one(content: str, stated: str) -> None:
    drafts = extract(("user", content))

    assert preferences(drafts) == [stated]
    (draft,) = [draft for draft in drafts if draft.preference]
    assert draft.reasoning.startswith("The user says outright ")
    assert values(drafts) == ([] if stated == content else [f"[user perspective] {content}"])


@pytest.mark.parametrize(
    "content",
    [
        "My family always travels together.", "I've never been to Paris.", "I'd like to book a table.", "I love it!",
        "Call me tomorrow.",
        "Please call me when you land.", "I like your idea.",
        "Never mind.",
        "Never saw this coming.", "Always happy to help out with the garden.", "He's the one I love.",
        "Me gustaría viajar a Roma.",
        "I'm not allergic to anything.",
        "No soy alérgico a nada.",
        "No tengo alergia a los gatos.",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_preference_is_none(content: str) -> None:
    assert preferences(extract(("user", content))) == []


@pytest.mark.parametrize(
    "content",
    [
        "My brother always says 'I hate Mondays and I love lasagna', like Garfield.",
        'My boss said "I prefer Teams over Slack".',
        "My sister told me: I hate coriander.",
        "In the novel, the narrator says that I never sleep.",
        "If I lived in Italy, I'd prefer Rome.",
        "我弟弟总说“我讨厌星期一”。",
        "她说我不吃肉。",
    ],
)
def test_what_somebody_else_says_or_what_is_imagined_is_no_preference_of_the_user(content: str) -> None:
    assert preferences(extract(("user", content))) == []


@pytest.mark.parametrize(
    "content",
    [
        "Translate into German: I love my cat and I live in Paris.",
        "Proofread this email:\n\nDear Tom,\nI live in Berlin and I hate mornings. I work at Acme.\n\nBest,\nAnna",
        "Here is the README of another project:\n\n# Keeper\nI live in Berlin. I prefer React.\n\nIs it good?",
        "Let's pretend I'm a vegan pirate. I love rum.",
        "Act as a customer. I always wear size 45.",
        "请翻译成英文：我喜欢猫，我住在巴黎。",
        "帮我润色这封邮件：\n\n尊敬的王先生，我住在北京，我不喜欢等待。",
    ],
)
def test_a_text_that_is_handed_over_and_a_part_that_is_played_teach_nothing(content: str) -> None:
    assert extract(("user", content)) == []


@pytest.mark.parametrize(
    ("content", "stated"),
    [
        ("When I travel, I prefer aisle seats.", "When I travel, I prefer aisle seats."),
        ("如果我感冒了，我不喝咖啡。", "如果我感冒了，我不喝咖啡。"),
        ("I told you that I hate coriander.", "I told you that I hate coriander."),
        ("Here are my allergies:\n- I'm allergic to nuts", "I'm allergic to nuts"),
        ('Please call me "Bob".', 'Please call me "Bob".'),
    ],
)
def test_a_preference_keeps_the_condition_and_the_words_that_it_was_said_with(content: str, stated: str) -> None:
    assert preferences(extract(("user", content))) == [stated]


@pytest.mark.parametrize("content", ["Understood: no coriander, 80 euros a week.", "I won't store that"])
def test_an_assistant_that_says_what_it_heard_or_will_not_do_teaches_nothing(content: str) -> None:
    assert extract(("assistant", content)) == []


def test_the_assistants_likes_are_no_preferences() -> None:
    assert preferences(extract(("assistant", "I prefer short answers."))) == []


def test_a_preference_that_the_next_sentence_leans_on_stays_in_the_memory_too() -> None:
    drafts = extract(("user", "I hate flying. It makes me sick."))

    assert values(drafts) == ["[user perspective] I hate flying. It makes me sick."]
    assert preferences(drafts) == ["I hate flying."]


def test_different_matters_are_different_memories() -> None:
    drafts = extract(("user", "My sister's dog is called Bo. I work at Siemens as an engineer."))

    assert len(drafts) == 2
    assert drafts[0].key
    assert "bo" in " ".join(drafts[0].tags)


def test_an_instruction_of_the_host_and_the_output_of_a_tool_teach_nothing_but_a_plain_statement() -> None:
    drafts = extract(
        ("system", "You are a travel agent from Lisbon."),
        ("tool", '{"status": "confirmed", "id": 14}'),
        ("tool", "Row 1 was read. Row 2 was read. Row 3 was read."),
        ("tool", "Booking confirmed for 14 May."),
    )

    assert values(drafts) == ["[assistant perspective] Booking confirmed for 14 May."]
    assert drafts[0].confidence < 0.8


def test_a_pasted_log_is_no_memory_but_the_words_around_it_are() -> None:
    log = "\n".join(f"2024-01-01 10:00:{line % 60:02d} ERROR module {line} went wrong" for line in range(20_000))
    (draft,) = extract(("user", f"The server dies at night.\n\n{log}\n\nI suspect the database."))

    assert draft.value == "[user perspective] The server dies at night. I suspect the database."


def test_a_number_that_is_told_is_no_paste() -> None:
    assert values(extract(("user", "My phone number is 0171 5550134."))) == [
        "[user perspective] My phone number is 0171 5550134."
    ]


def test_fenced_code_is_no_memory() -> None:
    drafts = extract(("user", "My script prints nothing. Here it is:\n```python\nname = input()\nprint(name)\n```\n"))

    assert values(drafts) == ["[user perspective] My script prints nothing."]


@pytest.mark.parametrize(
    "unit", ["word ", "a", "字", "x = y;\n", "I live in Rome. ", "\n", "`", "?", "1, ", "ok. I see\t"]
)
def test_a_megabyte_gives_few_memories_of_bounded_length(unit: str) -> None:
    drafts = extract(("user", (unit * 1_000_000)[:1_000_000]))

    assert len(drafts) <= MOST_OF_A_MESSAGE
    assert all(len(draft.value) < 700 for draft in drafts)


def in_order(value: str, text: str) -> bool:
    place = 0
    for word in re.findall(r"\w+", value):
        place = text.find(word, place)
        if place < 0:
            return False
        place += len(word)
    return True


PIECES = [
    "I prefer tea. ", "We live in Rome! ", "Yes. ", "No, ", "我喜欢", "茶。", "Do you have children? ",
    "\n", " - ", "because ",
    "it is cold ", "Prefiero el tren, ", "never suggest it; ", '"quoted" ', "```x = 1``` ", "http://example.org ",
    "1990 ",
    "ผม ", "मैं ", "my dog Bo is ill ", ".", "?", "，", "x = y;\n", "Good morning Bo ",
]  # fmt: skip
TURN = st.tuples(
    st.sampled_from(["user", "assistant", "system", "tool"]),
    st.one_of(
        st.text(st.characters(), max_size=200),
        st.lists(
            st.sampled_from(PIECES),
            max_size=60,
        ).map("".join),
    ),
)


@given(st.lists(TURN, max_size=8), st.integers(0, 8))
@example([("user", "Do you like a\x00b tea?"), ("assistant", "\ud800 I love a\u2028b.")], 0)
def test_every_value_is_words_of_its_sources_in_order(turns: list[tuple[Role, str]], split: int) -> None:
    told = sources(turns)
    drafts = RulesExtractor().extract(told[split:], before=told[:split])
    said = {source.seq: source.content for source in told}

    for draft in drafts:
        assert draft.sources
        assert set(draft.sources) <= set(said)
        assert set(draft.sources) & {source.seq for source in told[split:]}
        bare = re.sub(r"^\[(?:user|assistant) perspective\] ", "", draft.value)
        assert (bare == draft.value) == (draft.preference is not None)
        assert bare.strip()
        assert draft.key
        assert in_order(bare, "\n".join(said[seq] for seq in draft.sources))
        draft.value.encode()


@pytest.mark.parametrize(
    ("turns", "fact", "liked", "grain"),
    [
        (
            ["你好！", "我上周五搬到了北京，在一家医院当护士。", "我喜欢靠窗的座位，请叫我小李。", "谢谢！"],
            "我上周五搬到了北京",
            "我喜欢靠窗的座位",
            "day",
        ),
        (
            ["¡Hola!", "La semana pasada me mudé a Sevilla con mis dos hijos.", "Prefiero viajar en tren.", "Gracias."],
            "me mudé a Sevilla",
            "Prefiero viajar en tren.",
            "week",
        ),
    ],
)
def test_chinese_and_spanish_give_memories_preferences_and_dates(
    turns: list[str], fact: str, liked: str, grain: str
) -> None:
    drafts = extract(*(("user", turn) for turn in turns))

    (memory,) = [draft for draft in drafts if draft.preference is None]
    assert fact in memory.value
    assert memory.time_grain == grain
    assert any(liked in value for value in preferences(drafts))
