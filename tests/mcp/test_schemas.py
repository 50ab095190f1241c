"""What a model is told of the tools: few tokens, and no change of it unseen."""

import json
from typing import cast

from mcp import Client
from mcp.types import Tool
from pydantic import JsonValue

from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import connected
from tests.mcp.snapshot import SNAPSHOT, described, tokens


async def _tools() -> list[Tool]:
    async with connected(ListBackend()) as client:
        return (await client.list_tools()).tools


async def test_the_tools_are_the_ones_that_were_reviewed() -> None:
    told = [described(tool) for tool in await _tools()]

    assert told == json.loads(SNAPSHOT.read_text()), "reviewed? then: python -m tests.mcp.snapshot"


async def test_both_eras_are_told_the_same(client: Client) -> None:
    told = [described(tool) for tool in (await client.list_tools()).tools]

    assert told == json.loads(SNAPSHOT.read_text())


async def test_names_descriptions_and_input_schemas_cost_less_than_a_thousand_tokens() -> None:
    assert tokens(await _tools()) < 1_000


async def test_with_output_schemas_they_cost_less_than_2500() -> None:
    assert tokens(await _tools(), "outputSchema") < 2_500


async def test_every_tool_has_a_title_all_four_hints_and_an_output_schema() -> None:
    for tool in await _tools():
        assert tool.title
        assert tool.output_schema
        assert tool.annotations is not None
        assert None not in tool.annotations.model_dump(exclude={"title"}).values()


async def test_the_user_is_no_argument_of_a_tool() -> None:
    for tool in await _tools():
        assert "user_id" not in tool.input_schema["properties"]


def _titles(schema: JsonValue) -> list[str]:
    match schema:
        case {"title": str() as title}:
            return [title]
        case dict():
            return [title for value in schema.values() for title in _titles(value)]
        case list():
            return [title for value in schema for title in _titles(value)]
        case _:
            return []


async def test_schemas_have_no_generated_titles() -> None:
    for tool in await _tools():
        assert _titles(tool.input_schema) == _titles(tool.output_schema) == []


def _strange(schema: JsonValue, path: str = "") -> list[str]:
    """Name the parts of a schema that strict readers refuse: alternatives, and what has no type or no properties."""
    if not isinstance(schema, dict):
        return []
    found = [f"{path} {word}" for word in ("anyOf", "oneOf", "allOf", "$ref") if word in schema]
    if "type" not in schema or (schema["type"] == "object" and not isinstance(schema.get("properties"), dict)):
        found.append(path)
    inner = {**cast("dict[str, JsonValue]", schema.get("properties", {})), "[]": schema.get("items")}
    return found + [one for name, value in inner.items() for one in _strange(value, f"{path}.{name}")]


async def test_what_a_host_sees_of_arguments_is_plain() -> None:
    for tool in await _tools():
        assert _strange(tool.input_schema, tool.name) == []
