"""Lists of conversations, and of the messages in one, as `/api/v1` shows them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from memos_mcp.backends.local.ledger.cursors import containing, cursor_of, position_of
from memos_mcp.backends.local.ledger.database_interface import Database, ResultRow
from memos_mcp.backends.local.ledger.memories import memory_id
from memos_mcp.backends.local.ledger.messages import Messages
from memos_mcp.core.api_models import ConversationList, ConversationsQuery, ShownConversation, ShownMessage, iso_time

LONGEST_TITLE = 80  # characters: a line of a list

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class ConversationLists:
    """Lists of conversations and messages of one user."""

    database: Database
    stored: Messages

    def conversations(self, user: int, query: ConversationsQuery) -> ConversationList:
        """Return a part of the list, the conversation last used first."""
        last = "(SELECT max(seq) FROM message WHERE message.conversation = conversation.key)"
        where = "user = ?"
        parameters: list[object] = [user]
        if query.text:
            where += (
                " AND (lower(conversation_id) LIKE ? ESCAPE '!' OR EXISTS (SELECT 1 FROM message WHERE"
                " message.conversation = conversation.key AND lower(content) LIKE ? ESCAPE '!'))"
            )
            parameters += [containing(query.text)] * 2
        listed = f"SELECT key, conversation_id, {last} AS last FROM conversation WHERE {where}"
        before, at = ("last < ?", position_of(query.cursor, int)) if query.cursor else ("last IS NOT NULL", [])
        rows = self.database.rows(
            f"SELECT * FROM ({listed}) AS listed WHERE {before} ORDER BY last DESC LIMIT ?",
            (*parameters, *at, query.limit + 1),
        )
        part = rows[: query.limit]
        more = cursor_of(part[-1]["last"]) if len(rows) > len(part) else None
        return ConversationList(conversations=tuple(map(self._conversation, part)), next_cursor=more)

    def messages(
        self, user: int, conversation: int, *, seq: int | None, side: Side, limit: int, text: str = ""
    ) -> tuple[list[ShownMessage], bool]:
        """Return the messages next to one on a side (None: from that end), oldest first, and whether there are more."""
        where = "conversation = ?"
        parameters: list[object] = [conversation]
        sign, way = ("<", "DESC") if side == "before" else (">", "ASC")
        if seq is not None:
            where += f" AND seq {sign} ?"
            parameters.append(seq)
        if text:
            where += " AND lower(content) LIKE ? ESCAPE '!'"
            parameters.append(containing(text))
        rows = self.database.rows(
            f"SELECT seq FROM message WHERE {where} ORDER BY seq {way} LIMIT ?", (*parameters, limit + 1)
        )
        seqs = sorted(row["seq"] for row in rows[:limit])
        return list(self.messages_by_seq(user, seqs).values()), len(rows) > limit

    def first_since(self, conversation: int, time: int) -> int | None:
        """Return the key of the first message of a conversation that was said at a time or later."""
        row = self.database.row(
            "SELECT seq FROM message WHERE conversation = ? AND create_time >= ? ORDER BY create_time, seq LIMIT 1",
            (conversation, time),
        )
        return None if row is None else int(row["seq"])

    def _conversation(self, row: ResultRow) -> ShownConversation:
        spoken = self.database.rows(
            "SELECT count(*) AS total, min(create_time) AS first, max(create_time) AS last FROM message"
            " WHERE conversation = ?",
            (row["key"],),
        )[0]
        begins = self.database.rows(
            "SELECT content, info, utc_offset FROM message WHERE conversation = ? ORDER BY seq LIMIT 1", (row["key"],)
        )[0]
        named = json.loads(begins["info"]).get("title")
        title = " ".join((named if isinstance(named, str) and named else begins["content"]).split())
        return ShownConversation(
            conversation_id=row["conversation_id"],
            title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
            messages=spoken["total"],
            first_time=iso_time(spoken["first"], begins["utc_offset"]),
            last_time=iso_time(spoken["last"], begins["utc_offset"]),
        )

    def messages_by_seq(self, user: int, seqs: Sequence[int]) -> dict[int, ShownMessage]:
        """Return messages of a user by their keys, in that order; those that there are not are left out."""
        found = self.stored.by_seq(seqs, user=user)
        told = self.database.links("SELECT message, memory FROM source WHERE message IN ({}) ORDER BY memory", seqs)
        return {
            seq: ShownMessage(
                message_id=one.id,
                conversation_id=one.conversation_id,
                role=one.role,
                content=one.content,
                time=iso_time(one.create_time, one.utc_offset),
                memories=tuple(map(memory_id, told.get(seq, ()))),
            )
            for seq in seqs
            if (one := found.get(seq))
        }
