# ruff: noqa: ANN401, C901 - tools of any kind, one after the other
"""What the conformance suite of MCP wants of a server beside what ours has: tools, resources and prompts to try.

Their names and answers are the suite's.
"""

import base64
import json
from typing import Any

import anyio
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import (
    AudioContent,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)

from memos_mcp.mcp import prompts

PIXEL = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
SILENCE = base64.b64encode(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0@\x1f\0\0\1\0\x08\0data\0\0\0\0").decode()
IMAGE = ImageContent(type="image", data=PIXEL, mime_type="image/png")
MISSING_CAPABILITY = -32021


def add_fixtures(server: MCPServer[Any]) -> None:
    """Lay the suite's fixtures over a server."""
    _add_content(server)
    _add_conversations(server)
    _add_rounds(server)
    _add_resources(server)
    _add_prompts(server)


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)


def _embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def _add_content(server: MCPServer[Any]) -> None:
    contents: dict[str, list[Any]] = {
        "test_simple_text": [_text("This is a simple text response for testing.")],
        "test_image_content": [IMAGE],
        "test_audio_content": [AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")],
        "test_embedded_resource": [_embedded("test://embedded-resource", "This is an embedded resource content.")],
        "test_multiple_content_types": [
            _text("Multiple content types test:"),
            IMAGE,
            _embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
        ],
    }
    for name, content in contents.items():
        _add(server, name, _giving(content))

    async def fail() -> str:
        raise ValueError("This tool intentionally returns an error for testing")

    _add(server, "test_error_handling", fail)


def _giving(content: list[Any]) -> Any:
    async def tool() -> Any:
        return content

    return tool


def _add(server: MCPServer[Any], name: str, tool: Any) -> None:
    server.add_tool(tool, name=name, description=f"Fixture {name}.", structured_output=False)


def _add_conversations(server: MCPServer[Any]) -> None:
    async def logging(ctx: Context[Any, Any]) -> str:
        for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await ctx.info(line)  # pyright: ignore[reportDeprecated]
            await anyio.sleep(0.05)
        return "done"

    async def progress(ctx: Context[Any, Any]) -> str:
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100)
            await anyio.sleep(0.05)
        return "done"

    async def sampling(prompt: str, ctx: Context[Any, Any]) -> str:
        message = SamplingMessage(role="user", content=_text(prompt))
        said = await ctx.session.create_message([message], max_tokens=100)  # pyright: ignore[reportDeprecated]
        return f"LLM response: {getattr(said.content, 'text', said.content)}"

    def asks(schema: dict[str, Any]) -> Any:
        async def elicitation(ctx: Context[Any, Any], message: str = "Please answer") -> str:
            answer = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
            return f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}"

        return elicitation

    async def streaming(ctx: Context[Any, Any]) -> InputRequiredResult:
        await ctx.report_progress(0, 1)
        return InputRequiredResult(input_requests={"name": _form("Your name?", name="string")})

    async def missing() -> str:
        raise MCPError(
            code=MISSING_CAPABILITY, message="sampling is needed", data={"requiredCapabilities": {"sampling": {}}}
        )

    async def tools_change(ctx: Context[Any, Any]) -> str:
        await ctx.notify_tools_changed()
        return "done"

    async def prompts_change(ctx: Context[Any, Any]) -> str:
        await ctx.notify_prompts_changed()
        return "done"

    strings = {name: {"type": "string", "description": name} for name in ("username", "email")}
    _add(server, "test_tool_with_logging", logging)
    _add(server, "test_logging_tool", logging)
    _add(server, "test_tool_with_progress", progress)
    _add(server, "test_sampling", sampling)
    _add(server, "test_elicitation", asks({"type": "object", "properties": strings, "required": list(strings)}))
    _add(server, "test_elicitation_sep1034_defaults", asks({"type": "object", "properties": DEFAULTS}))
    _add(server, "test_elicitation_sep1330_enums", asks({"type": "object", "properties": CHOICES}))
    _add(server, "test_streaming_elicitation", streaming)
    _add(server, "test_missing_capability", missing)
    _add(server, "test_trigger_tool_change", tools_change)
    _add(server, "test_trigger_prompt_change", prompts_change)


DEFAULTS: dict[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}

_VALUES = ("First", "Second", "Third")
_TITLED = [{"const": f"value{number}", "title": f"{word} Option"} for number, word in enumerate(_VALUES, 1)]
CHOICES: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": [f"Option {word}" for word in _VALUES],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}


def _form(message: str, **properties: str) -> ElicitRequest:
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=_text(text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=100))


def _add_rounds(server: MCPServer[Any]) -> None:
    """Add tools that ask once or several times before they answer."""
    rounds: dict[str, list[dict[str, Any]]] = {
        "elicitation": [{"user_name": _form("What is your name?", name="string")}],
        "sampling": [{"capital_question": _sample("What is the capital of France?")}],
        "list_roots": [{"client_roots": ListRootsRequest()}],
        "request_state": [{"confirm": _form("Please confirm", ok="boolean")}],
        "tampered_state": [{"confirm": _form("Please confirm", ok="boolean")}],
        "multiple_inputs": [
            {
                "user_name": _form("What is your name?", name="string"),
                "greeting": _sample("Generate a greeting"),
                "client_roots": ListRootsRequest(),
            }
        ],
        "multi_round": [
            {"step1": _form("Step 1: What is your name?", name="string")},
            {"step2": _form("Step 2: What is your favorite color?", color="string")},
        ],
    }
    for name, asked in rounds.items():
        _add(server, f"test_input_required_result_{name}", _asking(asked))

    async def capabilities(ctx: Context[Any, Any]) -> InputRequiredResult | str:
        has = ctx.client_capabilities or ClientCapabilities()
        possible = {
            "greeting": (has.sampling, _sample("Hello")),
            "name": (has.elicitation, _form("Name?", name="string")),
        }
        return InputRequiredResult(
            input_requests={name: request for name, (can, request) in possible.items() if can is not None}
        )

    _add(server, "test_input_required_result_capabilities", capabilities)


def _asking(rounds: list[dict[str, Any]]) -> Any:
    async def tool(ctx: Context[Any, Any]) -> InputRequiredResult | str:
        number = int(ctx.request_state or 0)
        answers = ctx.input_responses or {}
        if number < len(rounds) and all(name in answers for name in rounds[number]):
            number += 1
        if number < len(rounds):
            return InputRequiredResult(input_requests=rounds[number], request_state=str(number))
        return f"state-ok {json.dumps({name: repr(answer) for name, answer in answers.items()})}"

    return tool


def _add_resources(server: MCPServer[Any]) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        return base64.b64decode(PIXEL)

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        return "watched"

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:  # noqa: A002 - the suite's name
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(server: MCPServer[Any]) -> None:
    prompts.ARGUMENTS.update(
        {
            "test_simple_prompt": set(),
            "test_prompt_with_arguments": {"arg1", "arg2"},
            "test_prompt_with_embedded_resource": {"resourceUri"},
            "test_prompt_with_image": set(),
            "test_input_required_result_prompt": set(),
        }
    )

    def said(content: Any) -> dict[str, Any]:
        return {"role": "user", "content": content}

    @server.prompt(name="test_simple_prompt", description="Fixture.")
    def simple() -> Any:
        return [said(_text("This is a simple prompt for testing."))]

    @server.prompt(name="test_prompt_with_arguments", description="Fixture.")
    def with_arguments(arg1: str = "", arg2: str = "") -> Any:
        return [said(_text(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"))]

    @server.prompt(name="test_prompt_with_embedded_resource", description="Fixture.")
    def with_resource(resourceUri: str = "") -> Any:  # noqa: N803 - the suite's name
        embedded = _embedded(resourceUri, "Embedded resource content for testing.")
        return [said(embedded), said(_text("Please process the embedded resource above."))]

    @server.prompt(name="test_prompt_with_image", description="Fixture.")
    def with_image() -> Any:
        return [said(IMAGE), said(_text("Please analyze the image above."))]

    @server.prompt(name="test_input_required_result_prompt", description="Fixture.")
    def asks(ctx: Context[Any, Any]) -> Any:
        if not ctx.input_responses:
            return InputRequiredResult(
                input_requests={"user_context": _form("What context should the prompt use?", context="string")}
            )
        return [said(_text(f"With context: {ctx.input_responses!r}"))]
