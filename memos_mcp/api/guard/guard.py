"""The guard before every route: Host, Origin, token, rate, content type, size of the body.

A web page that the user visits can send requests to this machine, and by rebinding its own name to our address it
could read the answers: the Host it was told to use gives it away. There is no CORS, so no page may read anything.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from memos_mcp import __version__
from memos_mcp.api.contract.envelope import refusal_at
from memos_mcp.api.guard.page_sessions import PageSessions
from memos_mcp.api.guard.rate import Counting
from memos_mcp.api.guard.request_body import LARGEST_BODY, LARGEST_FORM, bounded, whole_body
from memos_mcp.api.guard.slow_requests import MOST, PATIENCE
from memos_mcp.api.guard.tokens import Grant, Tokens
from memos_mcp.api.monitoring.audit import Audit, address_of
from memos_mcp.api.monitoring.health import PROBES
from memos_mcp.api.monitoring.metrics import is_own_reader
from memos_mcp.api.page_files import is_public
from memos_mcp.core.errors import Forbidden, InvalidRequest, MemosError, NotFound, RateLimited, Unauthorised
from memos_mcp.core.models import ENGINE_HEADER

if TYPE_CHECKING:
    from memos_mcp.api.signin.routes import SignIn

FILE_ROUTES: Final = frozenset({"/api/v1/import", "/api/v1/import/job"})
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_AUTHORITY = re.compile(r"[^\s@#?/\\,]+")
"""A Host header is a name or an address and a port, with nothing else that a reader of addresses could split at."""

_SIGN_IN = ("/.well-known/oauth-", "/.well-known/openid-configuration", "/register")
"""Where clients look for a sign-in, which there is not: told that it is there but closed, they try to register."""

_SCHEMES = ("bearer ", "token ")

_OTHER_TYPES: Final = {
    (True, False): "application/octet-stream",
    (False, True): "application/x-www-form-urlencoded",
    (False, False): "application/json",
}
"""What may be posted beside JSON, to the routes of files and to the sign-in."""

MISSING: Final = 40100
"""The code of a call without a token."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names by which this server may be called.

    `any_address` also takes every address in digits: a name can be made to point here by others, an address cannot.
    """

    names: Collection[str] = LOOPBACK_NAMES
    any_address: bool = False

    def accept(self, authority: str) -> bool:
        """Whether a Host header, with or without a port, is one of ours."""
        if not _AUTHORITY.fullmatch(authority):
            return False
        try:
            name = urlsplit(f"//{authority}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (self.any_address and is_address(name))


def is_address(name: str) -> bool:
    """Whether a name is an address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Hosts,
        tokens: Tokens,
        rate: Counting | None,
        visits: PageSessions | None = None,
        is_closed: bool = False,
        patience: float = PATIENCE,
        audit: Audit | None = None,
        sign_in: "SignIn | None" = None,
    ) -> None:
        """Take the app; without tokens there is neither authorisation nor a rate, unless only visits are let in.

        A body has `patience` seconds for each of its pieces.
        """
        self._app = app
        self._hosts = hosts
        self._tokens = tokens
        self._rate = rate
        self._patience = patience
        self._reading: dict[anyio.CancelScope, None] = {}
        self._visits = visits or PageSessions()
        self._is_closed = is_closed
        self._audit = audit or Audit()
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, and pass it on with its user, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_origin(headers)
            is_sign_in = self._sign_in is not None and self._sign_in.covers(scope["path"])
            if self._sign_in is not None and is_sign_in:
                await self._sign_in.check_rate(address_of(scope))
            elif (grant := self._enter(scope, headers)) is not None:
                await self._check_rate(grant.name)
                scope["user"] = _user(grant)
            is_file = scope["method"] == "POST" and scope["path"] in FILE_ROUTES
            _check_content_type(scope["method"], headers, also=_OTHER_TYPES[is_file, is_sign_in])
            is_anybody = "user" not in scope and bool(self._tokens or self._sign_in)
            most = LARGEST_FORM if is_anybody else LARGEST_BODY
            received = bounded(receive) if is_file else await self._received(headers, receive, most=most)
        except MemosError as exc:
            if isinstance(exc, Unauthorised) and exc.code != MISSING:
                self._audit.note(
                    "token_refused", client=address_of(scope), path=quote(scope["path"][:200]), code=exc.code
                )
            await self._refuse(exc, scope["path"])(scope, receive, send)
            return
        if received is not None:
            scope["path"] = _single_slashes(scope["path"])
            is_probe = scope["path"] in PROBES
            with self._visits.during():
                await self._app(scope, received, send if is_probe else _announced(send))

    def _check_origin(self, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if len(headers.getlist("host")) != 1 or not self._hosts.accept(host):
            raise _WrongHost(
                "This server does not go by the name in the Host header: call it by its address, or start it with "
                "--name and that name (with --url, where users sign in)."
            )
        if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
            raise Forbidden("Web pages of other origins may not call this server.", code=40103)

    def _enter(self, scope: Scope, headers: Headers) -> Grant | None:
        """Return what the caller may do; None for what is open, or where there is nobody to tell apart."""
        if scope["path"].startswith(_SIGN_IN):
            raise NotFound("There is no sign-in here: a token goes into the header `Authorization: Bearer TOKEN`.")
        if is_public(scope["path"]) or scope["path"] in PROBES or is_own_reader(scope, headers):
            return None
        visit = self._visits.of(headers)
        if visit is not None:
            return Grant(visit.name, visit.user_id)
        if self._is_closed:
            raise Unauthorised("Only the page is let in here: run `memos-mcp open`.")
        return self._by_token(headers) if self._tokens or self._sign_in else None

    def _by_token(self, headers: Headers) -> Grant:
        shown = headers.get("authorization", "")
        if not shown.lower().startswith(_SCHEMES):
            raise Unauthorised("The token is missing: send the header `Authorization: Bearer TOKEN`.", code=MISSING)
        token = shown.partition(" ")[2].strip()
        grant = self._tokens.grant(token) or (self._sign_in and self._sign_in.grant(token))
        if grant is None:
            raise Unauthorised("The token is not known here: check it.")
        return grant

    async def _check_rate(self, name: str) -> None:
        wait = None if self._rate is None else await self._rate.exceeded(name)
        if wait is not None:
            raise RateLimited(f"Too many calls with this token: wait {wait:.0f} seconds.", retry_after=wait)

    async def _received(self, headers: Headers, receive: Receive, *, most: int) -> Receive | None:
        """Read a body; of too many that are only half sent, the one that has waited longest goes."""
        with anyio.CancelScope() as reading:
            self._reading[reading] = None
            if len(self._reading) > MOST:
                longest = next(iter(self._reading))
                del self._reading[longest]
                longest.cancel()
            try:
                return await whole_body(headers, receive, most=most, patience=self._patience)
            finally:
                self._reading.pop(reading, None)
        raise RateLimited("Too many requests are only half sent: try again in a moment.", retry_after=1)

    def _refuse(self, error: MemosError, path: str) -> Response:
        response = refusal_at(path, error)
        if error.status == HTTPStatus.UNAUTHORIZED:
            was_shown = error.code != MISSING
            challenge = self._sign_in.challenge(path, was_shown=was_shown) if self._sign_in else "Bearer"
            response.headers["www-authenticate"] = challenge
        response.headers[ENGINE_HEADER] = __version__
        return response


class _WrongHost(InvalidRequest):
    status = HTTPStatus.MISDIRECTED_REQUEST


def _user(grant: Grant) -> AuthenticatedUser:
    """Say who is calling, in the way that the MCP transports read; they bind a session to it."""
    return AuthenticatedUser(
        AccessToken(token=grant.name, client_id=grant.name, scopes=["memory"], subject=grant.user_id)
    )


def _check_content_type(method: str, headers: Headers, *, also: str) -> None:
    """Refuse what a web page can send without being asked: a form, unless it has a header that no page can set."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and headers.get("authorization"):
        return
    if kind == also:
        return
    if method == "POST" and kind != "application/json":
        raise InvalidRequest("The body must be JSON: send the header `Content-Type: application/json`.")


def _single_slashes(path: str) -> str:
    """A base URL with a slash at its end makes two of the one before the endpoint."""
    while "//" in path:
        path = path.replace("//", "/")
    return path


def _announced(send: Send) -> Send:
    """Say in every answer that this is an engine of ours."""

    async def announce(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[ENGINE_HEADER] = __version__
        await send(message)

    return announce
