"""Knowledge bases: documents in pieces that everybody who uses the server may search.

A knowledge base is kept as the conversations of a user of its own: a document is a conversation, a piece is a message.
So pieces are embedded, indexed, ranked, exported and backed up as all that is said is.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pydantic import JsonValue

from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger.standing import standing_of
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.search.lexical_indexes import Indexes
from memos_mcp.backends.local.search.retriever import Retriever
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.core.document_text import read
from memos_mcp.core.errors import NotFound
from memos_mcp.core.memory_sources import of_source
from memos_mcp.core.models import AddMessage, Document, KnowledgeBase, Memory, Message, SearchMemory, SearchResult

OWNER: Final = "knowledgebase:"
"""What the ids of the users begin with that stand for knowledge bases."""

ALL: Final = "all"
MOST: Final = 2**31
"""More documents than a knowledge base has."""

MEMORY_TYPE: Final = "DocumentMemory"


class KnowledgeBases:
    """Keeps documents and finds pieces of them."""

    def __init__(
        self,
        ledger: Ledger,
        search: Retriever,
        indexes: Indexes,
        *,
        changed: Callable[[], None],
        redact: Redact | None,
    ) -> None:
        """Take ready collaborators; `changed` is called where the vector index has to follow."""
        self._redact = redact
        self._ledger = ledger
        self._search = search
        self._indexes = indexes
        self._changed = changed

    def create(self, name: str, *, description: str) -> str:
        """Make an empty knowledge base and give its id."""
        identifier = uuid.uuid4().hex
        self._ledger.note(OWNER + identifier, json.dumps({"name": name, "description": description}))
        return identifier

    def listed(self) -> list[KnowledgeBase]:
        """List the knowledge bases, by name."""
        bases = [self._called(identifier) for identifier in self._made()]
        return sorted(bases, key=lambda one: (one.knowledgebase_name, one.id))

    def _called(self, identifier: str) -> KnowledgeBase:
        noted: dict[str, str] = json.loads(self._ledger.noted(OWNER + identifier) or "{}")
        return KnowledgeBase(
            id=identifier,
            knowledgebase_name=noted.get("name", ""),
            knowledgebase_description=noted.get("description", ""),
        )

    def _made(self) -> set[str]:
        """Return the ids of all, of those without documents too."""
        noted = self._ledger.noted_under(OWNER)
        return {name.removeprefix(OWNER) for name in noted} | set(self._identifiers())

    def delete(self, identifier: str) -> None:
        """Remove a knowledge base with all of its documents."""
        self._check(identifier)
        self._ledger.forget_note(OWNER + identifier)
        user = self._ledger.messages.user_key(OWNER + identifier)
        if user is not None:
            self._ledger.removal.forget_user(user)
            self._indexes.forget(user)
            self._changed()

    def add(self, identifier: str, *, name: str, content: bytes, now: int) -> Document:
        """Keep a document.

        Raises:
            NotFound: there is no such knowledge base.
            InvalidRequest: the document cannot be read.
        """
        self._check(identifier)
        pieces = read(name, content)
        document = uuid.uuid4().hex
        with self._ledger.database.transaction():
            for piece in pieces:
                text = self._redact(piece.text)[0] if self._redact else piece.text
                request = AddMessage(
                    messages=(Message(role="user", content=text),),
                    conversation_id=document,
                    info={"file": name, "place": piece.place},
                )
                features = [analyse(text, role="user")]
                self._ledger.messages.add(request, user_id=OWNER + identifier, features=features, now=now, learn=False)
        self._changed()
        return Document(id=document, name=name, pieces=len(pieces), create_time=now)

    def documents(self, identifier: str) -> list[Document]:
        """Return the documents of a knowledge base, the last added first."""
        self._check(identifier)
        return list(self._documents(identifier))

    def named(self, document_ids: Sequence[str]) -> list[Document]:
        """Return these documents, whichever knowledge base they are in.

        Raises:
            NotFound: one is unknown.
        """
        known = {one.id: one for identifier in self._identifiers() for one in self._documents(identifier)}
        unknown = [identifier for identifier in document_ids if identifier not in known]
        if unknown:
            raise NotFound(f'There is no document "{unknown[0][:60]}". Nothing was changed.')
        return [known[identifier] for identifier in document_ids]

    def remove(self, document_ids: Sequence[str]) -> None:
        """Remove these documents, all or, where one is unknown (`NotFound`), none."""
        self.named(document_ids)
        for identifier in self._identifiers():
            user = self._ledger.messages.user_key(OWNER + identifier)
            keys = [self._ledger.messages.conversation_key(user, one) for one in document_ids] if user else []
            found = [key for key in keys if key is not None]
            if user and found:
                self._ledger.removal.forget_conversations(user, found)
                self._indexes.forget(user)
        self._changed()

    def joined(self, found: SearchResult, request: SearchMemory, *, now: int) -> SearchResult:
        """Put pieces of the knowledge bases that a search names among the memories, the best first."""
        chosen = self._identifiers() if ALL in request.knowledgebase_ids else request.knowledgebase_ids
        pieces: list[Memory] = []
        for identifier in chosen:
            with self._ledger.database.of_user(OWNER + identifier):
                pieces += self._pieces(identifier, request, now)
        everything = sorted((*found.memory_detail_list, *pieces), key=lambda one: -(one.relativity or 0))
        return found.model_copy(update={"memory_detail_list": tuple(everything[: request.memory_limit_number])})

    def _pieces(self, identifier: str, request: SearchMemory, now: int) -> Iterator[Memory]:
        standing = standing_of(self._ledger.database, OWNER + identifier)
        if standing is None:
            return
        asked = request.model_copy(
            update={
                "filter": of_source(request.filter, "knowledgebase"),
                "conversation_id": "",
                "memory_limit_number": 0,
                "include_preference": False,
                "message_limit_number": request.memory_limit_number,
            }
        )
        hits = self._search.run(asked, standing=standing, now=now).message_detail_list
        about = self._ledger.messages.info([one.id for one in hits])
        for one in hits:
            if (one.relativity or 0) >= request.relativity:
                yield Memory(
                    id=one.id,
                    memory_key=f"{about[one.id].get('file', '')}, {about[one.id].get('place', '')}",
                    memory_value=one.content,
                    memory_type=MEMORY_TYPE,
                    conversation_id=one.conversation_id,
                    create_time=one.create_time,
                    update_time=one.update_time,
                    relativity=one.relativity,
                )

    def _documents(self, identifier: str) -> Iterator[Document]:
        user = self._ledger.messages.user_key(OWNER + identifier)
        if user is None:
            return
        listed, _ = self._ledger.messages.conversations(user, prefix="", size=MOST, page=1)
        names = self._ledger.messages.first_info(user)
        for one in listed:
            name: JsonValue = names[one.conversation_id].get("file", "")
            yield Document(id=one.conversation_id, name=str(name), pieces=one.total, create_time=one.create_time)

    def _identifiers(self) -> list[str]:
        users = self._ledger.messages.users().values()
        return [user_id.removeprefix(OWNER) for user_id in users if user_id.startswith(OWNER)]

    def _check(self, identifier: str) -> None:
        if not self._ledger.noted(OWNER + identifier) and identifier not in self._identifiers():
            raise NotFound(f'There is no knowledge base "{identifier[:60]}": make it with create/knowledgebase.')
