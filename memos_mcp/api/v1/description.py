"""The description of `/api/v1` as OpenAPI 3.1, made from its operations."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from memos_mcp import __version__
from memos_mcp.api.v1.operation import PREFIX, Operation

_REFERENCE = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"{(\w+)(?::path)?}")


class Failure(BaseModel):
    """What every refusal answers: what went wrong and what to do, in a sentence."""

    error: str


def describe(operations: Sequence[Operation]) -> dict[str, Any]:
    """Describe every operation."""
    models = {model for one in operations for model in (one.answer, one.body) if isinstance(model, type)} | {Failure}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = _IN_PATH.sub(r"{\1}", one.path)
        paths.setdefault(f"{PREFIX}{path}", {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "memos-mcp",
            "version": __version__,
            "description": "What is kept of a user: read, correct, delete, move. Times are ISO 8601 with an offset.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": one.summary,
        "operationId": _name(one),
        "parameters": [*_path_parameters(one), *_query_parameters(one.query), _USER],
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


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(one.path)
    ]


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
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=answer.__name__)}}}
