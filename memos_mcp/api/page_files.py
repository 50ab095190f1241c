"""The page's files, and its door: what tells who is let in, and lets in."""

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Final

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from memos_mcp.api.contract.base_body import Body
from memos_mcp.api.contract.envelope import json_response, problem
from memos_mcp.api.contract.parsing import parse
from memos_mcp.api.guard.page_sessions import PageSession, PageSessions, cookie_name
from memos_mcp.api.guard.rate import Rate
from memos_mcp.api.guard.tokens import Tokens
from memos_mcp.core.errors import InvalidRequest, MemosError, NotFound, RateLimited, Unauthorised

TRIES: Final = "20 per minute"
"""How often an address may try to sign in."""

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}

_Secret = Annotated[str, StringConstraints(max_length=1_000)]


class SignInBody(Body):
    """The secret of a link, or a token; a token that may act for any user comes with one."""

    link: _Secret = ""
    token: _Secret = ""


class Page:
    """The routes of the page. Where it `is_closed`, a link is the only way in, even without tokens."""

    def __init__(self, visits: PageSessions, *, tokens: Tokens, user_id: str, is_closed: bool) -> None:
        """Take who is let in, and the user of a page that is open to all."""
        self._visits = visits
        self._tokens = tokens
        self._user_id = user_id
        self._is_closed = is_closed
        self._tries = Rate(TRIES)
        self._files = dict(_read(files("memos_mcp") / "page", ""))

    def routes(self) -> list[Route]:
        """Return the routes; of these only `sign-out` asks who is there."""
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/page/{path:path}", self.file, methods=["GET"]),
            Route("/sign-in", self.way_in, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def index(self, request: Request) -> Response:
        """Return the page."""
        return self._file(request, "index.html")

    async def file(self, request: Request) -> Response:
        """Return a file of the page."""
        return self._file(request, request.path_params["path"])

    def _file(self, request: Request, path: str) -> Response:
        if path not in self._files:
            return problem(NotFound("The page has no such file."))
        content, tag = self._files[path]
        headers = _HEADERS | {"etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_TYPES[path.rpartition(".")[2]], headers=headers)

    async def way_in(self, request: Request) -> Response:
        """Say whether whoever asks is let in, and how else one is."""
        visit = self._visits.of(request.headers)
        if visit is not None:
            return json_response(self._way_of(visit))
        if self._tokens:
            return json_response({"signed_in": False, "way": "token"})
        if self._is_closed:
            return json_response({"signed_in": False, "way": "link"})
        return json_response({"signed_in": True, "way": "open", "user_id": self._user_id, "at_machine": True})

    def _way_of(self, visit: PageSession) -> dict[str, object]:
        at_machine = self._is_closed and visit.user_id == self._user_id
        return {"signed_in": True, "way": "visit", "user_id": visit.user_id, "at_machine": at_machine}

    async def sign_in(self, request: Request) -> Response:
        """Let in who has a link or a token: the answer sets the cookie and has the token of the page."""
        try:
            body, _ = await parse(request, SignInBody)
            address = request.client.host if request.client else ""
            if (wait := await self._tries.exceeded(address)) is not None:
                raise RateLimited(f"Too many tries: wait {wait:.0f} seconds.", retry_after=wait)
            visit = self._visits.open(body.link) if body.link else self._by_token(body)
            if visit is None:
                raise Unauthorised("This link was used already or is too old. Run `memos-mcp open` for a new one.")
        except MemosError as exc:
            return problem(exc)
        response = json_response(self._way_of(visit) | {"page_token": visit.page_token})
        response.set_cookie(
            cookie_name(request.headers),
            visit.key,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("origin", "").startswith("https:"),
        )
        return response

    def _by_token(self, body: SignInBody) -> PageSession:
        grant = self._tokens.grant(body.token)
        if grant is None:
            raise Unauthorised("This token is not known here: check it.")
        if grant.user_id is None and body.user_id is None:
            raise InvalidRequest("This token may act for any user: say whose memory to show.", code=40002)
        if grant.user_id is not None and body.user_id not in (None, grant.user_id):
            raise Unauthorised("This token is for another user alone.")
        return self._visits.begin(grant.user_id or body.user_id or "")

    async def sign_out(self, request: Request) -> Response:
        """Let nobody in by this cookie any more."""
        visit = self._visits.of(request.headers)
        if visit is not None:
            self._visits.end(visit)
        response = json_response({"signed_in": False})
        response.delete_cookie(cookie_name(request.headers), httponly=True, samesite="strict")
        return response


def is_public(path: str) -> bool:
    """Say whether a path shows nothing of anybody's: the page without what it shows, and its door."""
    return path in {"/", "/sign-in"} or path.startswith("/page/")


def _read(folder: Traversable, prefix: str) -> list[tuple[str, tuple[bytes, str]]]:
    found: list[tuple[str, tuple[bytes, str]]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _read(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            content = entry.read_bytes()
            found.append((prefix + entry.name, (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')))
    return found
