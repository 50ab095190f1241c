"""Vectors in the ledger, and what the vector index still has to do.

A memory that says most of what its messages do, in their words, has no vector of its own: it is as near to a query as
the nearest of them. `pending` has the texts that the index has not followed; one whose vector is there already is
searched without the index until it does.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding
from memos_mcp.backends.local.ledger.database_interface import Database
from memos_mcp.backends.local.ledger.texts import Kind, PendingText, Text, TextVectors

TOKEN_DIMENSIONS = 64

MOST_KEPT = 16_000_000
"""Bytes of token vectors that stay in memory: those of about 18,000 texts."""


_CONTENTS: tuple[tuple[Kind, str], ...] = (("message", "content"), ("memory", "memory_value"))
_OF_KIND = (
    "SELECT pending.key, pending.user, '{kind}' AS kind, pending.seq, {content} AS content, vector FROM pending"
    " LEFT JOIN {kind} ON {kind}.seq = pending.seq LEFT JOIN {kind}_vector ON {kind}_vector.seq = pending.seq"
    " WHERE kind = '{kind}' AND {where}"
)

_NOT_NEW = (
    "(kind = 'memory' OR EXISTS (SELECT 1 FROM message_vector WHERE message_vector.seq = pending.seq)"
    " OR NOT EXISTS (SELECT 1 FROM message WHERE message.seq = pending.seq))"
)


class Vectors:
    """The tables `message_vector`, `memory_vector` and `pending`."""

    def __init__(self, database: Database) -> None:
        """Take an open ledger file."""
        self._database = database
        self._tokens_lock = threading.Lock()
        self._forgotten = 0
        self.forget_tokens()

    def pending_after(self, key: int, limit: int) -> list[PendingText]:
        """Return the first texts after one, of any user, that the index has not followed."""
        return self._pending("pending.key > ?", (key,), limit)

    def pending_of(self, user: int, *, until: int, limit: int) -> list[PendingText]:
        """Return the first texts of a user that the index has not followed, none of them after the one given."""
        return self._pending("pending.user = ? AND pending.key <= ?", (user, until), limit)

    def without_vector(self, user: int, *, limit: int) -> list[PendingText]:
        """Return the first texts of a user that have no vector."""
        return self._pending("pending.user = ? AND vector IS NULL AND {content} IS NOT NULL", (user,), limit)

    def ready(self, user: int, *, limit: int) -> list[PendingText]:
        """Return the first texts of a user that the index can follow: they have a vector, or are gone."""
        return self._pending("pending.user = ? AND (vector IS NOT NULL OR {content} IS NULL)", (user,), limit)

    def _pending(self, where: str, parameters: tuple[int, ...], limit: int) -> list[PendingText]:
        queries = (
            f"SELECT * FROM ({_OF_KIND.format(kind=kind, content=content, where=where.format(content=content))}"
            f" ORDER BY pending.key LIMIT ?) AS {kind}s"
            for kind, content in ((kind, f"{kind}.{column}") for kind, column in _CONTENTS)
        )
        rows = self._database.rows(
            f"{' UNION ALL '.join(queries)} ORDER BY key LIMIT ?", (*parameters, limit, *parameters, limit, limit)
        )
        return [
            PendingText(row["key"], row["user"], Text(row["kind"], row["seq"]), row["content"], _vector(row["vector"]))
            for row in rows
        ]

    def waiting(self, user: int, *, limit: int) -> tuple[TextVectors, NDArray[np.int64]]:
        """Return the newest of a user's texts that the index has not followed: their vectors, and all their numbers.

        Those without a vector are gone or have changed; new messages without one are left out.
        """
        rows = self._database.rows(
            "SELECT kind, fresh.seq, coalesce(message_vector.vector, memory_vector.vector) FROM (SELECT kind, seq"
            f" FROM pending WHERE user = ? AND {_NOT_NEW} GROUP BY kind, seq ORDER BY max(key) DESC LIMIT ?) AS fresh"
            " LEFT JOIN message_vector ON kind = 'message' AND message_vector.seq = fresh.seq"
            " LEFT JOIN memory_vector ON kind = 'memory' AND memory_vector.seq = fresh.seq",
            (user, limit),
        )
        found: dict[int, bytes | None] = {Text(kind, seq).number: vector for kind, seq, vector in rows}
        packed = {number: vector for number, vector in found.items() if vector is not None}
        return TextVectors.unpacked(packed, packed.values()), np.fromiter(found, np.int64, len(found))

    def keep(self, embeddings: Iterable[tuple[PendingText, Embedding]]) -> None:
        """Store vectors of texts that are still there and have not changed since they were read."""
        with self._database.transaction():
            for one, embedding in embeddings:
                kind, seq = one.text
                tokens = None if embedding.tokens is None else embedding.tokens.tobytes()
                self._database.execute(
                    f"INSERT INTO {kind}_vector (seq, vector, tokens)"
                    f" SELECT seq, ?, ? FROM {kind} WHERE seq = ? AND NOT EXISTS (SELECT 1 FROM pending"
                    f" WHERE pending.user = ? AND pending.key > ? AND pending.kind = '{kind}' AND pending.seq = ?)"
                    " ON CONFLICT (seq) DO UPDATE SET vector = excluded.vector, tokens = excluded.tokens",
                    (embedding.vector.astype(np.float16).tobytes(), tokens, seq, one.user, one.key, seq),
                )
                self.forget_tokens_of(one.text)

    def gone(self, texts: Collection[Text]) -> set[Text]:
        """Return those of the texts that the ledger has no more."""
        left = set(texts)
        for kind in ("message", "memory"):
            seqs = [text.seq for text in texts if text.kind == kind]
            found = self._database.keys_among(f"SELECT seq FROM {kind} WHERE seq IN ({{}})", seqs)
            left -= {Text(kind, seq) for seq in found}
        return left

    def done(self, keys: Collection[int]) -> None:
        """Note that the index has followed."""
        with self._database.transaction():
            self._database.execute_among("DELETE FROM pending WHERE key IN ({})", keys)

    def told_by(self, messages: Collection[int]) -> dict[int, list[int]]:
        """Return the memories without a vector of their own by the keys of their messages."""
        sql = (
            "SELECT message, memory FROM source WHERE message IN ({})"
            " AND NOT EXISTS (SELECT 1 FROM memory_vector WHERE seq = memory)"
        )
        return self._database.links(sql, messages)

    def tokens(self, kind: Kind, seqs: Collection[int]) -> dict[int, NDArray[np.int8]]:
        """Return the token vectors of texts, shape (n, 64), where there are any.

        Those of a memory without a vector of its own are those of its messages.
        """
        with self._tokens_lock:
            forgotten = self._forgotten
            kept = {seq: tokens for seq in seqs if (tokens := self._kept[kind].get(seq)) is not None}
        if len(kept) < len(seqs):
            read = self._read_tokens(kind, [seq for seq in seqs if seq not in kept])
            self._keep_tokens(kind, read, forgotten=forgotten)
            kept |= read
        return kept

    def _keep_tokens(self, kind: Kind, read: dict[int, NDArray[np.int8]], *, forgotten: int) -> None:
        """Keep token vectors for the next search, unless some were forgotten since they were read.

        All are let go of when they have become too many.
        """
        size = sum(tokens.nbytes for tokens in read.values())
        with self._tokens_lock:
            if self._forgotten != forgotten:
                return  # what was read may be deleted by now
            if self._kept_bytes + size > MOST_KEPT:
                self._let_go()
            self._kept[kind] |= read
            self._kept_bytes += size

    def forget_tokens(self) -> None:
        """Let go of the token vectors that are in memory, and of those that a search is just reading."""
        with self._tokens_lock:
            self._forgotten += 1
            self._let_go()

    def forget_tokens_of(self, text: Text) -> None:
        """Let go of the token vectors of one text."""
        with self._tokens_lock:
            self._forgotten += 1
            tokens = self._kept[text.kind].pop(text.seq, None)
            self._kept_bytes -= 0 if tokens is None else tokens.nbytes

    def _let_go(self) -> None:
        self._kept: dict[Kind, dict[int, NDArray[np.int8]]] = {"message": {}, "memory": {}}
        self._kept_bytes = 0

    def _read_tokens(self, kind: Kind, seqs: Collection[int]) -> dict[int, NDArray[np.int8]]:
        queries = [f"SELECT seq, tokens FROM {kind}_vector WHERE seq IN ({{}}) AND tokens IS NOT NULL"]
        if kind == "memory":
            queries.append(
                "SELECT memory, tokens FROM source JOIN message_vector ON message_vector.seq = message"
                " WHERE memory IN ({}) AND tokens IS NOT NULL AND NOT EXISTS (SELECT 1 FROM memory_vector"
                " WHERE memory_vector.seq = memory AND memory_vector.tokens IS NOT NULL)"
            )
        found: dict[int, bytes] = {}
        for sql in queries:
            for seq, tokens in self._database.among(sql, seqs):
                found[seq] = found.get(seq, b"") + tokens
        return {seq: _tokens(tokens) for seq, tokens in found.items()}

    def count_after(self, key: int, *, limit: int) -> int:
        """Count the texts after one, of any user, that the index has not followed, as far as a limit."""
        return self._database.number(
            "SELECT count(*) FROM (SELECT 1 FROM pending WHERE key > ? LIMIT ?) AS waiting", (key, limit)
        )

    def pending_count(self, user: int) -> int:
        """Count what the index has not followed of a user."""
        return self._database.number("SELECT count(*) FROM pending WHERE user = ?", (user,))

    def gathered_count(self) -> int:
        """Count the vectors that only the ledger has: they go into the index once there are enough of them."""
        return sum(
            self._database.number(
                f"SELECT count(*) FROM pending JOIN {kind}_vector AS vector ON vector.seq = pending.seq"
                f" WHERE kind = '{kind}'"
            )
            for kind in ("message", "memory")
        )

    def unembedded_count(self, user: int | None = None, *, after: int = 0) -> int:
        """Count the texts that have no vector yet, of one user or of all, among those that came after one."""
        only, parameters = ("", (after,)) if user is None else (" AND pending.user = ?", (after, user))
        counts = " + ".join(
            f"(SELECT count(*) FROM pending JOIN {kind} ON {kind}.seq = pending.seq WHERE kind = '{kind}'"
            f" AND pending.key > ?{only} AND NOT EXISTS (SELECT 1 FROM {kind}_vector WHERE seq = pending.seq))"
            for kind in ("message", "memory")
        )
        return self._database.number(f"SELECT {counts}", (*parameters, *parameters))

    def expected(self, user: int) -> int:
        """Count the texts that the index should hold once it has followed."""
        return self._database.number(
            "SELECT (SELECT count(*) FROM message WHERE user = ?)"
            " + (SELECT count(*) FROM memory JOIN memory_vector USING (seq) WHERE user = ?)",
            (user, user),
        )

    def all_of(self, user: int, *, at_once: int) -> Iterator[TextVectors]:
        """Yield the vectors of a user's texts, some at a time."""
        for kind, _ in _CONTENTS:
            for rows in self._database.batches(
                f"SELECT seq, vector FROM {kind} JOIN {kind}_vector USING (seq) WHERE user = ? AND seq > ?"
                " ORDER BY seq LIMIT ?",
                user,
                size=at_once,
            ):
                yield TextVectors.unpacked((Text(kind, row[0]).number for row in rows), (row[1] for row in rows))

    def index_again(self, user: int | None = None) -> None:
        """Have the index take in every text anew, of one user or of all; the vectors stay."""
        with self._database.transaction():
            only, parameters = ("", ()) if user is None else ("AND user = ?", (user,))
            last = self._database.number("SELECT max(key) FROM pending")
            self._database.execute(
                "INSERT INTO pending (user, kind, seq)"
                f" SELECT user, 'message', seq FROM message WHERE TRUE {only} ORDER BY seq",
                parameters,
            )
            with_vectors = (
                "SELECT seq FROM memory_vector UNION SELECT pending.seq FROM pending WHERE kind = 'memory' AND key <= ?"
            )
            self._database.execute(
                "INSERT INTO pending (user, kind, seq)"
                f" SELECT user, 'memory', seq FROM memory WHERE seq IN ({with_vectors}) {only} ORDER BY seq",
                (last, *parameters),
            )
            self._database.execute(f"DELETE FROM pending WHERE key <= ? {only}", (last, *parameters))

    def embed_again(self, concerned: Callable[[Kind, str], bool]) -> None:
        """Forget the vectors of texts of which `concerned` is true, so that these are embedded anew."""
        with self._database.transaction():
            for kind, content in _CONTENTS:
                for rows in self._database.batches(
                    f"SELECT seq, user, {content} AS content FROM {kind} JOIN {kind}_vector USING (seq)"
                    " WHERE seq > ? ORDER BY seq LIMIT ?"
                ):
                    chosen = [(row["user"], row["seq"]) for row in rows if concerned(kind, row["content"])]
                    self._database.execute_many(
                        f"INSERT INTO pending (user, kind, seq) VALUES (?, '{kind}', ?)", chosen
                    )
                    gone = [(seq,) for _, seq in chosen]
                    self._database.execute_many(f"DELETE FROM {kind}_vector WHERE seq = ?", gone)
            self.forget_tokens()


def _vector(packed: bytes | None) -> NDArray[np.float32] | None:
    return None if packed is None else np.frombuffer(packed, np.float16).astype(np.float32)


def _tokens(packed: bytes) -> NDArray[np.int8]:
    return np.frombuffer(packed, np.int8).reshape(-1, TOKEN_DIMENSIONS)
