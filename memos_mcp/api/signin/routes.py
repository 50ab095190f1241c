"""The sign-in as a server has it: its routes, and what the guard asks of it."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import anyio
from anyio.to_thread import run_sync
from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.metadata import MetadataHandler, ProtectedResourceMetadataHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import AuthenticationError, ClientAuthenticator
from mcp.server.auth.settings import ClientRegistrationOptions
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from memos_mcp.api.guard.rate import Rate
from memos_mcp.api.guard.tokens import LONGEST_USER, Grant
from memos_mcp.api.monitoring.audit import Audit, address_of
from memos_mcp.api.signin import consent_page, passwords
from memos_mcp.api.signin.accounts import Accounts
from memos_mcp.api.signin.clients import SCOPE, Documents
from memos_mcp.api.signin.provider import PendingSignIn, Provider
from memos_mcp.core.errors import MemosError, RateLimited

if TYPE_CHECKING:
    from memos_mcp.api.signin.upstream import OpenIdProvider

PAGE: Final = "/authorize/sign-in"
CALLBACK: Final = "/authorize/callback"
RESOURCES: Final = ("", "/mcp", "/sse")
RESOURCE_METADATA: Final = "/.well-known/oauth-protected-resource"
COOKIE: Final = "memos_sign_in_"

ATTEMPTS: Final = "10 per minute"
"""Passwords that may be tried from one address until one is right."""

ATTEMPTS_OF_A_USER: Final = "30 per minute"
"""Passwords of one user that may be tried from anywhere: more, for a stranger can use them up."""

CALLS: Final = "600 per minute"
"""Calls of the sign-in from one address, which need no token."""

AT_ONCE: Final = 2
"""Passwords that are looked at at a time: each takes 32 MB and a tenth of a second of a processor."""

GONE = "This sign-in is no longer open: begin again in the application that sent you here."
WRONG = "User or password are not right."
WAIT = "Too many attempts: wait a minute, then try again."

_METHODS = ["client_secret_post", "none"]


class SignIn:
    """Lets clients in for the users of this server; `issuer` is the address by which they call it."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        issuer: str,
        audit: Audit,
        attempts: str = ATTEMPTS,
        upstream: "OpenIdProvider | None" = None,
    ) -> None:
        """Take the accounts, the address without a slash at its end, and the audit log.

        With `upstream` its users sign in there, and no passwords are asked for here.
        """
        self._upstream = upstream
        self._issuer = issuer
        self._audit = audit
        self._accounts = accounts
        self._is_secure = issuer.startswith("https://")
        self._provider = Provider(accounts, Documents(local_too=not self._is_secure), issuer=issuer)
        self._attempts = Rate(attempts)
        self._attempts_of_a_user = Rate(ATTEMPTS_OF_A_USER)
        self._calls = Rate(CALLS)
        self._looking = anyio.CapacityLimiter(AT_ONCE)
        self._paths = frozenset(route.path for route in self.routes())

    def covers(self, path: str) -> bool:
        """Whether a path is one of the sign-in's, which need no token."""
        return path in self._paths or path.startswith("/.well-known/")

    async def check_rate(self, address: str) -> None:
        """Count a call, which needs no token.

        Raises:
            RateLimited: it is one too many.
        """
        wait = await self._calls.exceeded(address)
        if wait is not None:
            raise RateLimited(f"Too many calls from this address: wait {wait:.0f} seconds.", retry_after=wait)

    def grant(self, token: str) -> Grant | None:
        """Return what an access token allows."""
        found = self._accounts.secret("access", token)
        return found and Grant(found.consent.id, found.consent.user)

    def challenge(self, path: str, *, was_shown: bool) -> str:
        """Return what tells a client without a good token where it gets one."""
        of = path if path in RESOURCES else ""
        error = 'error="invalid_token", ' if was_shown else ""
        return f'Bearer {error}scope="{SCOPE}", resource_metadata="{self._issuer}{RESOURCE_METADATA}{of}"'

    def routes(self) -> list[Route]:
        """Return the routes, those of the SDK and the page."""
        client = ClientAuthenticator(self._provider)
        registration = RegistrationHandler(
            self._provider, ClientRegistrationOptions(enabled=True, default_scopes=[SCOPE])
        )
        return [
            *(_route(f"{RESOURCE_METADATA}{of}", self._resource(of).handle, "GET") for of in RESOURCES),
            _route("/.well-known/oauth-authorization-server", MetadataHandler(self._metadata()).handle, "GET"),
            _route("/register", registration.handle, "POST"),
            _route("/authorize", AuthorizationHandler(self._provider).handle, "GET", "POST"),
            _route("/token", TokenHandler(self._provider, client).handle, "POST"),
            _route("/revoke", partial(self._revoke, client), "POST"),
            _route(PAGE, self._show, "GET"),
            _route(PAGE, self._decide, "POST"),
            *([_route(CALLBACK, partial(self._returned, self._upstream), "GET")] if self._upstream else ()),
        ]

    def _resource(self, of: str) -> ProtectedResourceMetadataHandler:
        return ProtectedResourceMetadataHandler(
            ProtectedResourceMetadata.model_validate(
                {
                    "resource": f"{self._issuer}{of}",
                    "authorization_servers": [self._issuer],
                    "scopes_supported": [SCOPE],
                    "resource_name": "memos-mcp",
                }
            )
        )

    def _metadata(self) -> OAuthMetadata:
        return OAuthMetadata.model_validate(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "registration_endpoint": f"{self._issuer}/register",
                "revocation_endpoint": f"{self._issuer}/revoke",
                "scopes_supported": [SCOPE],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": _METHODS,
                "revocation_endpoint_auth_methods_supported": _METHODS,
                "code_challenge_methods_supported": ["S256"],
                "client_id_metadata_document_supported": True,
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _revoke(self, authenticator: ClientAuthenticator, request: Request) -> Response:
        """Take back what a token came of (RFC 7009); the SDK's own route wants a secret of clients that have none."""
        try:
            client = await authenticator.authenticate_request(request)
        except AuthenticationError as exc:
            refused = {"error": "invalid_client", "error_description": exc.message}
            return JSONResponse(refused, HTTPStatus.UNAUTHORIZED)
        token = (await request.form()).get("token")
        for kind in ("refresh", "access"):
            found = self._accounts.secret(kind, token) if isinstance(token, str) else None
            if found is not None and found.consent.client == client.client_id:
                self._accounts.revoke(found.consent.id)
        return Response(headers={"cache-control": "no-store"})

    async def _show(self, request: Request) -> Response:
        """Show the page, or send the browser to where its user signs in."""
        asked = request.query_params.get("request", "")
        waiting = self._provider.pending(asked)
        if waiting is None:
            return consent_page.sentence(GONE, status=HTTPStatus.GONE)
        if self._upstream is None:
            return self._form(waiting, asked)
        try:
            address, state, kept = await self._upstream.begin(asked)
        except MemosError as exc:
            return consent_page.sentence(str(exc), status=HTTPStatus.BAD_GATEWAY)
        response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        # Lax: the provider sends the browser back from another site.
        response.set_cookie(
            _cookie(state), kept, path=CALLBACK, httponly=True, samesite="lax", secure=self._is_secure, max_age=600
        )
        return response

    async def _returned(self, upstream: "OpenIdProvider", request: Request) -> Response:
        """Take what the provider says, and ask its user whether the client may."""
        answered = dict(request.query_params)
        kept = upstream.opened("return", request.cookies.get(_cookie(answered.get("state", "")), ""))
        asked = kept.get("request", "")
        waiting = self._provider.pending(asked)
        if waiting is None:
            return consent_page.sentence(GONE, status=HTTPStatus.GONE)
        try:
            user = await upstream.user(kept, answered)
        except MemosError as exc:
            address, client = address_of(request.scope), waiting.client.client_id
            self._audit.note("sign_in_refused", client=address, application=client, reason=str(exc))
            return consent_page.sentence(str(exc), status=HTTPStatus.FORBIDDEN)
        return self._form(waiting, asked, proof=upstream.sealed("consent", request=asked, user=user), user=user)

    def _form(
        self, waiting: PendingSignIn, asked: str, *, wrong: str = "", status: int = 200, proof: str = "", user: str = ""
    ) -> Response:
        """Show the page; the cookie ties its form to the browser that it was shown in."""
        proof = proof or secrets.token_urlsafe(32)
        response = consent_page.form(
            waiting, request=asked, proof=proof, action=PAGE, wrong=wrong, status=status, user=user
        )
        response.set_cookie(_cookie(asked), proof, path=PAGE, httponly=True, samesite="strict", secure=self._is_secure)
        return response

    async def _decide(self, request: Request) -> Response:
        """Sign the user in, and send the client back with a code; or without one, where the user says no."""
        fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        asked = fields.get("request", "")
        waiting = self._provider.pending(asked)
        proof = fields.get("proof", "")
        if waiting is None or not proof or not hmac.compare_digest(proof, request.cookies.get(_cookie(asked), "")):
            return consent_page.sentence(GONE, status=HTTPStatus.GONE)
        if fields.get("decision") != "allow":
            return RedirectResponse(self._provider.denied(asked), HTTPStatus.SEE_OTHER)
        if self._upstream is None:
            return await self._with_password(request, waiting, fields)
        known = self._upstream.opened("consent", proof)
        if known.get("request") != asked:
            return consent_page.sentence(GONE, status=HTTPStatus.GONE)
        self._accounts.admit(known["user"])
        return self._let_in(request, waiting, asked, known["user"])

    async def _with_password(self, request: Request, waiting: PendingSignIn, fields: dict[str, str]) -> Response:
        asked = fields["request"]
        user, client = fields.get("user", "").strip()[:LONGEST_USER], waiting.client.client_id
        address = address_of(request.scope)
        if await self._is_too_often(address, user):
            self._audit.note("sign_in_refused", client=address, application=client, reason="too often")
            return self._form(waiting, asked, wrong=WAIT, status=HTTPStatus.TOO_MANY_REQUESTS)
        kept = self._accounts.password(user)
        is_right = await run_sync(
            passwords.matches, fields.get("password", ""), kept or passwords.NOBODYS, limiter=self._looking
        )
        if not (is_right and kept):
            # An unknown user may be a password that was typed into the wrong field.
            self._audit.note("sign_in_refused", client=address, application=client, user_id=user if kept else "")
            return self._form(waiting, asked, wrong=WRONG, status=HTTPStatus.FORBIDDEN)
        if self._provider.pending(asked) is None:
            return consent_page.sentence(GONE, status=HTTPStatus.GONE)
        await self._attempts.forget(address)
        await self._attempts_of_a_user.forget(user)
        return self._let_in(request, waiting, asked, user)

    def _let_in(self, request: Request, waiting: PendingSignIn, asked: str, user: str) -> Response:
        address, client = address_of(request.scope), waiting.client.client_id
        self._audit.note("sign_in", client=address, application=client, user_id=user)
        return RedirectResponse(self._provider.allowed(asked, user), HTTPStatus.SEE_OTHER)

    async def _is_too_often(self, address: str, user: str) -> bool:
        counted = (await self._attempts.exceeded(address), await self._attempts_of_a_user.exceeded(user))
        return any(wait is not None for wait in counted)


def _cookie(asked: str) -> str:
    """Return the name of the cookie of one sign-in: several may be open in a browser."""
    return COOKIE + asked[:8]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    return Route(path, endpoint, methods=[*methods], include_in_schema=False)
