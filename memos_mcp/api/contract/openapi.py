"""The MemOS contract as OpenAPI 3.1, made from the models that read the requests and write the answers."""

from typing import Any, Final

from memos_mcp.api.contract.endpoint import PREFIX, Endpoint, Endpoints
from memos_mcp.api.openapi_document import document, json_content, path_parameters, reference

_LISTED: Final[dict[str, Any]] = {"type": "array", "items": {"type": "object"}}
_USER: Final[dict[str, Any]] = {"name": "user_id", "in": "query", "schema": {"type": "string"}}


def describe(endpoints: Endpoints) -> dict[str, Any]:
    """Return the description of every endpoint."""
    return document(
        title="The MemOS contract, served by memos-mcp",
        description=(
            "Every answer is an envelope: code (0 where it is well), message, data. More shapes are read than are "
            'described: a time is also text such as "2025-09-12 08:00:00", and messages come as agents send them.'
        ),
        paths={f"{PREFIX}/{one.path}": {one.method.lower(): _operation(one)} for one in endpoints},
        models={model for one in endpoints for model in (one.body, *one.answers)},
    )


def _operation(one: Endpoint[Any]) -> dict[str, Any]:
    match [reference(model) for model in one.answers]:
        case []:
            data = _LISTED
        case [single]:
            data = single
        case several:
            data = {"anyOf": several}
    taken = (
        {"parameters": [*path_parameters(one.path), _USER]}
        if one.method == "GET"
        else {"requestBody": {"required": True, "content": json_content(reference(one.body))}}
    )
    return {
        "operationId": one.path.translate(str.maketrans("/-", "__", "{}")),
        **taken,
        "responses": {
            "200": {"description": "Done", "content": _envelope(data)},
            "4XX": {"description": "Refused: the code and the sentence say why", "content": _envelope({})},
        },
    }


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
    properties = {"code": {"type": "integer"}, "message": {"type": "string"}, "data": data}
    return json_content({"type": "object", "required": ["code", "message", "data"], "properties": properties})
