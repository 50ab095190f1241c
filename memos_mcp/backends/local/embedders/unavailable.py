"""What stands in the place of an embedder whose library cannot be imported, so that words alone go on."""

from typing import NoReturn

from memos_mcp.core.errors import MissingLibrary


class UnavailableEmbedder:
    """Embeds nothing, and says why. Its name is empty: it has made no vectors, and none are asked of it."""

    name = ""
    dimensions = 0

    def __init__(self, missing: MissingLibrary) -> None:
        """Take the reason."""
        self._missing = str(missing)

    def embed(self, text: str, *, query: bool = False) -> NoReturn:
        """Raise the reason.

        Raises:
            MissingLibrary: always.
        """
        raise MissingLibrary(self._missing)
