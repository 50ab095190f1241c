"""MEMOS_TOKENS: whom each token may act for."""

from pathlib import Path

import pytest

from memos_mcp.api.guard.tokens import Grant, kept, name_of, read_tokens
from memos_mcp.core.errors import ConfigurationError


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
        "sha256:secret=alice",
    ],
)
def test_what_makes_no_sense_stops_the_start_without_showing_a_token(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_TOKENS") as caught:
        read_tokens(setting)

    assert "secret" not in str(caught.value)
    assert "sécret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("secret=anna,other=*", "Line 1 .* holds a comma"),
        ("x=anna\nsecret=anna,ben", "Line 2 .* holds a comma"),
        ("secret=anna\nsecret=ben", "has a token twice"),
        (f"secret=anna\n{kept('secret')}=ben", "has a token twice"),
    ],
)
def test_a_file_with_a_mistake_stops_the_start_with_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(ConfigurationError, match=says) as caught:
        read_tokens("", data_dir=tmp_path)

    assert "secret" not in str(caught.value)


def test_a_digest_opens_what_its_token_did_and_is_none_itself(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{kept('abc')}=alice\n")
    file.chmod(0o600)

    tokens = read_tokens("", data_dir=tmp_path)

    assert tokens.grant("abc") == Grant(name_of("abc"), "alice")
    assert tokens.grant(kept("abc")) is None


def test_a_server_that_needed_a_token_needs_one_when_the_last_is_gone(tmp_path: Path) -> None:
    tokens = read_tokens("", data_dir=tmp_path)
    assert not tokens
    file = tmp_path / "tokens"
    file.touch(0o600)
    file.write_text("abc=alice\n")
    assert tokens
    assert tokens.grant("abc")

    file.unlink()

    assert tokens
    assert tokens.grant("abc") is None


def test_no_setting_is_no_tokens() -> None:
    assert not read_tokens("")
