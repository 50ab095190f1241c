"""The C library's memory while Chroma uses it."""

import ctypes
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_M_PERTURB = -6
"""glibc's option to fill memory that is given out with the complement of a byte, and what is given back with it."""


class CleanMemory:
    """Has the C library give out memory that is zeroed, while it is used.

    Chroma writes memory that it never used into its files as it is, with whatever texts the process had in it before.
    """

    def __init__(self) -> None:
        """Look for what the C library of this system has."""
        self._lock = threading.Lock()
        self._users = 0
        library = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._mallopt = getattr(library, "mallopt", None)  # musl has none
        self._trim = getattr(library, "malloc_trim", None)

    @contextmanager
    def used(self) -> Generator[None]:
        """Have memory zeroed while the block runs, in all threads."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def give_back(self) -> None:
        """Give freed memory back: each client of Chroma allocates in threads, and so in arenas, of its own."""
        if self._trim is not None:
            self._trim(0)

    def _count(self, change: int) -> None:
        with self._lock:
            before, self._users = self._users, self._users + change
            if self._mallopt is not None and not (before and self._users):
                self._mallopt(_M_PERTURB, 0xFF if self._users else 0)


CLEAN_MEMORY: Final = CleanMemory()
