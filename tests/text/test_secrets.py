"""Secrets are redacted with a visible mark, and never become a memory; prose and code stay as they are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.backends.local.text.secrets import redact

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\n" + ("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n" * 20)

LONG = 250_000
"""Characters for which a pattern whose time grows with the square of the length takes minutes."""


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("my card is 4111 1111 1111 1111, exp 12/27", "my card is [redacted: card number], exp 12/27"),
        ("3782-822463-10005", "[redacted: card number]"),
        ("My password is hunter2.", "My password is [redacted: password]"),
        ("my password is letmein", "my password is [redacted: password]"),
        ('password = "swordfish"', 'password = "[redacted: password]"'),
        ("wifi password: 88442211", "wifi password: [redacted: password]"),
        ("mi contraseña es Gato2023!", "mi contraseña es [redacted: password]"),
        ("我的密码是abc12345", "我的密码是[redacted: password]"),
        ("Mein Passwort ist Sommer2024!", "Mein Passwort ist [redacted: password]"),
        ("My PIN is 4711, keep it", "My PIN is [redacted: PIN], keep it"),
        ("api_key=9f86d081884c7d659a2feaa0c55ad015", "api_key=[redacted: key]"),
        ("OPENAI_API_KEY=sk-proj-abcdEFGH1234567890abcd", "OPENAI_API_KEY=[redacted: API key]"),
        ("use AKIAIOSFODNN7EXAMPLE here", "use [redacted: AWS Client ID] here"),
        ("ghp_" + "a1B2" * 9, "[redacted: Github Classic Token]"),
        ("https://bob:s3cret@example.org/x", "https://bob:[redacted: password]@example.org/x"),
        ("Authorization: Bearer abcdef1234567890ABCDEF", "Authorization: Bearer [redacted: key]"),
        (f"Here:\n{KEY}-----END OPENSSH PRIVATE KEY-----\nThanks", "Here:\n[redacted: private key]\nThanks"),
        (f"cut off:\n{KEY}", "cut off:\n[redacted: private key]"),
    ],
)
def test_a_secret_is_redacted_with_a_mark_that_names_it(text: str, redacted: str) -> None:
    assert redact(text) == (redacted, 1)


@pytest.mark.parametrize(
    "text",
    [
        "the password is required", "My password is wrong.", "password is 12 characters long", "password: str = None",
        "The password reset link expires in 24 hours.", "api_key = settings.api_key", "token = tokens[0]",
        "max_tokens: 4096", "password=${DB_PASS}", "secret: the butler did it in room 101", "pin 13 of the board",
        "4111111111111112", "order 1749546000000", "commit 9f86d081884c7d659a2feaa0c55ad015", "call +49 170 1234567",
        "password: [redacted: password]", "ISBN 978-3-16-148410-0", "0.4111111111111111",
    ],
)  # fmt: skip
def test_prose_and_code_stay_as_they_are(text: str) -> None:
    assert redact(text) == (text, 0)


def test_no_source_file_of_the_json_package_is_touched() -> None:
    for file in Path(json.__file__).parent.glob("*.py"):
        assert redact(file.read_text("utf-8"))[1] == 0


def test_a_secret_never_becomes_a_memory_and_what_is_said_beside_it_does() -> None:
    drafts = RulesExtractor().extract(
        [
            Source(1, "user", f"I moved to Berlin last year. My password is hunter2.\n{KEY}", 0),
            Source(2, "assistant", "Is your card 4111 1111 1111 1111?", 0),
            Source(3, "user", "Yes, that one.", 0),
        ],
        before=[],
    )

    said = " ".join(draft.value + draft.key + " ".join(draft.tags) for draft in drafts)
    assert "Berlin" in said
    assert "hunter2" not in said
    assert "4111" not in said
    assert "b3Blbn" not in said
    assert "redacted" not in said


@pytest.mark.long
@pytest.mark.parametrize(
    "unit",
    [
        "password: ",
        "4",
        "4111 ",
        "aB3+",
        "eyJa",
        "://a:",
        "aws key ",
        "sk-",
        "-----BEGIN PRIVATE KEY-----\n",
        "eyJ.a0",
        "xoxb-0",
        "sq0abc-",
        "sl.u.A0",
        "key-0a",
        "patA0.",
        "dp.st.A0",
        "glpat-0.",
        "v1.local.0",
    ],
)
def test_a_quarter_of_a_megabyte_of_what_looks_like_secrets_comes_to_an_end(unit: str) -> None:
    redact((unit * LONG)[:LONG])


@given(
    st.lists(
        st.sampled_from(["password", " is ", ": ", "hunter2", "4111111111111111", " ", "key", "=", "字", '"', "\n"])
    )
)
def test_to_redact_twice_changes_nothing(pieces: list[str]) -> None:
    once, _ = redact("".join(pieces))
    assert redact(once) == (once, 0)


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    redacted, count = redact(text)
    assert (redacted == text) == (count == 0)
