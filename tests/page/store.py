"""A person's conversations, written for these tests, kept by a real engine and told to it by a real host."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, Implementation

from memos_mcp.cli.commands.open_page import link_to
from memos_mcp.cli.commands.status import look
from memos_mcp.core.settings import read_settings
from tests.engine.conftest import engines_of

HOST = "Notebook"
LOCOMO = Path(__file__).parents[3] / "shared" / "data" / "locomo-dev.json"

Turn = tuple[str, str]
CONVERSATIONS: dict[str, tuple[str, list[Turn]]] = {
    "boat": (
        "2026-03-02T18:20:00",
        [
            ("user", "I bought a small wooden boat called Tern last Saturday."),
            ("assistant", "Congratulations! Where do you keep it?"),
            ("user", "I keep the boat in the harbour of Flensburg, at pier four."),
            ("assistant", "A fine place. Check the ropes before the spring storms."),
            ("user", "My brother Jonas will help me to paint it in April."),
            ("user", "I prefer short answers without lists."),
        ],
    ),
    "kitchen": (
        "2026-04-11T09:05:00",
        [
            ("user", "I am allergic to hazelnuts, so please leave them out of recipes."),
            ("assistant", "Noted: no hazelnuts."),
            ("user", "On Sundays I bake rye bread with my daughter Alva."),
            ("user", "I love strong black tea in the morning."),
            ("user", "Our oven broke on Friday and the repair costs 240 euros."),
        ],
    ),
    "clinic": (
        "2026-05-20T12:00:00",
        [
            ("user", "My doctor is called Miriam Vance and her practice is in Dock Street."),
            ("user", "Doctor Vance told me to walk for half an hour each day."),
            ("assistant", "That is good advice; shall I remind you?"),
            ("user", "The next appointment with Miriam Vance is on 3 June 2026."),
        ],
    ),
    "odd": (
        "2026-06-01T08:00:00",
        [
            ("user", "<script>document.title='owned'</script> I live in <b>Lund</b>."),
            ("user", '<img src="x" onerror="alert(1)"> [read this](javascript:alert(2)) is what my sister sent me.'),
            ("user", "My password hint is \u202etxet desrever\u202c and I like \u2067ltr\u2069 marks."),
            ("user", "أنا أعيش في القاهرة وأحب القهوة كثيرا"),
            ("user", "我住在上海，我喜欢喝绿茶，下个月要去北京旅行。"),
        ],
    ),
}


@dataclass
class Store:
    """A data directory whose engine runs, and a host that is connected to it, for a user."""

    folder: Path
    portal: BlockingPortal
    host: Client
    user: str = "default"

    def link(self) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MEMOS_USER_ID", self.user)
            return link_to(self.folder)

    @contextmanager
    def of(self, user: str) -> Iterator["Store"]:
        """Yield the same for another user, whose memory nobody has seen."""
        host = connect(MEMOS_USER_ID=user)
        with self.portal.wrap_async_context_manager(host):
            yield Store(self.folder, self.portal, host, user)

    def tell(self, conversation_id: str, *turns: Turn, at: str = "", settle: bool = True) -> None:
        time = {"chat_time": at} if at else {}
        messages = [{"role": role, "content": content} | time for role, content in turns]
        arguments = {"messages": messages, "conversation_id": conversation_id}
        result: CallToolResult = self.portal.call(self.host.call_tool, "add_message", arguments)
        assert not result.is_error, result.content
        while settle and self._waits():
            self.portal.call(_pause)

    def _waits(self) -> bool:
        store = look(read_settings()).store
        return store is not None and bool(store.waiting_for_memories)


async def _pause() -> None:
    from anyio import sleep

    await sleep(0.05)


def connect(**variables: str) -> Client:
    """Make a host that is not connected yet."""
    started = StdioServerParameters(command=sys.executable, args=["-m", "memos_mcp"], env=os.environ | variables)
    return Client(started, mode="legacy", client_info=Implementation(name=HOST, version="2"))


@contextmanager
def kept(folder: Path) -> Iterator[Store]:
    """Keep the conversations in a folder."""
    with begun(folder) as store:
        for name, (at, turns) in CONVERSATIONS.items():
            store.tell(name, *turns, at=at, settle=False)
        for number, (at, turns) in enumerate(locomo()):
            store.tell(f"friends-{number}", *turns, at=at, settle=False)
        store.tell("boat", ("assistant", "See you on the water."), at="2026-06-02T10:00:00")
        yield store


@contextmanager
def begun(folder: Path) -> Iterator[Store]:
    """Begin with nothing in a folder, on a machine with one host."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MEMOS_") and not name.startswith("MEMOS_TEST_")]:
            patch.delenv(name)
        patch.setenv("MEMOS_DATA_DIR", str(folder))
        home = folder.parent / f"{folder.name}-home"
        (home / ".cursor").mkdir(parents=True)  # a host that is there
        patch.setenv("HOME", str(home))
        patch.setenv("MEMOS_ENGINE_IDLE", "120")
        host = connect()
        try:
            with start_blocking_portal() as portal, portal.wrap_async_context_manager(host):
                yield Store(folder, portal, host)
        finally:
            for engine in engines_of(folder):
                with suppress(ProcessLookupError):
                    os.kill(engine.pid, signal.SIGKILL)
                    engine.wait(60)


def locomo() -> list[tuple[str, list[Turn]]]:
    """Return a few sessions of a real conversation, where the set is here."""
    if not LOCOMO.exists():
        return []
    conversation = json.loads(LOCOMO.read_text(encoding="utf-8"))[0]
    first = conversation["speaker_a"]
    return [
        (
            f"2023-0{number + 5}-08T13:00:00",
            [("user" if turn["speaker"] == first else "assistant", turn["text"]) for turn in one["turns"]],
        )
        for number, one in enumerate(conversation["sessions"][:3])
    ]
