"""Names that are known: places, in each language, and tools."""

from functools import cache
from importlib.resources import files
from typing import Literal

from memos_mcp.backends.local.text.language_files import languages_with, table_of
from memos_mcp.backends.local.text.terms import fold


@cache
def places(kind: Literal["cities", "countries"]) -> dict[str, str]:
    """Return the known places of a kind: each way to write one, case-folded, with its first."""
    found: dict[str, str] = {}
    for language in languages_with("places.toml"):
        for group in table_of(language, "places.toml").get(kind, "").replace("\n", " ").split(","):
            first, *others = (name.strip() for name in group.split("/"))
            found |= {fold(name).casefold().removeprefix("the "): first for name in (first, *others) if name}
    return found


@cache
def tools() -> dict[str, tuple[str, str]]:
    """Return the known tools: each way to write one, with its kind (the first tool of it) and its first name."""
    listed = files(__name__.rpartition(".")[0]).joinpath("tools.txt").read_text("utf-8")
    kinds = [[[name.strip() for name in tool.split("/")] for tool in kind.split(",")] for kind in listed.splitlines()]
    return {name: (kind[0][0], tool[0]) for kind in kinds for tool in kind for name in tool}
