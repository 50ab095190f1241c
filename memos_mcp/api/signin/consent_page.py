"""The page on which a user signs in and lets a client in: plain HTML, no script."""

import re
import secrets
from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from memos_mcp.api.signin.provider import PendingSignIn

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
label{display:block;margin-top:1rem}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}
button{font:inherit;padding:.5rem 1.2rem;margin:1.2rem .6rem 0 0}p.wrong{color:#a00000}b{overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}p.wrong{color:#ff9a9a}}
"""

_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")
"""A host and port that end no directive of a policy."""

_FRAME: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style nonce="{nonce}">{style}</style></head>
<body><h1>{title}</h1>{body}</body></html>"""

_FORM: Final = """<p><b>{client}</b> asks to read and change your memory. You will be sent back to <b>{where}</b>.</p>
<p>If you did not just ask for this, close the page.</p>{wrong}
<form method="post" action="{action}"><input type="hidden" name="request" value="{request}">
<input type="hidden" name="proof" value="{proof}">
{who}
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button></form>"""

_FIELDS: Final = """<label>User <input name="user" autocomplete="username" required autofocus maxlength="100"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>"""


def form(
    waiting: PendingSignIn,
    *,
    request: str,
    proof: str,
    action: str,
    wrong: str = "",
    status: int = 200,
    user: str = "",
) -> HTMLResponse:
    """Show who asks for what, and where the user signs in, or who has done so already."""
    address = str(waiting.params.redirect_uri)
    body = _FORM.format(
        client=escape((waiting.client.client_name or waiting.client.client_id)[:80]),
        where=escape(_place(address)),
        wrong=f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else "",
        action=escape(action),
        request=escape(request),
        proof=escape(proof),
        who=f"<p>You are signed in as <b>{escape(user)}</b>.</p>" if user else _FIELDS,
    )
    return _page("Sign in to memos-mcp", body, status=status, back=_source(address))


def sentence(text: str, *, status: int) -> HTMLResponse:
    """Show a sentence where there is nothing to sign in to."""
    return _page("memos-mcp", f"<p>{escape(text)}</p>", status=status)


def _page(title: str, body: str, *, status: int, back: str = "") -> HTMLResponse:
    nonce = secrets.token_urlsafe(12)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {back};"
        " frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        # Not `no-referrer`, for which browsers send `Origin: null` with the form.
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
    return HTMLResponse(_FRAME.format(title=title, nonce=nonce, style=_STYLE, body=body), status, headers)


def _place(address: str) -> str:
    """Return what a user can judge of the address of a client."""
    parts = urlsplit(address)
    return _host(address) if parts.scheme in ("http", "https") else f"an application ({parts.scheme}:)"


def _source(address: str) -> str:
    """Return what a browser must be allowed to be redirected to after the form, as a source of a policy."""
    parts = urlsplit(address)
    is_plain = parts.scheme in ("http", "https") and _HOST.fullmatch(_host(address))
    return f"{parts.scheme}://{_host(address)}" if is_plain else f"{parts.scheme}:"


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2]
