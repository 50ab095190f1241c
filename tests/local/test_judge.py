"""The judge: what repeats, what updates, and what merely sounds alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.upkeep.judge import Verdict, judge
from memos_mcp.backends.local.upkeep.statements import told

REPEATED = [
    ("I live in Madrid.", "I live in Madrid."),
    ("My mother is from Chile.", "My mother comes from Chile."),
    ("I work as a plumber.", "I'm a plumber."),
    ("i love sushi", "I love sushi!"),
    ("I can't stand techno.", "I cannot stand techno."),
    ("On 3 May we drive to Rome.", "We drive to Rome on 3 May."),
    ("Please always answer in French.", "Always answer in French."),
    ("My brother is called Ivan.", "Ivan is my brother."),
    ("My brother's name is Ivan.", "My brother is named Ivan."),
    ("Lena is my favourite singer.", "My favorite singer is Lena."),
    ("I've got two dogs.", "I have two dogs."),
    ("I swim twice a week.", "I go swimming twice every week."),
    ("My home is in Lima.", "I live in Lima."),
    ("I'm allergic to wheat.", "I have a wheat allergy."),
    ("I do not eat pork.", "I don't eat pork."),
    ("The backup must run every night.", "Every night the backup has to run."),
    ("我喜欢爬山。", "我很喜欢爬山。"),
    ("我弟弟叫小刚。", "小刚是我弟弟。"),
    ("Vivo en Granada.", "Yo vivo en Granada."),
    ("Mi hermana se llama Luz.", "Luz es mi hermana."),
    ("Tengo alergia al polen.", "Soy alérgico al polen."),
]

UPDATED = [
    ("I live in Oslo.", "I moved from Oslo to Ghent."),
    ("I'm based in Munich.", "I relocated to Vienna two months ago."),
    ("My brother lives in Lima.", "My brother moved to Quito."),
    ("I live in Boston now.", "I've just moved to Seattle."),
    ("I live in Kyoto", "I live in Osaka now"),
    ("I work for Nokia.", "I started at Ericsson last month."),
    ("I work at Ubisoft as a level designer.", "I quit my job at Ubisoft."),
    ("I work at Lidl.", "I no longer work at Lidl."),
    ("Anna works at Novartis.", "Anna works at Roche now."),
    ("Call me Samuel.", "Call me Sam."),
    ("My email is a@b.example", "My new email is c@d.example"),
    ("My favourite film is Heat.", "My favorite film is Alien now."),
    ("Ana is my boss.", "My new boss is Peter."),
    ("I'm 28.", "I turned 29 last week."),
    ("My son is 5 years old.", "My son turned 6 on Monday."),
    ("I weigh 92 kg.", "I'm down to 88 kg."),
    ("I eat meat.", "I've become vegan."),
    ("I eat everything.", "I'm vegetarian now"),
    ("I'm a vegetarian.", "I eat meat now."),
    ("I'm engaged.", "I got married in June."),
    ("I'm single.", "I'm married."),
    ("I like jazz.", "I don't like jazz anymore."),
    ("I hate mushrooms.", "I like mushrooms now."),
    ("I love horror films.", "I can't stand horror films."),
    ("I prefer morning flights.", "I prefer evening flights now."),
    ("I play the guitar.", "I gave up the guitar."),
    ("I drink coffee every morning.", "I stopped drinking coffee."),
    ("I drink beer.", "I no longer drink beer."),
    ("I smoke.", "I don't smoke anymore."),
    ("I own a Vespa.", "I sold my Vespa."),
    ("I have a dog.", "I don't have a dog."),
    ("I have one child.", "I have two children."),
    ("We have a cat.", "We got a second cat."),
    ("I'm allergic to cats.", "I'm not allergic to cats."),
    ("The dentist appointment is on Monday.", "The dentist appointment has been moved to Friday."),
    ("The deadline is 3 March.", "The deadline has been pushed to 17 March."),
    ("Our API runs on Python 3.10.", "Our API runs on Python 3.12."),
    ("We use Jenkins for builds.", "We switched from Jenkins to Buildkite."),
    ("I use Vim.", "I switched from Vim to Zed."),
    ("I am learning Italian.", "I stopped learning Italian."),
    ("I am single and I live in Rome.", "I moved to Turin."),
    ("The user lives in Paris.", "The user moved to Berlin."),
    ("My pronouns are she/her.", "My pronouns are they/them."),
    ("My car is a Golf and I have a Netflix subscription", "I cancelled my Netflix subscription"),
    ("我住在北京。", "我搬到上海了。"),
    ("我妹妹住在成都。", "我妹妹搬到了深圳。"),
    ("我在阿里上班。", "我跳槽到了字节。"),
    ("我喜欢吃辣。", "我不喜欢吃辣了。"),
    ("叫我小明。", "以后叫我老王。"),
    ("我每天喝酒。", "我不喝酒了。"),
    ("Vivo en Sevilla.", "Me mudé a Bilbao."),
    ("Trabajo en Indra.", "Ya no trabajo en Indra."),
    ("Me gusta el vino.", "No me gusta el vino."),
    ("Como carne.", "Ahora soy vegana."),
    ("Fumo mucho.", "He dejado de fumar."),
    ("Tengo 30 años.", "Ayer cumplí 31 años."),
    ("Llámame Francisco.", "Llámame Paco."),
    ("Mi color favorito es el azul.", "Mi color favorito es el rojo."),
]

APART = [
    ("I like my job at Siemens.", "I quit smoking."),
    ("I live in Paris.", "I live in a small flat."),
    ("I live in Paris.", "I live in France."),
    ("I live in Berlin.", "I live in Kreuzberg."),
    ("I live in Berlin.", "I moved to Neovim."),
    ("I live in Paris.", "I moved to the design team."),
    ("I live in Paris.", "I moved to Berlin in 2010."),
    ("I live in Paris.", "I want to move to Berlin."),
    ("I live in Paris.", "I'm moving to Berlin next year."),
    ("I live in Paris.", "My sister moved to Berlin."),
    ("I live in Paris.", "If I moved to Berlin I'd need a car."),
    ("I live in Paris.", "I used to live in Rome."),
    ("I work at Siemens.", "I work at night."),
    ("I work at Siemens.", "I work from home."),
    ("I have a meeting.", "I have two meetings."),
    ("I like tea.", "I don't like coffee."),
    ("I like wine with dinner.", "I don't like wine at lunch."),
    ("My dog is called Max.", "My dog is called Rex."),
    ("My sister is called Eva.", "My sister is called Ida."),
    ("The meeting is on Tuesday.", "The meeting is on Friday."),
    ("I drink coffee.", "I drink tea."),
    ("I drink coffee.", "I stopped drinking tea."),
    ("I play the piano.", "I sold my bike."),
    ("I have a red bike.", "I sold my blue bike."),
    ("I didn't like the film.", "I like the film."),
    ("Tom hates Anna.", "Anna hates Tom."),
    ("Eva's mother is Anna.", "Anna's mother is Eva."),
    ("I flew from Rome to Oslo.", "I flew from Oslo to Rome."),
    ("I was in hospital.", "I am in hospital again."),
    ("I have a headache today.", "I have a headache today."),
    ("I love it.", "I love it."),
    ("I live in Rome.", "I lived in Rome."),
    ("I am tired.", "I am tired of my job."),
    ("I want a dog.", "I have a dog."),
    ("I might get a cat.", "I have no cat"),
    ("My phone number is 123.", "My wife's phone number is 456."),
    ("My favourite film is Heat.", "My favourite book is Dune."),
    ("My favourite restaurant is Luigi's.", "My favourite restaurant in Rome is Tonino."),
    ("I'm allergic to nuts.", "I'm allergic to shellfish."),
    ("My boss is Ana.", "My boss is nice."),
    ("The user has a dog.", "The user's sister has two dogs."),
    ("I'm 28.", "I'm 28 weeks pregnant."),
    ("I run on Mondays.", "I ran on Monday."),
    ("We use Postgres for orders.", "We use Redis for caching."),
    ("We use Redux in the shop.", "We replaced Redux by Zustand in the portal."),
    ("I cook pasta for Anna.", "I cook pasta without Anna."),
    ("Do you like olives?", "I don't like olives."),
    ("I like dogs.", "I have two dogs."),
    ("I can swim.", "I can't ski."),
    ("The kids like school.", "The kids don't like homework."),
    ("我住在北京。", "我妈妈搬到了上海。"),
    ("我喜欢喝茶。", "我喜欢喝咖啡。"),
    ("我想搬到上海。", "我住在北京。"),
    ("Mi madre vive en Cádiz.", "Me mudé a Madrid."),
    ("Quiero mudarme a Madrid.", "Vivo en Cádiz."),
    ("Me gusta el té.", "Me gusta el café."),
]

KEPT = {
    "I am single and I live in Rome.": ("I am single",),
    "My car is a Golf and I have a Netflix subscription": ("My car is a Golf",),
}
"""What the earlier of `UPDATED` say besides."""


def verdict(earlier: str, later: str, *, near: bool = False, correcting: bool = False) -> Verdict:
    return judge(told(earlier), told(later), near=near, correcting=correcting)


@pytest.mark.parametrize(("earlier", "later"), REPEATED)
def test_a_statement_is_known_again_in_other_words(earlier: str, later: str) -> None:
    assert verdict(earlier, later).relation == "same"


@pytest.mark.parametrize(("earlier", "later"), UPDATED)
def test_a_later_statement_takes_the_place_of_an_earlier_one(earlier: str, later: str) -> None:
    assert verdict(earlier, later) == Verdict("updates", KEPT.get(earlier, ()))


@pytest.mark.parametrize(("earlier", "later"), APART)
def test_what_merely_sounds_alike_stays_apart(earlier: str, later: str) -> None:
    assert verdict(earlier, later).relation == "different"


@pytest.mark.parametrize(("earlier", "later"), [*REPEATED, *UPDATED])
def test_what_bears_on_each_other_is_found_by_a_key(earlier: str, later: str) -> None:
    assert told(earlier).keys & told(later).keys


def test_what_an_updated_memory_says_besides_is_named() -> None:
    found = verdict(
        "[user perspective] I live in Paris. My balcony faces south.", "[user perspective] I moved to Rome."
    )

    assert found == Verdict("updates", ("My balcony faces south.",))


def test_a_memory_that_says_more_is_no_repetition() -> None:
    assert verdict("I live in Paris.", "I live in Paris. I keep bees on the roof.").relation == "different"
    assert verdict("I live in Paris. I keep bees on the roof.", "I live in Paris.").relation == "same"


def test_an_answer_that_needs_its_question_is_known_again_by_both() -> None:
    asked = '[user perspective] "Are you travelling alone?" Yes.'

    assert verdict(asked, asked).relation == "same"
    assert verdict(asked, '[user perspective] "Are you travelling by train?" Yes.').relation == "different"


def test_what_counts_time_from_the_day_or_points_at_something_is_the_same_on_that_day_alone() -> None:
    for text in ("I have a headache today.", "I love it."):
        assert verdict(text, text, near=True).relation == "same"
        assert verdict(text, text, near=False).relation == "different"


def test_the_user_and_the_assistant_do_not_speak_for_each_other() -> None:
    said, replied = "[user perspective] I live in Paris.", "[assistant perspective] I live in Rome."

    assert verdict(said, replied).relation == "different"
    assert verdict(said, said.replace("user", "assistant")).relation == "different"


def test_speakers_of_one_conversation_are_told_apart() -> None:
    earlier, later = "[user perspective] Ana: I live in Paris.", "[user perspective] Ana: I moved to Rome."

    assert verdict(earlier, later.replace("Ana", "Ben")).relation == "different"
    assert verdict(earlier, later).relation == "updates"


def test_who_corrects_needs_no_word_that_says_that_it_is_new() -> None:
    earlier, later = "The meeting is on Tuesday.", "The meeting is on Friday."

    assert verdict(earlier, later).relation == "different"
    assert verdict(earlier, later, correcting=True).relation == "updates"


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_can_be_judged_and_never_updates_itself(one: str, other: str) -> None:
    assert verdict(one, other).relation in ("same", "updates", "different")
    assert verdict(one, one, near=True).relation in ("same", "different")
