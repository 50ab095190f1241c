"""The authorization server behind the SDK's routes: who may sign a client in, and the tokens that come of it."""

import json
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    RegistrationError,
    TokenError,
    construct_redirect_uri,
)
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from pydantic import AnyUrl

from memos_mcp.api.signin.accounts import Accounts, Consent, now
from memos_mcp.api.signin.clients import SCOPE, Client, Documents, wrong_redirect

CODE_LASTS: Final = 300  # seconds; OAuth asks for 600 at most
ACCESS_LASTS: Final = 3_600  # seconds
REFRESH_LASTS: Final = 30 * 86_400
PENDING_LASTS: Final = 600  # seconds
MOST_PENDING: Final = 1_000

GRACE: Final = 60
"""Seconds for which a refresh token may be shown again: an answer gets lost, or two processes of a client share it."""

LONGEST_METADATA: Final = 20_000


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A client that waits for its user to sign in."""

    client: Client
    params: AuthorizationParams
    until: float


class Provider(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Codes and tokens over the accounts."""

    def __init__(self, accounts: Accounts, documents: Documents, *, issuer: str) -> None:
        self.accounts = accounts
        self._documents = documents
        self._issuer = issuer
        self._pending: OrderedDict[str, PendingSignIn] = OrderedDict()

    async def get_client(self, client_id: str) -> Client | None:
        """Return a client that registered, or one whose document says who it is."""
        metadata = self.accounts.client(client_id)
        if metadata is not None:
            return Client.model_validate_json(metadata)
        return await self._documents.client(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        """Keep a client that registers."""
        if wrong := wrong_redirect(client_info):
            raise RegistrationError("invalid_redirect_uri", wrong)
        metadata = client_info.model_dump_json(exclude_none=True)
        if len(metadata) > LONGEST_METADATA:
            raise RegistrationError("invalid_client_metadata", f"longer than {LONGEST_METADATA} characters")
        if client_info.token_endpoint_auth_method == "client_secret_basic":  # noqa: S105 - the name of a method
            # The SDK's routes want the client's id in the body too, which clients that use this do not send.
            client_info.token_endpoint_auth_method = "client_secret_post"  # noqa: S105
            metadata = client_info.model_dump_json(exclude_none=True)
        self.accounts.put_client(client_info.client_id, metadata)

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        """Return the page on which the user signs in."""
        if params.resource and not self._is_ours(params.resource):
            raise AuthorizeError("invalid_target", f"the resource is not {self._issuer}")
        request = secrets.token_urlsafe(32)
        known = Client.model_validate(client.model_dump())
        self._pending[request] = PendingSignIn(known, params, time.monotonic() + PENDING_LASTS)
        while len(self._pending) > MOST_PENDING:
            self._pending.popitem(last=False)
        return f"{self._issuer}/authorize/sign-in?request={request}"

    def pending(self, request: str) -> PendingSignIn | None:
        """Return who waits; None where that was too long ago."""
        found = self._pending.get(request)
        return found if found is not None and found.until > time.monotonic() else None

    def denied(self, request: str) -> str:
        """Send the client back without a code."""
        waiting = self._pending.pop(request)
        return self._back(waiting, error="access_denied", error_description="The user said no.")

    def allowed(self, request: str, user: str) -> str:
        """Send the client back with a code for the memory of a user."""
        waiting = self._pending.pop(request)
        params = waiting.params
        consent = self.accounts.grant(client=waiting.client.client_id, user=user, resource=params.resource)
        details = {
            "code_challenge": params.code_challenge,
            "redirect_uri": str(params.redirect_uri),
            "redirect_uri_provided_explicitly": params.redirect_uri_provided_explicitly,
        }
        code = self.accounts.issue("code", consent.id, seconds=CODE_LASTS, details=json.dumps(details))
        return self._back(waiting, code=code)

    def _back(self, waiting: PendingSignIn, **answer: str) -> str:
        address = str(waiting.params.redirect_uri)
        return construct_redirect_uri(address, **answer, state=waiting.params.state, iss=self._issuer)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        """Return a code; one that is shown twice was stolen from somebody, so all that came of it ends."""
        found = self.accounts.secret("code", authorization_code)
        if found is None or found.consent.client != client.client_id:
            return None
        if found.used is not None:
            self.accounts.revoke(found.consent.id)
            return None
        details = json.loads(found.details)
        return AuthorizationCode(
            code=authorization_code,
            scopes=[SCOPE],
            expires_at=found.expires,
            client_id=found.consent.client,
            code_challenge=details["code_challenge"],
            redirect_uri=AnyUrl(details["redirect_uri"]),
            redirect_uri_provided_explicitly=details["redirect_uri_provided_explicitly"],
            resource=found.consent.resource,
            subject=found.consent.user,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        """Return tokens for a code, once."""
        found = self.accounts.secret("code", authorization_code.code)
        if found is None or not self.accounts.use("code", authorization_code.code):
            raise TokenError("invalid_grant", "authorization code does not exist")
        return self._tokens(found.consent)

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        """Return a refresh token; one that was exchanged a while ago was stolen, so all that came of it ends."""
        found = self.accounts.secret("refresh", refresh_token)
        if found is None or found.consent.client != client.client_id:
            return None
        if found.used is not None and now() - found.used > GRACE:
            self.accounts.revoke(found.consent.id)
            return None
        return RefreshToken(
            token=refresh_token,
            client_id=found.consent.client,
            scopes=[SCOPE],
            expires_at=found.expires,
            resource=found.consent.resource,
            subject=found.consent.user,
        )

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        """Return new tokens for a refresh token."""
        found = self.accounts.secret("refresh", refresh_token.token)
        if found is None:
            raise TokenError("invalid_grant", "refresh token does not exist")
        self.accounts.use("refresh", refresh_token.token)
        return self._tokens(found.consent)

    def _tokens(self, consent: Consent) -> OAuthToken:
        return OAuthToken(
            access_token=self.accounts.issue("access", consent.id, seconds=ACCESS_LASTS),
            refresh_token=self.accounts.issue("refresh", consent.id, seconds=REFRESH_LASTS),
            expires_in=ACCESS_LASTS,
            scope=SCOPE,
        )

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Return what an access token allows."""
        found = self.accounts.secret("access", token)
        if found is None:
            return None
        consent = found.consent
        return AccessToken(
            token=consent.id,
            client_id=consent.client,
            scopes=[SCOPE],
            expires_at=found.expires,
            resource=consent.resource,
            subject=consent.user,
        )

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        """Take back what was granted, with every token of it."""
        found = self.accounts.secret("refresh", token.token) if isinstance(token, RefreshToken) else None
        self.accounts.revoke(found.consent.id if found else token.token)

    def _is_ours(self, resource: str) -> bool:
        return resource.rstrip("/") == self._issuer or resource.startswith(f"{self._issuer}/")
