"""How many secrets of many shapes are found, and how few innocent texts are taken for one."""

import pytest

from memos_mcp.backends.local.text.secrets import redact, redact_values
from tests.text.secret_shapes import FURTHER_INNOCENT, FURTHER_SHAPES, INNOCENT, NEWER, SHAPES


@pytest.mark.parametrize("shapes", [SHAPES, FURTHER_SHAPES])
def test_nine_in_ten_of_the_shapes_are_found(shapes: list[tuple[str, str]]) -> None:
    missed = [text for text, secret in shapes if secret in redact(text)[0]]

    assert len(missed) <= len(shapes) // 10, missed


@pytest.mark.parametrize("key", NEWER)
def test_keys_of_newer_vendors_are_found(key: str) -> None:
    assert redact(f"Use {key} for it")[0].startswith("Use [redacted: ")


@pytest.mark.parametrize("innocent", [INNOCENT, FURTHER_INNOCENT])
def test_at_most_one_innocent_text_is_taken_for_a_secret(innocent: list[str]) -> None:
    hit = [text for text in innocent if redact(text)[1]]

    assert len(hit) <= 1, hit


def test_values_are_redacted_by_the_name_that_they_stand_under() -> None:
    redacted, count = redact_values(
        {"password": "Sommer2024", "place": "Oslo", "list": ["redis://:s3cretPw@h.example"]}
    )

    assert count == 2
    assert "Sommer2024" not in str(redacted)
    assert "s3cretPw" not in str(redacted)
    assert "Oslo" in str(redacted)
