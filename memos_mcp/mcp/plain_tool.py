"""A tool as a model wants it: a small schema, arguments taken as they are sent, one plain line when it fails."""

from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import JsonValue, ValidationError

from memos_mcp.core.errors import MemosError
from memos_mcp.mcp.argument_errors import given, misnamed, names_of, refusal
from memos_mcp.mcp.middleware import BROKEN

_UNANSWERED = (
    "The user was asked, and the host sent no answer that says yes or no. Nothing was done: ask the user yourself."
)


class _AsSent(FuncMetadata):
    """Arguments as they were sent: the SDK would read a text that happens to be JSON as what it says."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        return data


class PlainTool(Tool):
    """A tool whose failures are sentences and whose arguments have to be spelt right."""

    @classmethod
    def of(
        cls,
        function: Callable[..., Awaitable[CallToolResult]],
        *,
        title: str,
        annotations: ToolAnnotations,
        meta: dict[str, Any] | None = None,
    ) -> Tool:
        """Make a tool of a function: its name, its docstring, its signature."""
        description = " ".join((function.__doc__ or "").split())
        tool = cls.from_function(function, title=title, description=description, annotations=annotations, meta=meta)
        told = tool.fn_metadata
        tool.parameters = slim(tool.parameters)
        tool.fn_metadata = _AsSent(
            arg_model=told.arg_model,
            output_model=told.output_model,
            output_schema=slim({**(told.output_schema or {}), "description": ""}),
        )
        return tool

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401 - the SDK's signature
        """Run the tool; a failure that was foreseen is raised as a `ToolError` of one sentence."""
        names = names_of(self.fn_metadata.arg_model)
        if problem := misnamed(self.name, arguments, names):
            raise ToolError(problem)
        try:
            sent = given(arguments, names=names, required=self.parameters.get("required", ()))
            return await super().run(sent, context, convert_result)
        except UnexpectedToolError as exc:
            if isinstance(exc.__cause__, MemosError):
                raise ToolError(str(exc.__cause__)) from exc.__cause__
            raise UnexpectedToolError(BROKEN) from exc.__cause__
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                properties = self.parameters["properties"]
                sentence = refusal(self.name, exc.__cause__, names=names, schema=properties)
                raise ToolError(sentence) from exc.__cause__
            told = str(exc).removeprefix(f"Error executing tool {self.name}: ")
            unanswered = told.startswith("Resolver ") and "elicitation" in told
            raise ToolError(_UNANSWERED if unanswered else told) from exc.__cause__


def slim(schema: dict[str, Any]) -> dict[str, Any]:
    """Take out of a JSON schema what tells a model nothing: generated titles and empty defaults."""
    return {key: _slim(key, value) for key, value in schema.items() if not _tells_nothing(key, value)}


def _slim(key: str, value: JsonValue) -> JsonValue:
    match value:
        case dict() if key in ("properties", "$defs"):
            return {name: slim(inner) if isinstance(inner, dict) else inner for name, inner in value.items()}
        case dict():
            return slim(value)
        case list():
            return [slim(inner) if isinstance(inner, dict) else inner for inner in value]
        case _:
            return value


def _tells_nothing(key: str, value: JsonValue) -> bool:
    return (key == "title" and isinstance(value, str)) or (key in ("default", "description") and not value)
