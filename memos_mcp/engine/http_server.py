"""The engine over HTTP: MCP by two transports and the MemOS contract, beside the socket of this machine's hosts."""

import sys
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import anyio

from memos_mcp.api.app import build_app
from memos_mcp.api.guard.rate import Rate
from memos_mcp.api.guard.shared_access import SharedAccess
from memos_mcp.api.guard.tokens import Tokens, read_tokens
from memos_mcp.api.monitoring.audit import Audit
from memos_mcp.api.serve import check_binding, hosts_of, issuer_of, listen, serve, url_of
from memos_mcp.api.signin.accounts import ACCOUNTS_FILE, Accounts
from memos_mcp.api.signin.routes import CALLBACK, SignIn
from memos_mcp.backends.lazy import LazyBackend
from memos_mcp.backends.selection import chat_model
from memos_mcp.core.settings import Settings
from memos_mcp.engine.engine import Engine
from memos_mcp.engine.instrumentation import Instrumentation

if TYPE_CHECKING:
    from memos_mcp.api.signin.upstream import OpenIdProvider
    from memos_mcp.backends.local.backend import LocalBackend
    from memos_mcp.backends.local.knowledge.library import Library
    from memos_mcp.backends.local.stateless import LocalStateless


class HttpServer:
    """An address that was taken, and whom it lets in."""

    def __init__(
        self,
        settings: Settings,
        *,
        host: str,
        port: int,
        transports: frozenset[str],
        names: Collection[str],
        oauth: bool = False,
        url: str = "",
    ) -> None:
        """Take the address; `url` is the one that callers use, where that is another.

        Raises:
            ConfigurationError: it cannot be had, would be open to others, or the tokens make no sense.
        """
        self._settings = settings
        self._shared = _shared_access(settings)
        self._tokens = self._shared.tokens if self._shared else _own_tokens(settings)
        check_binding(host, tokens=self._tokens, signs_in=oauth)
        self._listener = listen(host, port)
        self._transports = transports
        self.url = url_of(self._listener)
        self._issuer = issuer_of(url or self.url) if oauth else ""
        self._upstream = _upstream(settings, server=self._issuer) if oauth and settings.oidc_issuer else None
        own_name = urlsplit(url or self.url).hostname or ""
        self._hosts = hosts_of(host, named=[*names, own_name])
        self._audit = Audit(settings.data_dir)
        self._watching = Instrumentation(self._audit)
        self.observe = self._watching.observe

    async def run(self, engine: Engine, store: LazyBackend) -> None:
        """Serve until the engine ends, or a signal says so."""
        self._watching.begin(store)
        sign_in = None
        if self._issuer:
            accounts = Accounts(self._settings.data_dir / ACCOUNTS_FILE)
            sign_in = SignIn(accounts, issuer=self._issuer, audit=self._audit, upstream=self._upstream)
            if self._upstream is None and not accounts.users():
                sys.stderr.write("Nobody can sign in yet: `memos-mcp user add NAME` makes a user.\n")
        access_log = self._settings.access_log
        app = build_app(
            store.lent(),
            user_id=self._settings.user_id,
            server=engine.server,
            transports=self._transports,
            tokens=self._tokens,
            hosts=self._hosts,
            owners=cast("LocalBackend", store.lent()),
            means=cast("LocalStateless", store.lent("means")),
            library=cast("Library", store.lent("library")),
            chat_model=chat_model(self._settings),
            store=engine.store,
            surroundings=engine.surroundings,
            visits=engine.visits,
            opening=partial(store.call_unobserved, "memory_owner", "k0"),  # it opens the store, and reads of it
            rate=self._shared.rate if self._shared else Rate(),
            audit=self._audit,
            access_log=None if access_log == "off" else access_log,
            metrics=self._watching.metrics,
            sign_in=sign_in,
        )
        started = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(self._greet, started)
            if self._shared is not None:
                group.start_soon(self._shared.follow)
            await serve(app, self._listener, started=started, ending=engine.ending)
            group.cancel_scope.cancel()
        engine.ending.set()

    async def _greet(self, started: anyio.Event) -> None:
        await started.wait()
        url = self.url
        sys.stderr.write(
            f"Serving at {url}: MCP at {url}/mcp and {url}/sse, the MemOS contract at {url}/api/openmem/v1\n"
        )
        if self._issuer:
            sys.stderr.write(f"Users sign in at {self._issuer}\n")
        sys.stderr.flush()


def _upstream(settings: Settings, *, server: str) -> "OpenIdProvider":
    from memos_mcp.api.signin.upstream import OpenIdProvider  # noqa: PLC0415 - it brings cryptography

    return OpenIdProvider(
        settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=settings.oidc_client_secret.get_secret_value(),
        claim=settings.oidc_claim,
        callback=f"{server}{CALLBACK}",
    )


def _own_tokens(settings: Settings) -> Tokens:
    return read_tokens(settings.tokens.get_secret_value(), data_dir=settings.data_dir)


def _shared_access(settings: Settings) -> SharedAccess | None:
    """Return the tokens and limits that replicas share; None where there is no ledger to share."""
    url = settings.ledger_url.get_secret_value()
    if not url:
        return None
    from memos_mcp.backends.local.ledger.shared import open_access  # noqa: PLC0415  # numpy, where it is needed

    return SharedAccess(open_access(url), tokens=_own_tokens(settings) if settings.tokens.get_secret_value() else None)
