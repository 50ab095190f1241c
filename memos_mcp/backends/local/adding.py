"""Adding messages: in one transaction with the work that they leave behind, without the secrets in them."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from memos_mcp.backends.local.consolidation.agent_memories import AgentMemories
from memos_mcp.backends.local.consolidation.learning import Learning
from memos_mcp.backends.local.ledger.ledger import Ledger
from memos_mcp.backends.local.ledger_reader import LedgerReader
from memos_mcp.backends.local.retrieval.features import analyse
from memos_mcp.backends.local.text.redaction import Redact
from memos_mcp.backends.local.text.secrets import redact_values
from memos_mcp.core.models import AddMessage, AddReceipt

NO_INSTRUCTIONS = "custom_extract_prompt had no effect: it is for a chat model (MEMOS_EXTRACTOR=llm)."
HIDDEN = (
    "{} secret(s), such as keys or passwords, were replaced by a mark and not stored. "
    "MEMOS_SECRETS=keep stores them word for word."
)


@dataclass(frozen=True, slots=True)
class Adding:
    """Commits adds to the ledger; runs in a thread that acts for the user.

    `changed` has the background take up what was added.
    """

    ledger: Ledger
    reading: LedgerReader
    agent_memories: AgentMemories
    learning: Learning
    clock: Callable[[], int]
    redact: Redact | None
    offset: Callable[[int], int]
    changed: Callable[[], None]

    def add(self, request: AddMessage, user_id: str) -> AddReceipt:
        """Commit an add; one that repeats another stores nothing."""
        if not request.conversation_id:
            request = request.model_copy(update={"conversation_id": uuid.uuid4().hex[:12]})
        request, hidden = self.prepared(request)
        features = [analyse(message.content, role=message.role) for message in request.messages]
        with self.ledger.database.transaction():
            added = self.ledger.messages.add(request, user_id=user_id, features=features, now=self.clock())
            unsaid = "" if added.repeated else self._keep_memories(request, added.task_id)
            unused = "" if added.repeated else self._instruct(request, added.task_id)
        self.changed()
        status = self.reading.task(added.task_id, user_id).status if added.repeated else "running"
        note = " ".join(filter(None, (HIDDEN.format(hidden) if hidden else "", unsaid, unused)))
        return AddReceipt(task_id=added.task_id, status=status, conversation_id=added.conversation_id, note=note)

    def prepared(self, request: AddMessage) -> tuple[AddMessage, int]:
        """Return an add as it is stored, with offsets and without secrets, and how many secrets it had."""
        return self._without_secrets(self._with_offsets(request))

    def _with_offsets(self, request: AddMessage) -> AddMessage:
        """Give messages whose time was written without an offset that of the user's time zone."""
        now = self.clock()
        messages = tuple(
            message
            if message.utc_offset is not None
            else message.model_copy(
                update={"utc_offset": self.offset(now if message.chat_time is None else message.chat_time)}
            )
            for message in request.messages
        )
        return request.model_copy(update={"messages": messages})

    def _keep_memories(self, request: AddMessage, task_id: str) -> str:
        """Keep the memories of the agent, and say what was not kept."""
        task = self.ledger.tasks.open(task_id) if request.memories else None
        return "" if task is None else self.agent_memories.keep(request.memories, task=task)

    def _instruct(self, request: AddMessage, task_id: str) -> str:
        """Keep what the application wants to be learnt, and say where that has no effect."""
        if not request.custom_extract_prompt:
            return ""
        if not self.learning.takes_instructions:
            return NO_INSTRUCTIONS
        if task := self.ledger.tasks.open(task_id):
            self.ledger.instruct(task.key, request.custom_extract_prompt)
        return ""

    def _without_secrets(self, request: AddMessage) -> tuple[AddMessage, int]:
        if self.redact is None:
            return request, 0
        redacted = [self.redact(message.content) for message in request.messages]
        messages = tuple(
            message.model_copy(update={"content": content})
            for message, (content, _) in zip(request.messages, redacted, strict=True)
        )
        memories = tuple(
            memory.model_copy(update={"content": self.redact(memory.content)[0]}) for memory in request.memories
        )
        tags = [self.redact(tag) for tag in request.tags]
        info, in_info = redact_values(request.info)
        update = {"messages": messages, "memories": memories, "tags": tuple(tag for tag, _ in tags), "info": info}
        update["custom_extract_prompt"] = self.redact(request.custom_extract_prompt)[0]
        return request.model_copy(update=update), in_info + sum(hidden for _, hidden in (*redacted, *tags))
