"""JSON is changed in place: what was there stays, character by character."""

import json
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memos_mcp.hosts import jsonc

ENTRY = {"command": "/bin/memos-mcp", "args": []}

COMMENTED = """\
// of the whole file
{
\t"servers": {
\t\t"a": { "command": "a" }, // of a, with "quotes" and a // in it
\t\t/* of b, { which
\t\t   takes two lines } */
\t\t"b": { "url": "https://x.example/a//b" } // of b
\t\t// at the end
\t},
\t"inputs": []
}
"""


def put(text: str, *keys: str) -> str:
    return jsonc.put(text, keys, ENTRY)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", '{\n  "t": {\n    "m": {\n      "command": "/bin/memos-mcp",\n      "args": []\n    }\n  }\n}'),
        ('{"t": {}}', '{"t": {"m": {"command": "/bin/memos-mcp", "args": []}}}'),
        ('{"t": {"a": 1}}', '{"t": {"a": 1, "m": {"command": "/bin/memos-mcp", "args": []}}}'),
        (
            '{\n "t": { // none yet\n }\n}\n',
            '{\n "t": { // none yet\n  "m": {\n   "command": "/bin/memos-mcp",\n   "args": []\n  }\n }\n}\n',
        ),
        (
            '{\n    "t": {\n        "a": 1,\n    },\n}\n',
            '{\n    "t": {\n        "a": 1,\n        "m": '
            + json.dumps(ENTRY, indent=4).replace("\n", "\n        ")
            + ",\n    },\n}\n",
        ),
    ],
)
def test_an_entry_is_written_in_the_style_of_what_is_there(text: str, wanted: str) -> None:
    assert put(text, "t", "m") == wanted


def test_comments_stay_with_what_they_are_about() -> None:
    changed = put(COMMENTED, "servers", "memos")

    before, _, after = COMMENTED.partition(" // of b\n\t\t// at the end")
    assert changed.startswith(before + ', // of b\n\t\t"memos": {\n\t\t\t"command"')
    assert changed.endswith("\t\t}\n\t\t// at the end" + after)
    assert jsonc.parsed(changed, comments=True)["servers"]["memos"] == ENTRY


@pytest.mark.parametrize("key", ["a", "b"])
def test_an_entry_among_others_is_taken_out_alone(key: str) -> None:
    changed = jsonc.take(COMMENTED, ("servers", key))

    wanted = jsonc.parsed(COMMENTED, comments=True)
    del wanted["servers"][key]
    assert jsonc.parsed(changed, comments=True) == wanted
    assert "// at the end" in changed
    assert "takes two lines" in changed


def test_one_field_of_an_entry_is_changed_and_the_rest_of_it_stays() -> None:
    text = '{ "t": { "m": { /* mine */ "command": "memos-mcp", "env": { "A": "b" } } } }'

    changed = jsonc.put(text, ("t", "m", "command"), "/bin/memos-mcp")

    assert changed == text.replace('"memos-mcp"', '"/bin/memos-mcp"')


def test_a_text_where_a_table_should_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        put('{"t": "text"}', "t", "m")


NAMES = st.text(printable, max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.long
@given(
    document=st.dictionaries(NAMES, VALUES, max_size=4),
    servers=st.dictionaries(NAMES, VALUES, max_size=3),
    indent=st.sampled_from([None, 1, 2, 4, "\t"]),
    commented=st.booleans(),
)
def test_what_was_put_in_can_be_taken_out_and_leaves_no_trace(
    document: dict[str, object], servers: dict[str, object], indent: int | str | None, commented: bool
) -> None:
    whole = {**document, "servers": {key: value for key, value in servers.items() if key != "memos"}, "last": 1}
    text = json.dumps(whole, indent=indent, ensure_ascii=False)
    if commented and indent is not None:  # a comment at the end of every line but those that end in a text
        text = "\n".join(line + ' // "said", {' for line in text.split("\n"))

    changed = put(text, "servers", "memos")

    assert jsonc.parsed(changed, comments=True) == {**whole, "servers": {**whole["servers"], "memos": ENTRY}}
    assert jsonc.take(changed, ("servers", "memos")) == text
