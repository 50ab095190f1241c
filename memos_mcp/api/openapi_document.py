"""What the descriptions of both APIs are made of: OpenAPI 3.1 over pydantic models."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from memos_mcp import __version__

_REFERENCE: Final = "#/components/schemas/{model}"
_IN_PATH: Final = re.compile(r"{(\w+)(?::path)?}")


def document(
    *, title: str, description: str, paths: dict[str, Any], models: Iterable[type[BaseModel]]
) -> dict[str, Any]:
    """Return a description of `paths`, which refer to `models`."""
    ordered = sorted(set(models), key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__, "description": description},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """Refer to a model of the document."""
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def json_content(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a body of JSON."""
    return {"application/json": {"schema": schema}}


def plain_path(path: str) -> str:
    """Return a path of starlette's as OpenAPI writes it."""
    return _IN_PATH.sub(r"{\1}", path)


def path_parameters(path: str) -> list[dict[str, Any]]:
    """Describe what a path names."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _IN_PATH.findall(path)
    ]
