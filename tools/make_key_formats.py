"""Make `memos_mcp/backends/local/text/keys` from the rules in the PyPI package `credsweeper`.

Run by hand when a new version of it is out; the product never imports it:

    pip download --no-deps credsweeper==1.19.5
    python tools/make_key_formats.py credsweeper-1.19.5-py3-none-any.whl

Of CredSweeper's rules those are taken that know a vendor's key by its form alone: one pattern, no model that judges
the match, and a text of three characters or more that every match has, which is looked for first. Patterns that cost
more than a few milliseconds on a long hostile text are left out, and so are those in `LEFT_OUT`.
"""

import json
import re
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[1] / "memos_mcp/backends/local/text/keys"
MOST_SECONDS = 0.02
"""For each 20,000 characters, on a quiet core."""

LEFT_OUT = {
    "AWS S3 Bucket": "an address",
    "Basic Authorization": "prose has the word",
    "Bearer Authorization": "prose has the word",
    "BASE64 Private Key": "any long base64 text can begin so",
    "Composio Credentials": "variables of programs look so",
    "Firebase Domain": "an address",
    "Grafana Provisioned API Key": "any JSON in base64",
    "JSON Web Key": "any JSON in base64",
    "JWK": "an attribute, no secret",
    "Salesforce Credentials": "ids of records look so",
}
_GUARDED = re.compile(r"^\(\?:\^\|/\|.*?\{0,80\}m\)")
"""CredSweeper's own pattern for what may stand before a key; one look behind is enough for text."""


def taken(rule: dict[str, Any]) -> bool:
    """Tell whether a rule knows a key by its form alone."""
    hints: list[str] = rule.get("required_substrings") or []
    return (
        rule["type"] == "pattern"
        and not rule.get("use_ml")
        and rule["name"] not in LEFT_OUT
        and bool(hints)
        and min(map(len, hints)) >= 3
    )


def pattern_of(rule: dict[str, Any]) -> str:
    """Return the pattern of a rule, without its groups' names, that begins where a word does."""
    (written,) = rule["values"]
    bare = re.sub(r"\(\?P<\w+>", "(?:", _GUARDED.sub("", written))
    return rf"(?<![\w-]){bare}"


def seconds(pattern: str, hints: list[str]) -> float:
    """Return how long the worst of some hostile texts of 20,000 characters takes."""
    texts = [(unit * 20_000)[:20_000] for hint in hints for unit in (hint, f"{hint}a0", f"{hint}A0_-.", f"a0{hint}")]
    compiled = re.compile(pattern)
    slowest = 0.0
    for text in [*texts, "a" * 20_000, "A0" * 10_000, "0-" * 10_000]:
        took: list[float] = []
        for _ in range(3):
            began = time.process_time()
            list(compiled.finditer(text))
            took.append(time.process_time() - began)
        slowest = max(slowest, min(took))
    return slowest


def main(wheel: str) -> None:
    """Read the rules out of the wheel and write those that are taken, with their licence."""
    with zipfile.ZipFile(wheel) as package:
        rules: list[dict[str, Any]] = yaml.safe_load(package.read("credsweeper/rules/config.yaml"))
        (licence,) = [name for name in package.namelist() if name.endswith("/licenses/LICENSE")]
        TARGET.mkdir(exist_ok=True)
        (TARGET / "LICENSE").write_bytes(package.read(licence))
    formats: list[dict[str, Any]] = []
    for rule in filter(taken, rules):
        pattern, hints = pattern_of(rule), rule["required_substrings"]
        if seconds(pattern, hints) > MOST_SECONDS:
            sys.stderr.write(f"left out, too slow: {rule['name']}\n")
            continue
        formats.append({"name": rule["name"], "hints": hints, "pattern": pattern})
    lines = ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in formats)
    source = (
        f"Rules of {Path(wheel).name.partition('-py3')[0]}, MIT licence (see LICENSE), by tools/make_key_formats.py."
    )
    (TARGET / "formats.json").write_text(
        f'{{"source": {json.dumps(source)},\n "formats": [\n{lines}\n]}}\n', encoding="utf-8"
    )
    sys.stderr.write(f"{len(formats)} of {len(rules)} rules taken\n")


if __name__ == "__main__":
    main(sys.argv[1])
