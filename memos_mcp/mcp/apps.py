"""The view of what is found and known, for hosts with MCP Apps: one self-contained page, without anybody's data."""

from importlib.resources import files
from typing import Any, Final

from mcp.server.apps import Apps

VIEW: Final = "ui://memos/memory"
BOUND: Final[dict[str, Any]] = {"ui": {"resourceUri": VIEW}}
"""What a tool carries whose results the view shows."""


def apps() -> Apps:
    """Return the extension with the view, which asks for no network and no permission."""
    extension = Apps()
    page = (files("memos_mcp.mcp") / "memory_view.html").read_text(encoding="utf-8")
    extension.add_html_resource(VIEW, page, name="memory", title="What is remembered", prefers_border=True)
    return extension
