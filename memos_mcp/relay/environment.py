"""Values of the environment as they were meant, and the data directory that they name. Standard library only."""

import os
import re
import sys
from collections.abc import Mapping

DATA_DIR = "MEMOS_DATA_DIR"

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}|^<[^<>]*>$|^(%)\w+%$")
_QUOTED = re.compile(r"""^(["']).*\1$""", re.DOTALL)


def cleaned(name: str, value: str) -> str:
    """Return a value without the blanks around it.

    Raises:
        ValueError: it is a placeholder that nobody filled in, or has quotes around it; the message is a sentence.
    """
    value = value.strip()
    if _PLACEHOLDER.search(value):
        raise ValueError(f"{name} holds a placeholder that nobody filled in: write the value itself, or leave it out")
    if len(value) > 1 and _QUOTED.match(value):
        raise ValueError(f"{name} has quotes around its value: leave them out")
    return value


def own_variables() -> dict[str, str]:
    """Return the settings that this process has in its environment."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith("MEMOS_")}


def data_dir_of(variables: Mapping[str, str]) -> str:
    """Return the absolute path of the data directory that the variables of a process name.

    Raises:
        ValueError: they name none that makes sense; the message is a sentence.
    """
    given = os.path.expandvars(os.path.expanduser(variables.get(DATA_DIR, "").strip()))  # noqa: PTH111 - pathlib is slow to import
    path = cleaned(DATA_DIR, given) or default_data_dir()
    if not os.path.isabs(path):  # noqa: PTH117
        raise ValueError(f"{DATA_DIR} is no absolute path: hosts start servers in any folder, so write it in full")
    return os.path.realpath(path)


def default_data_dir() -> str:
    """Return the platform's place for a user's application data."""
    home = os.path.expanduser("~")  # noqa: PTH111
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "") or os.path.join(home, "AppData", "Local")  # noqa: PTH118
    elif sys.platform == "darwin":
        base = os.path.join(home, "Library", "Application Support")  # noqa: PTH118
    else:
        base = os.environ.get("XDG_DATA_HOME", "").strip() or os.path.join(home, ".local", "share")  # noqa: PTH118
    return os.path.join(base, "memos-mcp")  # noqa: PTH118
