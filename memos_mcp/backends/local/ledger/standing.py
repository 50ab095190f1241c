"""How far the ledger has got with a user: all that a search asks before it ranks, in one statement."""

from dataclasses import dataclass

from memos_mcp.backends.local.ledger.database_interface import Database


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the ledger has got with a user, and the user's key.

    `generation` grows when a memory changes or goes, `removals` when another process removes a message; `waiting` says
    that the vector index has not followed all, `others_are_public` that other users let everybody find something.
    """

    user: int
    generation: int
    removals: int
    newest_message: int
    newest_memory: int
    waiting: bool
    others_are_public: bool


def standing_of(database: Database, user_id: str) -> Standing | None:
    """Return how far it has got with a user; None where it has nothing of theirs."""
    newest = "(SELECT coalesce(max(seq), 0) FROM {table} WHERE {table}.user = user.key)"
    row = database.row(
        f"SELECT key, memory_generation, {database.removals}, {newest.format(table='message')},"
        f" {newest.format(table='memory')}, EXISTS (SELECT 1 FROM pending WHERE pending.user = user.key),"
        f" {database.others_are_public}"
        " FROM user WHERE user_id = ?",
        (user_id,),
    )
    return None if row is None else Standing(*row)
