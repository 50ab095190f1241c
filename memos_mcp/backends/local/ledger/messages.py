"""Messages in the ledger: kept word for word, in order."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from memos_mcp.backends.local.ledger.database_interface import Database, Parameters, ResultRow
from memos_mcp.backends.local.ledger.message_info import info_of, is_public, speaker_of
from memos_mcp.core.errors import InvalidRequest
from memos_mcp.core.models import AddMessage, Conversation, StoredMessage


@dataclass(frozen=True, slots=True)
class Added:
    """What an add came to: its task and, where the add is a repeat, what the first one was given."""

    task_id: str
    conversation_id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What an index is built from: a text's place in time and conversation, and its features."""

    seq: int
    thread: int
    time: int
    features: bytes
    is_preference: bool = False


@dataclass(frozen=True, slots=True)
class MessagePosition:
    """Where a message stands: its key and that of its conversation."""

    seq: int
    conversation: int


@dataclass(frozen=True, slots=True)
class Messages:
    """The tables `user`, `conversation`, `message`, and the task of each add."""

    database: Database

    def user_key(self, user_id: str) -> int | None:
        """Return the key of a user who has stored something."""
        return self.database.value("SELECT key FROM user WHERE user_id = ?", (user_id,))

    def user_id(self, user: int) -> str:
        """Return the id of a user; empty where there is none of that key any more."""
        return self.database.value("SELECT user_id FROM user WHERE key = ?", (user,)) or ""

    def users(self) -> dict[int, str]:
        """Return every user's key and id."""
        return dict(map(tuple, self.database.rows("SELECT key, user_id FROM user")))

    def conversation_key(self, user: int, conversation_id: str) -> int | None:
        """Return the key of a conversation of this user."""
        sql = "SELECT key FROM conversation WHERE user = ? AND conversation_id = ?"
        return self.database.value(sql, (user, conversation_id))

    def add(
        self, request: AddMessage, *, user_id: str, features: Sequence[bytes], now: int, learn: bool = True
    ) -> Added:
        """Store the messages of an add and open its task, in one transaction; a repeated `key` stores nothing.

        Without `learn` the task is done already: no memories are made of them.

        Raises:
            InvalidRequest: the key is that of an add of other messages, which would be lost if this were a repeat.
        """
        with self.database.transaction():
            user = self.user_to_write_for(user_id)
            if request.key and (known := self._by_idempotency_key(user_id, request.key)):
                self._check_repeat(request, known.task_id)
                return known
            conversation = self.conversation_to_write_in(user, request.conversation_id)
            task_id = uuid.uuid4().hex[:12]
            task = self.database.insert(
                "task",
                id=task_id,
                user=user,
                conversation=conversation,
                idempotency=request.key or None,
                state="running" if learn else "completed",
            )
            self._store(request, features, now=now, user=user, conversation=conversation, task=task)
        return Added(task_id, request.conversation_id, repeated=False)

    def user_to_write_for(self, user_id: str) -> int:
        """Return the key of a user, new or known, for whom the transaction in hand alone writes."""
        self.database.execute("INSERT INTO user (user_id) VALUES (?) ON CONFLICT DO NOTHING", (user_id,))
        user = self.database.number("SELECT key FROM user WHERE user_id = ?", (user_id,))
        self.database.one_writer(user)
        return user

    def _by_idempotency_key(self, user_id: str, key: str) -> Added | None:
        row = self.database.row(
            "SELECT task.id, conversation_id FROM task JOIN user ON user.key = task.user"
            " JOIN conversation ON conversation.key = task.conversation WHERE user_id = ? AND idempotency = ?",
            (user_id, key),
        )
        return None if row is None else Added(row["id"], row["conversation_id"], repeated=True)

    def _check_repeat(self, request: AddMessage, task_id: str) -> None:
        sql = "SELECT content FROM message JOIN task ON task.key = message.task WHERE task.id = ?"
        kept = set(self.database.column(sql, (task_id,)))  # fewer than there were, where some have been deleted
        if not kept <= {message.content for message in request.messages}:
            raise InvalidRequest(
                "This Idempotency-Key is that of an earlier add of other messages. Nothing was stored; take a new key."
            )

    def conversation_to_write_in(self, user: int, conversation_id: str) -> int:
        """Return the key of a conversation of a user, new or known."""
        known = self.conversation_key(user, conversation_id)
        return known or self.database.insert("conversation", user=user, conversation_id=conversation_id)

    def _store(
        self,
        request: AddMessage,
        features: Sequence[bytes],
        *,
        now: int,
        user: int,
        conversation: int,
        task: int,
    ) -> None:
        tags = json.dumps(request.tags, ensure_ascii=False)
        for message, blob in zip(request.messages, features, strict=True):
            said = now if message.chat_time is None else message.chat_time
            seq = self.database.insert(
                "message",
                user=user,
                conversation=conversation,
                task=task,
                role=message.role,
                content=message.content,
                create_time=said,
                update_time=now,
                utc_offset=message.utc_offset,
                agent_id=request.agent_id,
                app_id=request.app_id,
                tags=tags,
                info=info_of(request, message),
                features=blob,
            )
            self.database.execute("INSERT INTO pending (user, kind, seq) VALUES (?, 'message', ?)", (user, seq))

    def count(self, conversation: int) -> int:
        """Count the messages of a conversation."""
        return self.database.number("SELECT count(*) FROM message WHERE conversation = ?", (conversation,))

    def count_later(self, conversation: int, seq: int | None) -> int | None:
        """Count the messages after one of a conversation; None where the conversation does not have it."""
        return self.database.value(
            "SELECT (SELECT count(*) FROM message WHERE conversation = ? AND seq > ?) FROM message"
            " WHERE seq = ? AND conversation = ?",
            (conversation, seq, seq, conversation),
        )

    def page(self, conversation: int, *, size: int, page: int) -> list[StoredMessage]:
        """Return a page of a conversation, oldest first; page 1 holds the last messages."""
        rows = self.database.rows(
            f"{_STORED} WHERE message.conversation = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
            (conversation, size, (page - 1) * size),
        )
        return [_stored(row) for row in reversed(rows)]

    def by_seq(self, seqs: Collection[int], *, user: int | None = None) -> dict[int, StoredMessage]:
        """Return messages by their keys, of a user or of anybody."""
        sql = f"{_STORED} WHERE coalesce(message.user = ?, TRUE) AND seq IN ({{}})"
        return {row["seq"]: _stored(row) for row in self.database.among(sql, seqs, user)}

    def rows_after(self, user: int, seq: int) -> list[IndexRow]:
        """Return what an index needs of the messages that were added after one."""
        return [
            IndexRow(*row)
            for row in self.database.rows(
                "SELECT seq, conversation, create_time, features FROM message WHERE user = ? AND seq > ? ORDER BY seq",
                (user, seq),
            )
        ]

    def conversation_of(self, seq: int) -> int | None:
        """Return the key of the conversation that a message stands in."""
        return self.database.value("SELECT conversation FROM message WHERE seq = ?", (seq,))

    def last_of(self, task_id: str) -> MessagePosition:
        """Say where the last message of an add stands."""
        sql = "SELECT seq, message.conversation FROM message JOIN task ON task.key = task WHERE task.id = ?"
        return MessagePosition(*self.database.rows(f"{sql} ORDER BY seq DESC LIMIT 1", (task_id,))[0])

    def matching(self, user: int, condition: str, parameters: Parameters) -> set[int]:
        """Return the keys of the messages that meet a condition on the columns of `message`."""
        return set(
            self.database.column(f"SELECT seq FROM message WHERE user = ? AND ({condition})", (user, *parameters))
        )

    def conversations(self, user: int, *, prefix: str, size: int, page: int) -> tuple[list[Conversation], int]:
        """Return a page of the user's conversations whose id begins so, the last used first, and how many there are."""
        where = "conversation.user = ? AND substr(conversation_id, 1, length(?)) = ?"
        parameters = (user, prefix, prefix)
        rows = self.database.rows(
            "SELECT conversation_id, count(*) AS total,"
            " min(create_time) AS create_time, max(create_time) AS update_time"
            f" FROM conversation JOIN message ON message.conversation = conversation.key WHERE {where}"
            " GROUP BY conversation.key ORDER BY max(seq) DESC LIMIT ? OFFSET ?",
            (*parameters, size, (page - 1) * size),
        )
        total = self.database.number(f"SELECT count(*) FROM conversation WHERE {where}", parameters)
        return [Conversation.model_validate(dict(row)) for row in rows], total

    def public_authors(self) -> dict[int, str]:
        """Return the key and id of every user who let others find something."""
        sql = f"SELECT key, user_id FROM user WHERE key IN (SELECT message.user FROM message WHERE {is_public()})"
        return dict(map(tuple, self.database.rows(sql)))

    def info(self, identifiers: Collection[str]) -> dict[str, dict[str, JsonValue]]:
        """Return what was said about these messages when they were added."""
        seqs = [seq for one in identifiers if (seq := message_seq(one)) is not None]
        rows = self.database.among("SELECT seq, info FROM message WHERE seq IN ({})", seqs)
        return {message_id(row["seq"]): json.loads(row["info"]) for row in rows}

    def first_info(self, user: int) -> dict[str, dict[str, JsonValue]]:
        """Return what was said about the first message of each conversation of a user."""
        rows = self.database.rows(
            "SELECT conversation_id, info FROM message JOIN conversation ON conversation.key = message.conversation"
            " WHERE seq IN (SELECT min(seq) FROM message WHERE user = ? GROUP BY conversation)",
            (user,),
        )
        return {row["conversation_id"]: json.loads(row["info"]) for row in rows}


_STORED = (
    "SELECT seq, role, content, conversation_id, create_time, update_time, utc_offset, info FROM message"
    " JOIN conversation ON conversation.key = message.conversation"
)


def message_id(seq: int) -> str:
    """Write a message's key as the id that callers see: short, for an agent pays by the token."""
    return f"m{seq}"


def message_seq(identifier: str) -> int | None:
    """Read the key back from an id; None for what cannot be one."""
    return read_seq(identifier, "m")


def read_seq(identifier: str, letter: str) -> int | None:
    """Read the key from an id that is a letter and digits; None for what is not."""
    digits = identifier[1:]
    is_one = identifier[:1] == letter and digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if is_one else None


def _stored(row: ResultRow) -> StoredMessage:
    role_id, role_name = speaker_of(row["info"])
    names = {"id": message_id(row["seq"]), "role_id": role_id, "role_name": role_name}
    return StoredMessage.model_validate(dict(row) | names)
