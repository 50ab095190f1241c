"""What is worth remembering: facts, plans, events, relations, decisions, dates; not praise, advice and maxims."""

import pytest

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.extraction.salience import tells, tells_of_itself
from memos_mcp.core.models import Role

SAID = 1_749_546_000_000


def values(*turns: tuple[Role, str]) -> list[str]:
    told = [Source(place, role, content, SAID) for place, (role, content) in enumerate(turns, start=1)]
    return [draft.value for draft in RulesExtractor().extract(told, before=[])]


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm vegan.",
        "I have a dog.",
        "We moved house.",
        "My rent is 900 euros.",
        "The release is on 12 May.",
        "Priya runs the payments team.",
        "I quit smoking.",
        "I can't swim.",
        "We're expecting a baby.",
        "I was born in Lima.",
        "I turned 40 last week.",
        "Our flight leaves at 7.",
        "My mom passed away.",
        "I got the job!",
        "My manager is Fiona.",
        "The meeting is on Tuesday.",
        "I live in Paris.",
        "I work from home on Fridays.",
        "We broke up.",
        "I'm divorced.",
        "I've been feeling depressed lately.",
        "Going with stamina for ledgerline.",
        "Stefan hates flying.",
        "The server dies at night.",
        "I started a new job.",
        "I'm tired of my job.",
        "Nora is allergic to nuts, carries an EpiPen.",
        "My sister had twins.",
        "I lost my wallet.",
        "We won!",
        "I need a new laptop.",
        "My back hurts.",
        "I changed my number.",
        "I'm 34.",
        "I have two kids.",
        "Thanks to the physio my left knee is fine again, so I signed up for the half marathon in Ghent.",
        "You can reach me at jo@newmail.example or under 0171 5550199.",
        "I'm learning the piano.",
        "I use Vim.",
        "The stand-up takes 15 minutes.",
        "Answer in French.",
        "Please keep answers short.",
        "我住在上海。",
        "Vivo en Madrid.",
        "Ich wohne in München.",
        "J'habite à Lyon.",
    ],
)
def test_what_tells_of_a_life_is_worth_remembering(sentence: str) -> None:
    assert tells(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "That's a great idea!",
        "Your support means a lot.",
        "You were right about the fleece.",
        "What a lovely picture!",
        "Believe in yourself, the process is tough but worth it.",
        "I'm so happy for you!",
        "I totally agree with you.",
        "Together, we can make a real difference.",
        "It's amazing how nature can make us feel.",
        "I can't wait to see it!",
        "Make one on the past tenses please.",
        "Give me three more examples of that.",
        "Keep it in mind.",
        "Sounds great.",
        "Thanks for always being there for me.",
        "You've come so far, keep going!",
        "I bet they loved it.",
        "I love it.",
        "Staying positive is so important.",
        "Looks amazing!",
        "Let me know what you think.",
        "太好了！",
        "¡Perfecto!",
    ],
)
def test_praise_wishes_maxims_and_tasks_are_not(sentence: str) -> None:
    assert not tells(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Understood, I'll recommend destinations suitable for family trips.",
        "I booked the hotel in Rome for two nights.",
        "Your flight is now booked.",
        "The migration of the staging database was scheduled for 14 May.",
        "我已经帮你订好了酒店。",
        "He reservado el hotel, me ha llegado la confirmación.",
    ],
)
def test_what_an_assistant_does_is_worth_remembering(sentence: str) -> None:
    assert tells_of_itself(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Then it is a leak and the tax lookups are the prime suspect.",
        "Look for a session that stays open across the HTTP call.",
        "I'd keep three kinds of state apart: server, URL and local.",
        "I recommend a regression test that hits the cache a hundred times.",
        "Noted: staging listens on port 5433, production on port 5432.",
        "Puglia is lovely with children, but those two weeks are its hottest.",
        "A trial weekend is wise.",
        "I'm glad that yours is being handled with exercise.",
        "建议提前两到三个月递交。",
        "El remojón con granada suena espectacular.",
    ],
)
def test_an_assistants_advice_reactions_and_repetitions_are_not(sentence: str) -> None:
    assert not tells_of_itself(sentence)


def test_a_person_who_speaks_in_the_assistants_place_under_a_name_is_taken_for_one() -> None:
    talk: list[tuple[Role, str]] = [
        ("user", "Jon: I lost my job as a banker yesterday."),
        (
            "assistant",
            "Gina: Sorry to hear that! You're so strong. My store opened in March. It sells second-hand clothes.",
        ),
    ]

    assert values(*talk) == [
        "[user perspective] Jon: I lost my job as a banker yesterday.",
        "[assistant perspective] Gina: My store opened in March. It sells second-hand clothes.",
    ]


def test_what_tells_nothing_is_left_out_of_a_message_that_does() -> None:
    assert values(("user", "Wow, that's a great idea! I moved to Berlin in May. Life is full of surprises.")) == [
        "[user perspective] I moved to Berlin in May."
    ]


def test_an_assistants_short_answer_teaches_nothing_of_the_user() -> None:
    assert values(("user", "Is Lisbon warm in March?"), ("assistant", "Yes, quite.")) == []
