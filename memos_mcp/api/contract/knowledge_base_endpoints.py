"""The endpoints of knowledge bases: make and remove one, and add, list and remove its documents."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, cast

from pydantic import BaseModel, Field, JsonValue, StringConstraints, create_model, model_validator
from starlette.datastructures import UploadFile
from starlette.requests import Request

from memos_mcp.api.contract.base_body import Body, Filled, PageNumber, at_most
from memos_mcp.api.contract.endpoint import Call, Endpoint, Endpoints
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.guard.identity import Identity
from memos_mcp.core.errors import Forbidden, InvalidRequest
from memos_mcp.core.models import Document

if TYPE_CHECKING:
    from memos_mcp.backends.local.knowledge.library import Library

MOST_FILES: Final = 20  # of one call, MemOS's limit
BAD_BASE64: Final = 40009  # MemOS's code
LONGEST_NAME: Final = 255  # what file systems take

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class CreateBody(Body):
    """create/knowledgebase."""

    knowledgebase_name: Name
    knowledgebase_description: Annotated[str, StringConstraints(max_length=2_000)] = ""


class ListBody(Body):
    """get/knowledgebase."""


class DeleteBody(Body):
    """delete/knowledgebase."""

    knowledgebase_id: Filled


class File(BaseModel):
    """A document as base64."""

    content: Filled
    name: Name = "document.txt"


class AddFileBody(Body):
    """add/knowledgebase-file."""

    knowledgebase_id: Filled
    file: Annotated[tuple[File, ...], Field(min_length=1, max_length=MOST_FILES)]


class GetFileBody(Body):
    """get/knowledgebase-file."""

    without_effect: ClassVar[Mapping[str, str]] = {"type": "all files are documents"}

    file_ids: tuple[str, ...] = ()
    knowledgebase_id: str = ""
    page: PageNumber = 1
    page_size: Annotated[int, Field(ge=1), at_most(100)] = 50

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, raw: object) -> object:
        """Take a file that is named alone, by any name for it."""
        if not isinstance(raw, dict):
            return raw
        fields = cast("dict[str, object]", raw)
        named = [fields[name] for name in ("id", "file_id") if fields.get(name)]
        left = {name: value for name, value in fields.items() if name not in ("id", "file_id")}
        return left | {"file_ids": named} if named and not fields.get("file_ids") else fields


class DeleteFileBody(Body):
    """delete/knowledgebase-file."""

    file_ids: Annotated[tuple[str, ...], Field(min_length=1)]


_Created = create_model("Created", id=(str, ...))
_Done = create_model("Done", success=(bool, ...))
_Files = create_model("Files", file_detail_list=(list[dict[str, JsonValue]], ...), total=(int, ...))


@dataclass(frozen=True, slots=True)
class KnowledgeBaseEndpoints:
    """The endpoints: whoever may use the server may search and list, and who may act for anybody may change."""

    library: "Library"

    def endpoints(self) -> Endpoints:
        """Return the endpoints."""
        return [
            Endpoint("create/knowledgebase", self.create, CreateBody, (_Created,)),
            Endpoint("get/knowledgebase", self.get_all, ListBody),
            Endpoint("delete/knowledgebase", self.delete, DeleteBody, (_Done,)),
            Endpoint("add/knowledgebase-file", self.add_files, AddFileBody),
            Endpoint("get/knowledgebase-file", self.get_files, GetFileBody, (_Files,)),
            Endpoint("delete/knowledgebase-file", self.delete_files, DeleteFileBody, (_Done,)),
        ]

    async def create(self, call: Call[CreateBody]) -> Answer:
        """Make a knowledge base."""
        _check_librarian(call.caller)
        body = await call.body()
        identifier = await self.library.create_knowledge_base(body.knowledgebase_name, body.knowledgebase_description)
        return {"id": identifier}

    async def get_all(self, call: Call[ListBody]) -> list[Answer]:
        """List the knowledge bases."""
        await call.body()
        return [one.model_dump() for one in await self.library.knowledge_bases()]

    async def delete(self, call: Call[DeleteBody]) -> Answer:
        """Remove a knowledge base."""
        _check_librarian(call.caller)
        body = await call.body()
        await self.library.delete_knowledge_base(body.knowledgebase_id)
        return {"success": True}

    async def add_files(self, call: Call[AddFileBody]) -> list[Answer]:
        """Keep documents: base64 in JSON, or files of a form."""
        _check_librarian(call.caller)
        if call.request.headers.get("content-type", "").startswith("multipart/form-data"):
            identifier, files = await _of_form(call.request)
        else:
            body = await call.body()
            identifier, files = body.knowledgebase_id, [(one.name, _decoded(one.content)) for one in body.file]
        kept = [await self.library.add_document(identifier, name, content) for name, content in files]
        sizes = [len(content) / 2**20 for _, content in files]
        return [_file(one) | {"sizeMB": size} for one, size in zip(kept, sizes, strict=True)]

    async def get_files(self, call: Call[GetFileBody]) -> Answer:
        """List documents."""
        body = await call.body()
        if not (body.knowledgebase_id or body.file_ids):
            raise InvalidRequest("Name knowledgebase_id or file_ids.", code=40002)
        listed = await self.library.documents(body.knowledgebase_id, body.file_ids)
        start = (body.page - 1) * body.page_size
        return {
            "file_detail_list": [_file(one) for one in listed[start : start + body.page_size]],
            "total": len(listed),
            "page": body.page,
            "page_size": body.page_size,
        }

    async def delete_files(self, call: Call[DeleteFileBody]) -> Answer:
        """Remove documents."""
        _check_librarian(call.caller)
        body = await call.body()
        await self.library.delete_documents(body.file_ids)
        return {"success": True}


def _check_librarian(caller: Identity) -> None:
    if caller.own is not None:
        raise Forbidden("A knowledge base is everybody's: only a token for any user (*) may change one.")


async def _of_form(request: Request) -> tuple[str, list[tuple[str, bytes]]]:
    async with request.form(max_files=MOST_FILES) as form:
        identifier = request.query_params.get("knowledgebase_id") or form.get("knowledgebase_id")
        uploads = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
        if not isinstance(identifier, str) or not identifier or not uploads:
            raise InvalidRequest("Name knowledgebase_id, and send one file at least.", code=40002)
        return identifier, [((one.filename or "document.txt")[-LONGEST_NAME:], await one.read()) for one in uploads]


def _decoded(content: str) -> bytes:
    """Read base64, alone or in a data URL."""
    if content.startswith(("http://", "https://")):
        raise InvalidRequest("An address is not fetched: send the document itself, as base64 or as a file of a form.")
    try:
        return base64.b64decode(content.rpartition(";base64,")[2], validate=True)
    except ValueError as exc:  # binascii.Error, and what is not ASCII
        raise InvalidRequest("content is not base64. Nothing was stored.", code=BAD_BASE64) from exc


def _file(one: Document) -> Answer:
    return {
        "id": one.id,
        "name": one.name,
        "status": "completed",
        "type": "document",
        "chunks": one.pieces,
        "create_time": one.create_time,
    }
