"""The clients of the sign-in: those that registered, and those whose id is the address of a document about them."""

import ipaddress
import re
import socket
import time
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import anyio
import httpx
from mcp.shared.auth import InvalidRedirectUriError, OAuthClientInformationFull, OAuthClientMetadata
from pydantic import AnyUrl, BaseModel

SCOPE: Final = "memory"

LARGEST_DOCUMENT: Final = 20_000
PATIENCE: Final = 5.0
KEPT_FOR: Final = 3_600.0
MOST_KEPT: Final = 500

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "[::1]", "::1", "localhost"})
_RUNS_IN_A_BROWSER: Final = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "ws", "wss", "ftp"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class Client(OAuthClientInformationFull):
    """A client as it is known here: any port of its own machine will do, and there is one scope."""

    def validate_redirect_uri(self, redirect_uri: AnyUrl | None) -> AnyUrl:
        """Accept an address that was registered, on loopback with whatever port was free (RFC 8252, 7.3)."""
        try:
            return super().validate_redirect_uri(redirect_uri)
        except InvalidRedirectUriError:
            wanted = redirect_uri and _portless(redirect_uri)
            if redirect_uri and wanted and wanted in [_portless(one) for one in self.redirect_uris or ()]:
                return redirect_uri
            raise

    def validate_scope(self, requested_scope: str | None) -> list[str] | None:
        """Grant the one scope, whatever was asked for; the answer says so."""
        del requested_scope
        return [SCOPE]


def _portless(uri: AnyUrl) -> str | None:
    is_loopback = uri.scheme == "http" and uri.host in LOOPBACK_NAMES
    return f"{uri.host}{uri.path or '/'}?{uri.query or ''}" if is_loopback else None


def wrong_redirect(client: OAuthClientInformationFull) -> str:
    """Say which address of a client may not be redirected to, if any: others than its own could read the code."""
    for uri in client.redirect_uris or ():
        is_local = uri.scheme == "http" and uri.host in LOOPBACK_NAMES
        is_private = uri.scheme not in ("http", "https") and uri.scheme not in _RUNS_IN_A_BROWSER
        is_safe = uri.scheme == "https" or is_local or (is_private and _SCHEME.fullmatch(uri.scheme))
        if not is_safe or uri.fragment or uri.username:
            return f"{uri.scheme}: {uri.host or ''} may not be redirected to: use https, or http on 127.0.0.1"
    return "" if client.redirect_uris else "redirect_uris is empty"


class Documents:
    """Reads the documents of clients (OAuth Client ID Metadata Document), and keeps each for a while."""

    def __init__(self, *, local_too: bool = False) -> None:
        """Take whether a document may be on this machine, which is for servers that are themselves."""
        self._local_too = local_too
        self._kept: dict[str, tuple[float, Client | None]] = {}

    async def client(self, client_id: str) -> Client | None:
        """Return the client whose document is at this address; None where there is none that says so."""
        if not self._is_address(client_id):
            return None
        known = self._kept.get(client_id)
        if known is not None and time.monotonic() - known[0] < KEPT_FOR:
            return known[1]
        found = await self._read(client_id)
        if found is not None:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[client_id] = (time.monotonic(), found)
        return found

    def _is_address(self, client_id: str) -> bool:
        try:
            parts = urlsplit(client_id)
            has_host = bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
        except ValueError:
            return False
        is_local = self._local_too and parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES
        return has_host and (parts.scheme == "https" or is_local) and parts.path not in ("", "/") and not parts.fragment

    async def _read(self, client_id: str) -> Client | None:
        try:
            with anyio.fail_after(PATIENCE):
                written = await self._fetch(client_id)
            described = OAuthClientMetadata.model_validate_json(written)
            named = _Named.model_validate_json(written)
        except (httpx.HTTPError, OSError, ValueError):
            return None
        if named.client_id != client_id:
            return None
        kept = described.model_dump() | {"client_id": client_id, "token_endpoint_auth_method": "none"}
        client = Client.model_validate(kept)
        return None if wrong_redirect(client) else client

    async def _fetch(self, address: str) -> bytes:
        """Read a document from a public address; the connection is made to the address that was looked at."""
        url = httpx.URL(address)
        direct = url.copy_with(host=await self._public(url.host, url.port or 443))
        headers = {"host": url.netloc.decode(), "accept": "application/json"}
        extensions = {"sni_hostname": url.host}
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            http.stream("GET", direct, headers=headers, extensions=extensions) as answer,
        ):
            if answer.status_code != HTTPStatus.OK:
                raise ValueError(answer.status_code)
            written = b""
            async for piece in answer.aiter_bytes():
                written += piece
                if len(written) > LARGEST_DOCUMENT:
                    raise ValueError(LARGEST_DOCUMENT)
            return written

    async def _public(self, host: str, port: int) -> str:
        """Return the address of a name; one within a network here would let a stranger look around in it."""
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = str(found[0][4][0])
        if not (self._local_too or ipaddress.ip_address(address).is_global):
            raise ValueError(address)
        return address


class _Named(BaseModel):
    client_id: str
