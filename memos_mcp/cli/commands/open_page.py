"""`memos-mcp open`: the page in the browser."""

import webbrowser
from pathlib import Path

from rich.console import Console

from memos_mcp.cli.printing import say
from memos_mcp.core.errors import Unavailable
from memos_mcp.relay.environment import own_variables
from memos_mcp.relay.launch import find_or_start
from memos_mcp.relay.wire import Absent, Refused, Unresponsive


def open_page(data_dir: Path, *, browse: bool, console: Console) -> None:
    """Find or start the engine, print a link that opens its page once, and open it in the browser."""
    link = link_to(data_dir)
    say(console, link)
    if browse and webbrowser.open(link):
        say(console, "It was opened in your browser. The link works once, within five minutes.")
    else:
        none = "No browser could be opened. " if browse else ""
        say(console, f"{none}Open this link in a browser of this machine: it works once, within five minutes.")


def link_to(data_dir: Path) -> str:
    """Have the engine make a link."""
    hello = {"as": "operator", "ask": "open", "settings": own_variables()}
    try:
        connection, answer = find_or_start(str(data_dir), hello)
    except (Absent, Refused, Unresponsive) as exc:
        raise Unavailable(str(exc)) from exc
    connection.close()
    return str(answer["link"])
