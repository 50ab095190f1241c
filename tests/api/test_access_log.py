"""The access log: a line a request, with what an operator needs and nothing that was said."""

import json

from starlette.responses import Response

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.api.monitoring.access_log import AccessLog, Form
from tests.api.engine import REST, client_of
from tests.fakes.memory_backend import ListBackend


async def lines(form: Form) -> list[str]:
    written: list[str] = []
    app = build_app(ListBackend(), user_id="u", tokens=Tokens([("a-token", "an na"), ("b-token", "*")]))
    async with client_of(AccessLog(app, form=form, write=written.append)) as client:
        for token in ("a-token", "b-token", "wrong-token"):
            body = {"messages": "A secret.", "user_id": "an na"}
            await client.post(f"{REST}/add/message?q=hidden", json=body, headers={"authorization": f"Bearer {token}"})
        await client.get("/a%0Ab%20c")
    return written


async def test_json_lines_name_user_path_status_and_seconds() -> None:
    found = [json.loads(line) for line in await lines("json")]

    assert [(one["user_id"], one["method"], one["path"], one["status"]) for one in found] == [
        ("an na", "POST", f"{REST}/add/message", 200),
        ("*", "POST", f"{REST}/add/message", 200),
        ("", "POST", f"{REST}/add/message", 401),
        ("", "GET", "/a%0Ab%20c", 401),
    ]
    assert all(one["seconds"] >= 0 and one["client"] == "127.0.0.1" for one in found)


async def test_a_line_of_text_stays_one_line_and_holds_no_secret() -> None:
    written = await lines("text")

    assert written[0].split()[2:6] == ["an%20na", "POST", f"{REST}/add/message", "200"]
    assert all(len(line.split()) == 7 and "\n" not in line for line in written)
    assert not any(hidden in "".join(written) for hidden in ("A secret", "a-token", "wrong-token", "hidden"))


async def test_a_request_that_fails_inside_is_logged_as_failed() -> None:
    written: list[str] = []

    async def failing(*_: object) -> Response:
        raise RuntimeError

    async with client_of(AccessLog(failing, form="json", write=written.append)) as client:  # type: ignore[arg-type]
        await client.get("/x")

    assert json.loads(written[0])["status"] == 500
