"""What stands between <private> and </private> is for the model alone, and kept by nobody."""

import re
from typing import Final

_PRIVATE: Final = re.compile(r"<private>.*?(?:</private>|\Z)", re.DOTALL | re.IGNORECASE)


def without_private(said: str) -> str:
    """Return what was said without what is private; a mark that is never closed goes to the end."""
    return _PRIVATE.sub("", said) if "<" in said else said
