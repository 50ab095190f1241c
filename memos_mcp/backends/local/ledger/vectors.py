"""Vectors in the ledger, and what the vector index still has to do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding
from memos_mcp.backends.local.ledger.database import Database
from memos_mcp.backends.local.ledger.messages import in_chunks, marks

Kind = Literal["message", "memory"]
TOKEN_DIMENSIONS = 64


@dataclass(frozen=True, slots=True)
class Pending:
    """A text that the vector index has not followed; `text` is None when the text is gone."""

    key: int
    user: int
    kind: Kind
    seq: int
    text: str | None
    vector: NDArray[np.float32] | None


_TEXT = {
    "message": "SELECT content AS text, vector FROM message LEFT JOIN message_vector USING (seq) WHERE seq = ?",
    "memory": "SELECT memory_value AS text, vector FROM memory LEFT JOIN memory_vector USING (seq) WHERE seq = ?",
}


class Vectors:
    """The tables `message_vector`, `memory_vector` and `pending`."""

    def __init__(self, database: Database) -> None:
        """Take an open ledger file."""
        self._database = database

    def next_pending(self, limit: int) -> list[Pending]:
        """Give the first texts of one user that the index has not followed, with the vectors that are known."""
        rows = self._database.rows(
            "SELECT key, user, kind, seq FROM pending WHERE user = (SELECT user FROM pending ORDER BY key LIMIT 1)"
            " ORDER BY key LIMIT ?",
            (limit,),
        )
        return [self._pending(row["key"], row["user"], row["kind"], row["seq"]) for row in rows]

    def pending_after(self, key: int, limit: int) -> list[Pending]:
        """Give the first texts after one, of any user, that the index has not followed."""
        sql = "SELECT key, user, kind, seq FROM pending WHERE key > ? ORDER BY key LIMIT ?"
        rows = self._database.rows(sql, (key, limit))
        return [self._pending(row["key"], row["user"], row["kind"], row["seq"]) for row in rows]

    def _pending(self, key: int, user: int, kind: Kind, seq: int) -> Pending:
        row = self._database.row(_TEXT[kind], (seq,))
        if row is None:
            return Pending(key, user, kind, seq, text=None, vector=None)
        vector = None if row["vector"] is None else np.frombuffer(row["vector"], np.float16).astype(np.float32)
        return Pending(key, user, kind, seq, row["text"], vector)

    def keep(self, kind: Kind, embeddings: Sequence[tuple[int, Embedding]]) -> None:
        """Store vectors of texts that are still there."""
        with self._database.transaction():
            for seq, embedding in embeddings:
                tokens = None if embedding.tokens is None else embedding.tokens.tobytes()
                self._database.execute(
                    f"INSERT OR REPLACE INTO {kind}_vector (seq, vector, tokens)"
                    f" SELECT seq, ?, ? FROM {kind} WHERE seq = ?",
                    (embedding.vector.astype(np.float16).tobytes(), tokens, seq),
                )

    def done(self, keys: Collection[int]) -> None:
        """Note that the index has followed."""
        with self._database.transaction():
            for chunk in in_chunks(keys):
                self._database.execute(f"DELETE FROM pending WHERE key IN ({marks(chunk)})", chunk)

    def tokens(self, kind: Kind, seqs: Collection[int]) -> dict[int, NDArray[np.int8]]:
        """Give the token vectors of texts, shape (n, 64), where there are any."""
        found: dict[int, NDArray[np.int8]] = {}
        for chunk in in_chunks(seqs):
            sql = f"SELECT seq, tokens FROM {kind}_vector WHERE seq IN ({marks(chunk)}) AND tokens IS NOT NULL"
            for row in self._database.rows(sql, chunk):
                found[row["seq"]] = np.frombuffer(row["tokens"], np.int8).reshape(-1, TOKEN_DIMENSIONS)
        return found

    def pending_count(self, user: int | None = None) -> int:
        """Count what the index has not followed, of one user or of all."""
        if user is None:
            return self._database.number("SELECT count(*) FROM pending")
        return self._database.number("SELECT count(*) FROM pending WHERE user = ?", (user,))

    def expected(self, user: int, kind: Kind) -> int:
        """Count the texts that the index should hold once it has followed."""
        return self._database.number(f"SELECT count(*) FROM {kind} WHERE user = ?", (user,))

    def index_again(self, user: int | None = None) -> None:
        """Have the index take in every text anew, of one user or of all; the vectors stay."""
        only = "" if user is None else "WHERE user = ?"
        parameters = () if user is None else (user,)
        with self._database.transaction():
            self._database.execute(f"DELETE FROM pending {only}", parameters)
            for kind in ("message", "memory"):
                self._database.execute(
                    f"INSERT INTO pending (user, kind, seq) SELECT user, '{kind}', seq FROM {kind} {only} ORDER BY seq",
                    parameters,
                )

    def embed_again(self) -> None:
        """Forget all vectors, so that every text is embedded anew."""
        with self._database.transaction():
            self._database.execute("DELETE FROM message_vector")
            self._database.execute("DELETE FROM memory_vector")
            self.index_again()
