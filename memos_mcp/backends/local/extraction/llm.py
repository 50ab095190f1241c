"""The LLM extractor: memories written by a chat model, kept only where their sources support them."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
import httpx

from memos_mcp.backends.local.extraction.base import Draft, Extractor, Source
from memos_mcp.backends.local.extraction.chat import ANSWER_SECONDS, ChatModel, ChatRefused
from memos_mcp.backends.local.extraction.grounding import Embed, SemanticGrounding
from memos_mcp.backends.local.extraction.prompt import VERSION, Batch, batches, question, repair, schema
from memos_mcp.backends.local.extraction.proposals import ModelOutput, UnreadableAnswer, drafts, read_answer
from memos_mcp.core.errors import Unavailable

logger = logging.getLogger(__name__)


class LlmExtractor:
    """Asks a chat model what to remember of a conversation, batch by batch.

    What the model says is grounded: a memory whose words, names, numbers or dates are not in its sources, or whose
    meaning is far from all of them, is dropped. A batch whose answer cannot be read, after one repair, or of which
    nothing holds, is given to `fallback`, so that a message is never left without memories because a model failed.
    """

    takes_instructions = True

    def __init__(
        self,
        base_url: str,
        *,
        model: str,
        api_key: str,
        fallback: Extractor,
        embed: Embed,
        connect: Callable[[], httpx.AsyncClient] = httpx.AsyncClient,
        timeout: float = ANSWER_SECONDS,
    ) -> None:
        """Take where the model is and who takes its place; `embed` judges its meaning, `connect` makes a client."""
        self.name = f"llm:{model}:{VERSION}"
        self._chat = ChatModel(base_url, model=model, api_key=api_key, connect=connect, timeout=timeout)
        self._fallback = fallback
        self._nearness = SemanticGrounding(embed)
        self._closed = False
        self._cancel: Callable[[], object] | None = None

    def extract(self, messages: Sequence[Source], *, before: Sequence[Source], instructions: str = "") -> list[Draft]:
        """Draft the memories that `messages` support; called from one thread without an event loop.

        Raises:
            Unavailable: the model is not there now; the same call may succeed later.
        """
        return anyio.run(partial(self._extract, batches(messages, before=before, instructions=instructions)))

    def close(self) -> None:
        """End the call in hand, from any thread: it raises `Unavailable`, as does every later one."""
        self._closed = True
        if (cancel := self._cancel) is not None:
            with suppress(RuntimeError):  # the call has just ended, and its loop with it
                cancel()

    async def _extract(self, parts: Sequence[Batch]) -> list[Draft]:
        with anyio.CancelScope() as scope:
            loop = asyncio.get_running_loop()
            self._cancel = lambda: loop.call_soon_threadsafe(scope.cancel)
            try:
                if not self._closed:
                    return [draft for part in parts for draft in await self._learn(part)]
            finally:
                self._cancel = None
        raise Unavailable("The extraction was ended; it is taken up again later.")

    async def _learn(self, batch: Batch) -> list[Draft]:
        try:
            answer = await self._ask(batch)
        except (UnreadableAnswer, ChatRefused) as exc:
            logger.warning(
                "%s gave no memories (%s); %s takes its place", self.name, type(exc).__name__, self._fallback.name
            )
            return self._instead(batch)
        found, dropped = drafts(answer, batch, nearness=self._nearness)
        if dropped:
            logger.info("%s: %d kept, dropped for want of support: %s", self.name, len(found), dict(dropped))
        return self._instead(batch) if dropped and not found else found

    async def _ask(self, batch: Batch) -> ModelOutput:
        asked = question(batch)
        text = await self._chat.complete(asked, schema=schema())
        try:
            return read_answer(text)
        except UnreadableAnswer as exc:
            again = repair(asked, answer=text, problem=str(exc))
            return read_answer(await self._chat.complete(again, schema=schema()))

    def _instead(self, batch: Batch) -> list[Draft]:
        made = self._fallback.extract(batch.messages, before=batch.before)
        return [replace(draft, extractor=self._fallback.name) for draft in made]
