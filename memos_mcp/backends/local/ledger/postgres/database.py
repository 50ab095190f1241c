"""A PostgreSQL database: a bounded pool of connections, of which a thread in a transaction has one to itself."""

import os
import select
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from memos_mcp.backends.local.ledger.database_interface import Database, Parameters, ResultRow, key_of
from memos_mcp.backends.local.ledger.postgres.address import PATIENCE, check_answering, connection_info
from memos_mcp.backends.local.ledger.postgres.dialect import adapt, translated
from memos_mcp.backends.local.ledger.postgres.error_messages import as_sentences
from memos_mcp.backends.local.ledger.postgres.notifications import CHANNEL, SERVING, Listener
from memos_mcp.backends.local.ledger.postgres.rows import Row, as_rows
from memos_mcp.core.errors import MemosError, Unavailable
from memos_mcp.core.tracing import span

MOST_CONNECTIONS: Final = 20

_IDLE: Final = 15
"""Seconds for which a transaction may stand still before the database ends it: its process was stopped, or is lost."""

_PATIENCE_WITH_OTHERS: Final = 2 * _IDLE
"""Seconds for what another process holds: it may be one that stands still."""

_TRIED_BYTES: Final = 200_000

_EVERYBODY: Final = "*"


class _Connection(Connection[Row]):
    """A connection that knows whose rows it sees."""

    sees = ""

    def see(self, user_id: str) -> None:
        """See the rows of a user, or of everybody."""
        if self.sees != user_id:
            self.execute("SELECT set_config('memos.user_id', %s, false)", (user_id,))
            self.sees = user_id


class _Thread(threading.local):
    """What a thread has of the database."""

    connection: _Connection | None = None
    depth = 0
    sees = _EVERYBODY


class PostgresDatabase(Database):
    """A database that other processes use too. Each committed transaction is on the server's disk."""

    shared = True
    removals = "removals"
    others_are_public = "others_are_public(key)"

    def __init__(self, url: str, *, most: int = MOST_CONNECTIONS) -> None:
        """Take where the database is, and how many connections to have at most; nothing is connected before `open`."""
        self._address = connection_info(url)
        self._most = most
        self._thread = _Thread()
        self._pool = ConnectionPool(
            self._address,
            connection_class=_Connection,
            kwargs={"autocommit": True, "row_factory": as_rows},
            min_size=1,
            max_size=most,
            timeout=PATIENCE,
            reconnect_timeout=PATIENCE,
            configure=_configure,
            check=_check,
            open=False,
        )

    @classmethod
    def open(cls, url: str, *, most: int = MOST_CONNECTIONS) -> "PostgresDatabase":
        """Connect.

        Raises:
            ConfigurationError: the URL is none, or the database refuses it or keeps no Unicode.
            Unavailable: it cannot be reached.
        """
        database = cls(url, most=most)
        check_answering(database._address)
        database._pool.open()
        return database

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._thread.depth > 0

    @contextmanager
    def _connected(self) -> Generator[_Connection]:
        if self._thread.connection is not None:
            yield self._thread.connection
            return
        with ExitStack() as taken:
            try:
                connection = taken.enter_context(self._pool.connection())
            except PoolTimeout:
                check_answering(self._address)  # where it cannot be reached, this says why
                connection = self._last_try(taken)
            connection.see(self._thread.sees)
            yield connection

    def _last_try(self, taken: ExitStack) -> _Connection:
        """Take a connection to a database that answers: it may have been away until now."""
        try:
            return taken.enter_context(self._pool.connection())
        except PoolTimeout as exc:
            raise Unavailable(
                f"All {self._most} connections of this process to the database are in use; nothing was stored. Repeat "
                "the call, or run another replica."
            ) from exc

    @contextmanager
    def _held(self) -> Generator[_Connection]:
        """Have this thread use one connection while the block runs."""
        with self._connected() as connection:
            before, self._thread.connection = self._thread.connection, connection
            try:
                yield connection
            finally:
                self._thread.connection = before

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make what happens inside all or nothing; may be nested, the outermost commits."""
        if self._thread.depth:
            yield
            return
        with as_sentences(), self._held() as connection, connection.transaction():
            self._thread.depth += 1
            try:
                yield
            finally:
                self._thread.depth -= 1

    @contextmanager
    def one_moment(self) -> Generator[None]:
        """See one moment of it, whatever other processes write meanwhile; to read only."""
        with as_sentences(), self._held() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    @contextmanager
    def claim(self, *, seconds: float = _IDLE) -> Generator[None]:
        """Keep what `claimed` holds for from other processes until the block ends; so is what it changes."""
        with as_sentences(), self._held() as connection, connection.transaction():
            connection.execute(_SET_IDLE, (f"{seconds:.0f}s",))
            yield

    def claimed(self, what: str, key: str) -> str:
        """Write a condition that holds for what nobody else has claimed, and claims it."""
        return f"pg_try_advisory_xact_lock(hashtextextended('memos {what} ' || current_schema || {key}, 0))"

    @contextmanager
    def of_user(self, user_id: str) -> Generator[None]:
        """Have this thread see and change what is this user's alone."""
        outer = self._thread.connection
        before, self._thread.sees = self._thread.sees, user_id
        try:
            with as_sentences(), self._held() as connection:
                connection.see(user_id)
                yield
        finally:
            self._thread.sees = before
            if outer is not None and not outer.closed:
                outer.see(before)

    def one_writer(self, user: int) -> None:
        """Let nobody else write for a user until the transaction in hand ends: keys grow as they are committed."""
        self.rows(_LOCK, (f"{_IDLE}s", user))

    def alone(self) -> None:
        """Check, until the transaction in hand ends, that no other process serves what is in it."""
        if not self.number(f"SELECT pg_try_advisory_xact_lock({SERVING})::int"):
            raise Unavailable("Replicas use this ledger; nothing was changed. Stop them all, then repeat the command.")

    def tell(self, user_id: str) -> None:
        """Tell every process, this one too, that memories of a user have changed."""
        self.rows(f"SELECT pg_notify({CHANNEL}, ?)", (user_id,))

    @contextmanager
    def listening(self, heard: Callable[[str], None]) -> Generator[None]:
        """Hand on what is told while the block runs."""
        listener = Listener(self._address, heard)
        listener.start(patience=PATIENCE)
        try:
            yield
        finally:
            listener.stop()

    def continue_keys(self, tables: Iterable[str]) -> None:
        """Go on after the keys that rows were given when they were copied."""
        for table in tables:
            key = key_of(table)
            self.rows(
                "SELECT setval(pg_get_serial_sequence(format('%I.%I', current_schema, CAST(? AS TEXT)), ?), top)"
                f" FROM (SELECT max({key}) AS top FROM {table}) AS found WHERE top IS NOT NULL",
                (table, key),
            )

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Change rows and give the number of them."""
        with span("ledger", inner=True), as_sentences(), self._connected() as connection:
            return connection.execute(*translated(sql, parameters)).rowcount

    def _insert(self, sql: str, parameters: Parameters, *, key: str) -> int:
        found = self.rows(f"{sql} RETURNING {key}", parameters)
        if not found:
            raise MemosError("The ledger gave no key for a new row. Run `memos-mcp doctor`.")
        return int(found[0][0])

    def execute_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Change many rows alike."""
        with span("ledger", inner=True), as_sentences(), self._connected() as connection, connection.cursor() as cursor:
            cursor.executemany(translated(sql, ())[0], rows)

    def rows(self, sql: str, parameters: Parameters = ()) -> Sequence[ResultRow]:
        """Read rows."""
        with (
            span("ledger", inner=True),
            as_sentences(),
            self._connected() as connection,
            connection.cursor(binary=True) as cursor,
        ):
            return cursor.execute(*translated(sql, parameters)).fetchall()

    def format(self) -> int:
        """Read the format of what the database holds; 0 where it holds no ledger."""
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema AND tablename = 'meta'"
        return self.number("SELECT value FROM meta WHERE name = 'format'") if self.number(tables) else 0

    def is_unguarded(self) -> bool:
        """Whether the rows of everybody are shown to this user, whatever the policies say."""
        return bool(self.number("SELECT (rolsuper OR rolbypassrls)::int FROM pg_roles WHERE rolname = current_user"))

    def try_to_write(self) -> None:
        """Write some pages, and take them back.

        Raises:
            Unavailable: that is not possible.
        """
        with as_sentences(), self._held() as connection, connection.transaction(force_rollback=True):
            table = "memos_mcp_try"
            if self.format() and not self.number("SELECT has_schema_privilege(current_schema, 'CREATE')::int"):
                table = "meta"
            else:
                self.execute(f"CREATE TABLE {table} (name TEXT, value TEXT)")
            self.execute(f"INSERT INTO {table} VALUES (?, ?)", (table, os.urandom(_TRIED_BYTES).hex()))

    def script(self, sql: str) -> None:
        """Run several statements, written for PostgreSQL."""
        with as_sentences(), self._connected() as connection:
            connection.execute(sql.encode())


_SET_IDLE = "SELECT set_config('idle_in_transaction_session_timeout', %s, true)"
_LOCK = "SELECT set_config('idle_in_transaction_session_timeout', ?, true) FROM user WHERE key = ? FOR NO KEY UPDATE"


def _configure(connection: Connection[Any]) -> None:
    adapt(connection)
    settings = {
        "idle_in_transaction_session_timeout": f"{_IDLE}s",
        "lock_timeout": f"{_PATIENCE_WITH_OTHERS}s",
        "memos.user_id": _EVERYBODY,
    }
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    if isinstance(connection, _Connection):
        connection.sees = _EVERYBODY


def _check(connection: Connection[Any]) -> None:
    """Find a connection that the server has closed, without a question to it: then there is something to read."""
    if select.select([connection.fileno()], [], [], 0)[0]:
        connection.execute("SELECT 1")
