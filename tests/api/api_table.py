"""Writes docs/api.md from the models: `python -m tests.api.api_table`."""

# ruff: noqa: E501 - lines of a document

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from memos_mcp.api.contract.base_body import NOTHING_LOST, Body
from memos_mcp.api.contract.not_found import REFUSED
from memos_mcp.api.contract.routes import endpoints
from memos_mcp.backends.hosted import product
from memos_mcp.backends.hosted import request_bodies as sent
from memos_mcp.core.models import (
    AddFeedback,
    AddMessage,
    DeleteMemory,
    GetMemory,
    GetMessage,
    Message,
    SearchMemory,
    UpdateMemory,
)
from tests.fakes import cloud_bodies, product_bodies

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "api.md"

ENDPOINTS = endpoints(*[cast("Any", object())] * 4)
BODIES = {one.path: one.body for one in ENDPOINTS if one.method == "POST"}
WITHOUT_BODY = ", ".join(f"`GET {one.path}`" for one in ENDPOINTS if one.method == "GET")

HEAD = """# The contract, field by field

Written by `python -m tests.api.api_table` from the models that read and write the requests; a test keeps it so.

## What `memos-mcp serve` takes

Every route is a `POST` of one JSON object below `/api/openmem/v1`. A null is the same as an absent field. A limit above its
maximum is reduced to it. A field that is not listed is ignored, and `message` in the response says so (`ok (ignored ...)`).
Only a `delete/memory` that names no memories rejects it, because it may be a condition. Null, false and empty values are not
mentioned, nor are SILENT, which change nothing. Without a body, but with `?user_id=`: WITHOUT_BODY. What the routes return is
described only in `GET openapi.json`, which has the requests too, for programs. If no stored item has a field of a `filter`, `message` names that field too.

`allow_public` lets every user of the server find what was learnt from those messages, marked `[public]` and of the type
`PublicMemory`; messages, preferences and conversations stay private to their author, and only the author can change or
delete the memory. `role_id` and `role_name` of a message say who speaks in a conversation of several people. If `user_id` is a
list of users (20 at most), the messages are stored for each of them, and the memories name the other speakers; a filter accepts
`role_id` and `role_name`.
"""

SAMPLES = """
## From a program

An add and a search with curl, from Python and from TypeScript; these are files of `examples/`, and each is run by a test. With
an SDK of MemOS, only the base URL changes: `examples/memos_sdk.py`. Without a server: [docs/python.md](python.md).
"""

REFUSED_ROUTES = """
### Routes that return an error message

{}: there are no profile templates. `include_memory_view: ["profile"]` gives what the user said of themself. `chat` without
`MEMOS_LLM_*` returns an error that names what is missing.
"""

BETWEEN = """
## What is sent to a server elsewhere

With `MEMOS_BACKEND=hosted`: to MemOS Cloud (and to a `memos-mcp serve`) in its contract, to MemOS's own server (a base URL that
ends in `/product`, or `MEMOS_DIALECT=product`) in its own.

| call | MemOS Cloud: route, fields | MemOS's own server: route, fields | fields of its own server that are never sent |
|---|---|---|---|
"""

FOOT = """
MemOS's own server stores no messages: messages sent to it are also stored in the data directory, and `get_message` reads
them there. It cannot rewrite a memory (`update_memory` returns an error message). The status of tasks is at
`GET /product/scheduler/status`.
"""


def text() -> str:
    tables = "".join(_route(name, body) for name, body in BODIES.items())
    silent = ", ".join(f"`{name}`" for name in sorted(NOTHING_LOST))
    refused = ", ".join(f"`{name}`" for name in sorted(REFUSED))
    return (
        HEAD.replace("SILENT", silent).replace("WITHOUT_BODY", WITHOUT_BODY)
        + tables
        + REFUSED_ROUTES.format(refused)
        + SAMPLES
        + "".join(_samples())
        + BETWEEN
        + "".join(_sent_rows())
        + FOOT
    )


def _samples() -> Iterator[str]:
    for language, name in (("sh", "rest.sh"), ("python", "rest.py"), ("ts", "rest.ts")):
        yield f"\n```{language}\n{(ROOT / 'examples' / name).read_text(encoding='utf-8')}```\n"


def _route(name: str, model: type[Body]) -> str:
    rows = [
        *(_row(field, "taken", _note(info), _refused(info)) for field, info in model.model_fields.items()),
        *(_row(field, "ignored with a word", why) for field, why in model.without_effect.items()),
    ]
    return f"\n### {name}\n\n| field | | | refused where it is |\n|---|---|---|---|\n" + "".join(rows)


def _row(field: str, how: str, note: str, refused: str = "") -> str:
    return f"| `{field}` | {how} | {note} | {refused} |\n"


def _note(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True)
    most = next((f", {one} at most" for one in _cuts(info)), "")
    return f"default {default!r}{most}" if isinstance(default, bool | int | float) else most.removeprefix(", ")


def _cuts(info: FieldInfo) -> Iterator[int]:
    for one in info.metadata:
        if isinstance(one, AfterValidator) and isinstance(one.func, partial):
            yield one.func.args[0]


def _refused(info: FieldInfo) -> str:
    return ", ".join(filter(None, map(_bound, _metadata(info))))


def _metadata(info: FieldInfo) -> Iterator[object]:
    """Yield what constrains a field, or its variant that is not None."""
    yield from info.metadata
    for variant in getattr(info.annotation, "__args__", ()):
        yield from getattr(variant, "__metadata__", ())


def _bound(one: object) -> str:
    match one:
        case FieldInfo():
            return _refused(one)
        case Ge(ge=least):
            return f"below {least}"
        case Gt(gt=least):
            return f"{least} or below"
        case Le(le=most):
            return f"above {most}"
        case MinLen(min_length=1) | StringConstraints(min_length=1, max_length=None):
            return "empty"
        case MaxLen(max_length=most):
            return f"longer than {most}"
        case StringConstraints(max_length=int() as most):
            return f"longer than {most} characters"
        case _:
            return ""


def _sent_rows() -> Iterator[str]:
    said = (Message(role="user", content="x", chat_time=0),)
    add = AddMessage(
        messages=said, conversation_id="c", agent_id="a", app_id="p", tags=("t",), info={"k": "v"}, allow_public=True
    )
    search = SearchMemory(query="q", conversation_id="c", filter={"and": []})
    adding = sent.add_message(add, user_id="u")
    searching = sent.search_memory(search, user_id="u", for_engine=False)
    reading = sent.get_memory(GetMemory(filter={"and": []}), user_id="u", for_engine=False)
    feedback = sent.add_feedback(
        AddFeedback(feedback_content="f", conversation_id="c", feedback_time=0, allow_public=True), user_id="u"
    )
    ids = sent.delete_memory(DeleteMemory(memory_ids=("m",)), user_id="u", for_engine=False)
    everything = sent.delete_memory(DeleteMemory(everything=True), user_id="u", for_engine=False)
    message = sent.get_message(GetMessage(conversation_id="c"), user_id="u", for_engine=False)
    update = sent.update_memory(UpdateMemory(memory_id="m", content="c", title="t"), user_id="u", for_engine=False)
    yield _sent("add_message", "add/message", adding, "add", product.add(adding, task_id="t"), product_bodies.AddBody)
    yield _sent(
        "search_memory", "search/memory", searching, "search", product.search(searching), product_bodies.SearchBody
    )
    yield _sent("get_message", "get/message", message, "", {}, None)
    yield _sent(
        "get_memory", "get/memory", reading, "get_memory", product.get_memory(reading), product_bodies.GetMemoryBody
    )
    deleted = product.delete_memory(ids) | product.delete_memory(everything)
    yield _sent(
        "delete_memory", "delete/memory", ids | everything, "delete_memory", deleted, product_bodies.DeleteMemoryBody
    )
    yield _sent("update_memory", "update/memory", update, "", {}, None)
    corrected = product.feedback(feedback, history=[], task_id="t")
    yield _sent("add_feedback", "add/feedback", feedback, "feedback", corrected, product_bodies.FeedbackBody)
    asked = {"user_id": "u", "task_id": "t"}
    yield _sent("get_status", "get/status", {"task_id": "t"}, "scheduler/status", asked, product_bodies.StatusQuery)


def _sent(call: str, cloud: str, body: sent.Body, own: str, own_body: sent.Body, model: type[BaseModel] | None) -> str:
    never = [name for name in model.model_fields if name not in own_body] if model else []
    own_route = f"`{own}`: {_names(own_body)}" if own else "not there"
    return f"| {call} | `{cloud}`: {_names(body)} | {own_route} | {_names(never)} |\n"


def _names(fields: object) -> str:
    return ", ".join(f"`{name}`" for name in fields)  # type: ignore[attr-defined]


def fields_of_the_cloud() -> dict[str, set[str]]:
    """Return the fields that the contract lists for each route."""
    models = {
        "add/message": cloud_bodies.AddMessageBody,
        "search/memory": cloud_bodies.SearchMemoryBody,
        "get/message": cloud_bodies.GetMessageBody,
        "get/memory": cloud_bodies.GetMemoryBody,
        "delete/memory": cloud_bodies.DeleteMemoryBody,
        "update/memory": cloud_bodies.UpdateMemoryBody,
        "add/feedback": cloud_bodies.AddFeedbackBody,
        "get/status": cloud_bodies.GetStatusBody,
    }
    return {name: set(model.model_fields) for name, model in models.items()}


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
