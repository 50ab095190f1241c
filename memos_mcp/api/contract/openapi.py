"""The MemOS contract as OpenAPI 3.1, made from the models that read the requests and write the answers."""

from typing import Any, Final

from pydantic import BaseModel, JsonValue, create_model
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from memos_mcp import __version__
from memos_mcp.api.contract import bodies, further_bodies, knowledge_base_routes
from memos_mcp.api.contract.base_body import Body
from memos_mcp.api.contract.rest import PREFIX
from memos_mcp.core.models import (
    AddReceipt,
    ConversationPage,
    DeleteReceipt,
    FeedbackReceipt,
    Memory,
    MemoryPage,
    Preference,
    Role,
    SearchResult,
    Status,
    Task,
    UpdateReceipt,
)


class DatedMessage(BaseModel):
    """A message as get/message writes it, its times as text in UTC."""

    id: str
    role: Role
    content: str
    role_id: str = ""
    role_name: str = ""
    conversation_id: str
    create_time: str
    update_time: str
    status: Status = "activated"


class DatedMessagePage(BaseModel):
    """A page of a conversation, oldest first."""

    conversation_id: str
    message_detail_list: tuple[DatedMessage, ...]
    total: int
    page: int
    pages: int


_Ranked = create_model("Ranked", model=(str, ...), results=(list[dict[str, JsonValue]], ...))
_Extracted = create_model("Extracted", success=(bool, ...))
_Answered = create_model("Answered", response=(str, ...), conversation_id=(str, ...))
_Created = create_model("Created", id=(str, ...))
_Done = create_model("Done", success=(bool, ...))
_Files = create_model("Files", file_detail_list=(list[dict[str, JsonValue]], ...), total=(int, ...))

ROUTES: Final[dict[str, tuple[type[Body], type[BaseModel] | None]]] = {
    "add/message": (bodies.AddMessageBody, AddReceipt),
    "search/memory": (bodies.SearchMemoryBody, SearchResult),
    "get/message": (bodies.GetMessageBody, DatedMessagePage),
    "get/memory": (bodies.GetMemoryBody, MemoryPage),
    "get/conversation": (bodies.GetConversationBody, ConversationPage),
    "delete/memory": (bodies.DeleteMemoryBody, DeleteReceipt),
    "update/memory": (bodies.UpdateMemoryBody, UpdateReceipt),
    "add/feedback": (bodies.AddFeedbackBody, FeedbackReceipt),
    "get/status": (bodies.GetStatusBody, Task),
    "rerank": (further_bodies.RerankBody, _Ranked),
    "extract/memory": (further_bodies.ExtractMemoryBody, _Extracted),
    "chat": (further_bodies.ChatBody, _Answered),
    "create/knowledgebase": (knowledge_base_routes.CreateBody, _Created),
    "get/knowledgebase": (knowledge_base_routes.ListBody, None),
    "delete/knowledgebase": (knowledge_base_routes.DeleteBody, _Done),
    "add/knowledgebase-file": (knowledge_base_routes.AddFileBody, None),
    "get/knowledgebase-file": (knowledge_base_routes.GetFileBody, _Files),
    "delete/knowledgebase-file": (knowledge_base_routes.DeleteFileBody, _Done),
}
"""Each route that is a POST, its body, and the `data` of its answer; None for a list of objects."""

_REFERENCE = "#/components/schemas/{model}"
_LISTED: Final[dict[str, Any]] = {"type": "array", "items": {"type": "object"}}


def describe() -> dict[str, Any]:
    """Return the description of every route."""
    models = {model for pair in ROUTES.values() for model in pair if model is not None} | {Memory, Preference}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=_REFERENCE)
    paths: dict[str, Any] = {f"{PREFIX}/{name}": {"post": _post(name, *pair)} for name, pair in ROUTES.items()}
    paths[f"{PREFIX}/get/memory/{{memory_id}}"] = {"get": _GET_MEMORY}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The MemOS contract, served by memos-mcp",
            "version": __version__,
            "description": (
                "Every answer is an envelope: code (0 where it is well), message, data. More shapes are read than are "
                'described: a time is also text such as "2025-09-12 08:00:00", and messages come as agents send them.'
            ),
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def route() -> Route:
    """Return the route of the description."""

    async def read(_: Request) -> Response:
        return JSONResponse(describe())

    return Route(f"{PREFIX}/openapi.json", read, methods=["GET"])


def _post(name: str, body: type[Body], data: type[BaseModel] | None) -> dict[str, Any]:
    return {
        "operationId": name.replace("/", "_").replace("-", "_"),
        "requestBody": {"required": True, "content": _content(_reference(body))},
        "responses": _responses(_reference(data) if data else _LISTED),
    }


def _responses(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "200": {"description": "Done", "content": _content(_envelope(data))},
        "4XX": {"description": "Refused: the code and the sentence say why", "content": _content(_envelope({}))},
    }


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
    properties = {"code": {"type": "integer"}, "message": {"type": "string"}, "data": data}
    return {"type": "object", "required": ["code", "message", "data"], "properties": properties}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_GET_MEMORY: Final[dict[str, Any]] = {
    "operationId": "get_memory_by_id",
    "parameters": [{"name": "memory_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}],
    "responses": _responses({"anyOf": [_reference(Memory), _reference(Preference)]}),
}
