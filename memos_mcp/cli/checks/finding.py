"""What a check found."""

from typing import Literal, Self
from urllib.parse import urlsplit

from memos_mcp.core.models import Frozen


class Finding(Frozen):
    """One line of the doctor: what it is about, how it is and, where it is not as it should be, how to mend it."""

    level: Literal["ok", "warning", "wrong"]
    about: str
    found: str
    mend: str = ""

    @classmethod
    def ok(cls, about: str, found: str) -> Self:
        """Report that something is as it should be."""
        return cls(level="ok", about=about, found=found)

    @classmethod
    def warning(cls, about: str, found: str, *, mend: str) -> Self:
        """Report something that works, but may not be meant so or may not last."""
        return cls(level="warning", about=about, found=found, mend=mend)

    @classmethod
    def wrong(cls, about: str, found: str, *, mend: str) -> Self:
        """Report something that does not work."""
        return cls(level="wrong", about=about, found=found, mend=mend)


def host_of(url: str) -> str:
    """Return the host of an address, which shows nothing that may open it."""
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"
