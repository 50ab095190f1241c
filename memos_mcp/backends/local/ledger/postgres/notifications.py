"""Notices between processes: LISTEN and NOTIFY, on a connection of their own."""

import logging
import threading
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg import sql

logger = logging.getLogger(__name__)

CHANNEL: Final = "'memos ' || current_schema"

SERVING: Final = "hashtextextended('memos served ' || current_schema, 0)"
"""The advisory lock that every process which serves a ledger shares while it listens."""

_LOOK_EVERY: Final = 0.2
"""Seconds between two looks whether to go on."""

_PAUSE: Final = 1.0
"""Seconds before a lost connection is made anew."""


class Listener:
    """A thread that hands on what other processes tell; what is told while the database is away is lost."""

    def __init__(self, conninfo: str, heard: Callable[[str], None]) -> None:
        """Take where the database is, and who is to hear."""
        self._conninfo = conninfo
        self._heard = heard
        self._listening = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)

    def start(self, *, patience: float) -> None:
        """Begin, and wait until it hears, as far as patience goes."""
        self._thread.start()
        self._listening.wait(patience)

    def stop(self) -> None:
        """End at the next look."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error as exc:
                logger.warning("notices of other processes are not heard: %s", exc)
                self._stopping.wait(_PAUSE)

    def _listen(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            found = connection.execute(f"SELECT {CHANNEL}").fetchone()
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(found[0] if found else "")))
            connection.execute(f"SELECT pg_advisory_lock_shared({SERVING})")
            self._listening.set()
            while not self._stopping.is_set():
                for notice in connection.notifies(timeout=_LOOK_EVERY):
                    self._heard(notice.payload)
