import pytest

from memos_mcp.backends.local.text.language import is_universal


@pytest.mark.parametrize(
    "text",
    [
        "La vendimia la empezamos la segunda semana de abril.",
        "¿Fumo todavía?",
        "De acuerdo.",
        "Combien de personnes suivent le cours ?",
        "Quanti anni ha Nebbia?",
        "Zwillinge kommen meist zwei bis drei Wochen früher.",
        "我们上个星期领养了一只橘猫。",
    ],
)
def test_what_is_in_no_one_language_but_not_in_english_is_for_the_model_of_many(text: str) -> None:
    assert is_universal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "Bravo!",
        "Séverine moved to Curaçao.",
        "We stayed in La Paz, near the Plaza de San Francisco.",
        "मुझे चाय पसंद है।",
        "npm ERR! 404",
    ],
)
def test_english_and_what_neither_model_reads_is_for_the_first(text: str) -> None:
    assert not is_universal(text)
