"""MEMOS_TOKENS: whom each token may act for."""

from pathlib import Path

import pytest

from memos_mcp.errors import ConfigurationError
from memos_mcp.http.tokens import read_tokens


def test_pairs_are_read_and_a_token_may_hold_equals_signs() -> None:
    tokens = read_tokens("abc==alice, def=bob ,xyz=*")

    assert [getattr(tokens.grant(token), "user_id", "unknown") for token in ("abc=", "def", "xyz", "abc")] == [
        "alice",
        "bob",
        None,
        "unknown",
    ]


def test_a_file_holds_a_pair_a_line_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("# who may\nabc=alice\n\ndef=bob\n")
    file.chmod(0o600)

    tokens = read_tokens(f"@{file}")

    assert tokens.grant("def")
    assert not tokens.grant("# who may")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "tokens"
    file.write_text("secret-token=alice")
    file.chmod(mode)

    with pytest.raises(ConfigurationError, match="chmod 600") as caught:
        read_tokens(f"@{file}")

    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(
    "setting",
    [
        "secret-token",
        "secret-token=",
        "=alice",
        ",",
        "secret-token=alice,secret-token=bob",
        "secret token=alice",
        "sécret-token=alice",
        f"secret-token={'u' * 101}",
        "@/nowhere/at/all",
    ],
)
def test_what_makes_no_sense_stops_the_start_without_showing_a_token(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_TOKENS") as caught:
        read_tokens(setting)

    assert "secret" not in str(caught.value)
    assert "sécret" not in str(caught.value)


def test_no_setting_is_no_tokens() -> None:
    assert not read_tokens("")
