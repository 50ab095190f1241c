"""The description of `/api/v1` as OpenAPI 3.1, made from its operations."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from memos_mcp.api.openapi_document import document, json_content, path_parameters, plain_path, reference
from memos_mcp.api.v1.operation import PREFIX, Operation
from memos_mcp.core.api_models import Failure


def describe(operations: Sequence[Operation]) -> dict[str, Any]:
    """Describe every operation."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(f"{PREFIX}{plain_path(one.path)}", {})[one.method.lower()] = _operation(one)
    return document(
        title="memos-mcp",
        description="What is kept of a user: read, correct, delete, move. Times are ISO 8601 with an offset.",
        paths=paths,
        models={model for one in operations for model in (one.answer, one.body) if isinstance(model, type)} | {Failure},
    )


def _operation(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": one.summary,
        "operationId": _name(one),
        "parameters": [*path_parameters(one.path), *_query_parameters(one.query), _USER],
        "responses": {
            "200": {"description": "Done", "content": _content(one.answer)},
            "4XX": {"description": "Refused: nothing was changed", "content": _content(Failure)},
        },
    }
    if one.body is not None:
        described["requestBody"] = {"required": True, "content": _content(one.body)}
    return described


def _name(one: Operation) -> str:
    words = re.findall(r"[a-z_.]+", one.path.replace(":path", ""))
    return "_".join([one.method.lower(), *words]).replace(".", "_")


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


_USER = {
    "name": "user_id",
    "in": "query",
    "required": False,
    "description": "Whose memory is meant; only for callers who may act for any user.",
    "schema": {"type": "string"},
}


def _content(answer: type[BaseModel] | str) -> dict[str, Any]:
    """Describe a body: by its model, or by its media type where it is no JSON."""
    if isinstance(answer, str):
        return {answer: {"schema": {"type": "string"}}}
    return json_content(reference(answer))
