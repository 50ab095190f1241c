"""Who signs in, from an OpenID provider: authorization code with PKCE, and an ID token that is checked."""

import base64
import hashlib
import hmac
import secrets
import time
from http import HTTPStatus
from typing import Any, Final, Literal, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import jwt
from anyio.to_thread import run_sync

from memos_mcp.api.guard.tokens import ANY_USER, LONGEST_USER
from memos_mcp.api.signin.clients import LOOPBACK_NAMES, PATIENCE
from memos_mcp.api.signin.provider import PENDING_LASTS
from memos_mcp.core.errors import ConfigurationError, Forbidden, Unavailable

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""By which an ID token may be signed: those with a public key of the provider."""

SKEW: Final = 60
"""Seconds by which the clocks of the two may differ."""

DISCOVERY: Final = "/.well-known/openid-configuration"
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
Use = Literal["return", "consent"]

REQUIRED: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")


class OpenIdProvider:
    """Sends a browser to the provider, and learns from what comes back who its user is."""

    def __init__(self, issuer: str, *, client_id: str, secret: str, claim: str, callback: str) -> None:
        """Take the provider's address, what it knows this server by, and the claim that names the user.

        `callback` is where the provider sends the browser back; it is asked nothing before it is needed.

        Raises:
            ConfigurationError: the address is not one that only the provider can answer at, or there is no client id.
        """
        if not _is_safe(issuer) or not client_id:
            raise ConfigurationError(
                "MEMOS_OIDC_ISSUER is the https address of an OpenID provider (http only on this machine), and needs "
                "MEMOS_OIDC_CLIENT_ID."
            )
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._claim = claim
        self._callback = callback
        self._seal = secrets.token_bytes(32)
        self._metadata: dict[str, Any] = {}
        self._keys: jwt.PyJWKClient | None = None

    async def begin(self, request: str) -> tuple[str, str, str]:
        """Return the address that the browser is sent to, its `state`, and what its cookie keeps until it is back.

        Raises:
            Unavailable: the provider does not answer, or not as one.
        """
        metadata = await self._discovered()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        address = metadata["authorization_endpoint"]
        joined = f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
        return joined, state, self.sealed("return", request=request, state=state, nonce=nonce, verifier=verifier)

    async def user(self, kept: dict[str, str], answered: dict[str, str]) -> str:
        """Return the user of whom the provider's answer speaks, where it answers what this browser asked.

        Raises:
            Forbidden: it does not, or the provider or its ID token says no.
            Unavailable: the provider does not answer.
        """
        if not hmac.compare_digest(kept["state"], answered.get("state", "")):
            raise Forbidden("This is not the answer to what this browser asked.")
        if answered.get("iss", self._issuer) != self._issuer or not answered.get("code"):
            raise Forbidden("The sign-in at the OpenID provider was refused or ended.")
        token = await self._token(code=answered["code"], verifier=kept["verifier"])
        try:
            claims = await run_sync(self._checked, token)
        except jwt.PyJWKClientConnectionError as exc:
            raise Unavailable("The keys of the OpenID provider cannot be read; try again later.") from exc
        except jwt.PyJWTError as exc:
            raise Forbidden(f"The ID token of the OpenID provider is not valid ({type(exc).__name__}).") from exc
        if not hmac.compare_digest(str(claims["nonce"]), kept["nonce"]):
            raise Forbidden("The ID token of the OpenID provider is of another sign-in.")
        return self._named(claims)

    def sealed(self, use: Use, **kept: str) -> str:
        """Return what a browser may keep for this process, for one use, and cannot change."""
        return jwt.encode({**kept, "aud": use, "exp": time.time() + PENDING_LASTS}, self._seal, "HS256")

    def opened(self, use: Use, sealed: str) -> dict[str, str]:
        """Return what was sealed; nothing where it was not, or for another use, or too long ago."""
        try:
            return jwt.decode(sealed, self._seal, ["HS256"], audience=use)
        except jwt.PyJWTError:
            return {}

    def _named(self, claims: dict[str, Any]) -> str:
        user = claims.get(self._claim)
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise Forbidden("The OpenID provider has not verified the email address.")
        if not isinstance(user, str) or not user.strip() or not user.isprintable() or user == ANY_USER:
            raise Forbidden(f"The ID token of the OpenID provider names no user as {self._claim}.")
        if len(user) > LONGEST_USER:
            raise Forbidden(f"The OpenID provider's name of the user is longer than {LONGEST_USER} characters.")
        return user.strip()

    def _checked(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            self._key(token),
            ALGORITHMS,
            audience=self._client_id,
            issuer=self._issuer,
            leeway=SKEW,
            options={"require": [*REQUIRED]},
        )
        if claims.get("azp", self._client_id) != self._client_id:
            raise jwt.InvalidAudienceError("authorized for another client")
        return claims

    def _key(self, token: str) -> jwt.PyJWK:
        if self._keys is None:
            self._keys = jwt.PyJWKClient(self._metadata["jwks_uri"], timeout=PATIENCE)
        if "kid" in jwt.get_unverified_header(token):
            return self._keys.get_signing_key_from_jwt(token)
        only, *more = self._keys.get_jwk_set().keys
        if more:
            raise jwt.InvalidKeyError("which of several keys has signed is not said")
        return only

    async def _token(self, *, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
            "client_id": self._client_id,
        }
        metadata, auth = await self._discovered(), None
        if "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = httpx.BasicAuth(quote_plus(self._client_id), quote_plus(self._secret)) if self._secret else None
        elif self._secret:
            form["client_secret"] = self._secret
        answer = await _asked("POST", metadata["token_endpoint"], data=form, auth=auth)
        return str(answer.get("id_token", ""))

    async def _discovered(self) -> dict[str, Any]:
        if not self._metadata:
            found = await _asked("GET", f"{self._issuer.rstrip('/')}{DISCOVERY}")
            if found.get("issuer") != self._issuer or not all(_is_safe(found.get(name)) for name in ENDPOINTS):
                raise Unavailable("The OpenID provider describes itself as another, or has addresses without https.")
            self._metadata = found
        return self._metadata


async def _asked(method: str, address: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - what httpx takes
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.request(method, address, **given)
            found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
        raise Unavailable("The OpenID provider cannot be reached; try again later.") from exc
    if answer.status_code == HTTPStatus.OK and isinstance(found, dict):
        return cast("dict[str, Any]", found)
    raise Forbidden("The OpenID provider refused to answer; its logs say why.")


def _is_safe(address: object) -> bool:
    """Say whether nobody can read or change what is said to an address on its way."""
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES)
    )
