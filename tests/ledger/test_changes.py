"""What is told as changed takes the place of what was, and of nothing else."""

import pytest

from memos_mcp.backends.local.consolidation.corrections import compare

CHANGED = [
    ("I live in Lyon.", "We moved from Lyon to Geneva last week."),
    ("Our cat Milo sleeps all day.", "The cat's name is Mila, not Milo."),
    ("I work for Initech.", "I quit Initech and joined Hooli."),
    ("My girlfriend is Anna.", "I'm dating Clara now."),
    ("My boyfriend is Tom.", "I married Paul."),
    ("Our car is a Volvo.", "We traded the Volvo for a Kia."),
    ("My phone is a Pixel 6.", "My new phone is a Fairphone 5."),
    ("I drive a Golf.", "My new car is a Tesla."),
    ("I live at 5 Elm Street.", "I now live at 9 Oak Lane."),
    ("I'm 34.", "I just turned 35."),
    ("I'm vegetarian.", "I'm vegan now."),
    ("The ticket costs 40 euros.", "The ticket costs 45 euros now."),
    ("My rent is 800 euros.", "They raised my rent to 900 euros."),
    ("The deadline for the thesis is 1 May.", "The thesis deadline was extended to 15 May."),
    ("I study physics.", "I switched my major to chemistry."),
]

NOT_CHANGED = [
    ("The invoice is 300 euros.", "I changed the invoice number to 77."),
    ("My brother is 30.", "My brother moved to flat 12."),
    ("My dog is 5.", "My dog now weighs 20 kg."),
    ("My boss is Karen.", "My boss moved to Berlin."),
    ("My phone is a Pixel.", "My sister's new phone is a Nokia."),
    ("My girlfriend is Anna.", "My brother is dating Clara now."),
    ("I live at 5 Elm Street.", "My mother lives at 9 Oak Lane."),
    ("I drive a Golf.", "I drove a Tesla yesterday."),
    ("My car is a Volvo.", "I sold the house."),
    ("I study physics.", "My son studies chemistry."),
    ("I study physics.", "I study in the library."),
    ("My rent is 800 euros.", "They raised my salary to 3000 euros."),
    ("I live in Lyon.", "We moved the office from Lyon to Geneva."),
    ("I work at Initech.", "My wife left Initech and joined Hooli."),
    ("Eva teaches chemistry.", "Max teaches physics, not chemistry."),
    ("I like Anna's cake.", "My wife is Clara, not Anna."),
    ("The deadline for the thesis is 1 May.", "The deadline for the grant is 15 May now."),
]


@pytest.mark.parametrize(("old", "new"), CHANGED)
def test_a_change_takes_the_place_of_what_was(old: str, new: str) -> None:
    assert compare(old, new, near=False).relation == "updates"


@pytest.mark.parametrize(("old", "new"), NOT_CHANGED)
def test_a_change_of_something_else_does_not(old: str, new: str) -> None:
    assert compare(old, new, near=False).relation == "different"
