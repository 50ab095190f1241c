"""The routes of knowledge bases: make and remove one, and add, list and remove its documents."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, ClassVar, Final, Protocol, cast

from pydantic import BaseModel, Field, StringConstraints, model_validator
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.routing import Route

from memos_mcp.api.contract.base_body import Body, Filled, PageNumber, at_most
from memos_mcp.api.contract.parsing import parse
from memos_mcp.api.contract.responses import Answer
from memos_mcp.api.contract.rest import PREFIX, answer
from memos_mcp.api.guard.identity import Identity
from memos_mcp.core.errors import Forbidden, InvalidRequest
from memos_mcp.core.models import Document, KnowledgeBase

MOST_FILES: Final = 20
BAD_BASE64: Final = 40009
LONGEST_NAME: Final = 255

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class Library(Protocol):
    """What keeps knowledge bases."""

    async def create_knowledge_base(self, name: str, description: str) -> str:
        """Make one and give its id."""
        ...

    async def knowledge_bases(self) -> list[KnowledgeBase]:
        """List them."""
        ...

    async def delete_knowledge_base(self, identifier: str) -> None:
        """Remove one with its documents."""
        ...

    async def add_document(self, identifier: str, name: str, content: bytes) -> Document:
        """Keep a document."""
        ...

    async def documents(self, identifier: str, document_ids: tuple[str, ...]) -> list[Document]:
        """Return the documents of one or, where it is not named, those with these ids."""
        ...

    async def delete_documents(self, document_ids: tuple[str, ...]) -> None:
        """Remove documents."""
        ...


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


class KnowledgeBaseRoutes:
    """The routes. Whoever may use the server may search and list; to change, one must be allowed to act for anybody."""

    def __init__(self, library: Library) -> None:
        """Take what keeps them."""
        self._library = library

    def routes(self) -> list[Route]:
        """Return the routes."""
        operations: dict[str, Callable[[Request], Awaitable[Answer | list[Answer]]]] = {
            "create/knowledgebase": self.create,
            "get/knowledgebase": self.get_all,
            "delete/knowledgebase": self.delete,
            "add/knowledgebase-file": self.add_files,
            "get/knowledgebase-file": self.get_files,
            "delete/knowledgebase-file": self.delete_files,
        }
        return [
            Route(f"{PREFIX}/{path}", partial(answer, operation), methods=["POST"])
            for path, operation in operations.items()
        ]

    async def create(self, request: Request) -> Answer:
        """Make a knowledge base."""
        _check_librarian(request)
        body = await parse(request, CreateBody)
        identifier = await self._library.create_knowledge_base(body.knowledgebase_name, body.knowledgebase_description)
        return {"id": identifier}

    async def get_all(self, request: Request) -> list[Answer]:
        """List the knowledge bases."""
        await parse(request, ListBody)
        return [one.model_dump() for one in await self._library.knowledge_bases()]

    async def delete(self, request: Request) -> Answer:
        """Remove a knowledge base."""
        _check_librarian(request)
        body = await parse(request, DeleteBody)
        await self._library.delete_knowledge_base(body.knowledgebase_id)
        return {"success": True}

    async def add_files(self, request: Request) -> list[Answer]:
        """Keep documents: base64 in JSON, or files of a form."""
        _check_librarian(request)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            identifier, files = await _of_form(request)
        else:
            body = await parse(request, AddFileBody)
            identifier, files = body.knowledgebase_id, [(one.name, _decoded(one.content)) for one in body.file]
        kept = [await self._library.add_document(identifier, name, content) for name, content in files]
        sizes = [len(content) / 2**20 for _, content in files]
        return [_file(one) | {"sizeMB": size} for one, size in zip(kept, sizes, strict=True)]

    async def get_files(self, request: Request) -> Answer:
        """List documents."""
        body = await parse(request, GetFileBody)
        if not (body.knowledgebase_id or body.file_ids):
            raise InvalidRequest("Name knowledgebase_id or file_ids.", code=40002)
        listed = await self._library.documents(body.knowledgebase_id, body.file_ids)
        start = (body.page - 1) * body.page_size
        return {
            "file_detail_list": [_file(one) for one in listed[start : start + body.page_size]],
            "total": len(listed),
            "page": body.page,
            "page_size": body.page_size,
        }

    async def delete_files(self, request: Request) -> Answer:
        """Remove documents."""
        _check_librarian(request)
        body = await parse(request, DeleteFileBody)
        await self._library.delete_documents(body.file_ids)
        return {"success": True}


def _check_librarian(request: Request) -> None:
    if Identity.of(request, default_user="", owners=None).own is not None:
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
