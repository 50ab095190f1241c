"""Clients of both protocol eras are told what has changed; nobody is told of another user."""

from collections.abc import Callable

import anyio
import pytest
from mcp import Client
from mcp.client.session import MessageHandlerFnT
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import ResourceListChangedNotification, ResourceUpdatedNotification

from memos_mcp.core.models import AddMessage, AddReceipt, Task
from memos_mcp.mcp.notifications import Notifications
from memos_mcp.mcp.uris import PROFILE
from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import connected

pytestmark = pytest.mark.filterwarnings("ignore:resources/(un)?subscribe is removed")
"""What is removed in the newer era is what the older one is tested with."""

WATCHED = "memos://conversations/trip"


def _collecting(seen: list[str]) -> MessageHandlerFnT:
    async def handle(message: object) -> None:
        match message:
            case ResourceUpdatedNotification(params=params):
                seen.append(params.uri)
            case ResourceListChangedNotification():
                seen.append("list")
            case _:
                pass

    return handle


async def _subscribe(client: Client, *uris: str) -> None:
    for uri in uris:
        await client.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - the older era has nothing else


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not condition():
            await anyio.lowlevel.checkpoint()


async def test_the_newer_era_hears_of_what_it_listens_for(backend: ListBackend) -> None:
    async with (
        connected(backend) as client,
        client.listen(resources_list_changed=True, resource_subscriptions=[WATCHED]) as events,
    ):
        await client.call_tool("add_message", {"messages": "elsewhere", "conversation_id": "other"})
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": "trip"})
        heard: set[object] = set()
        with anyio.fail_after(60):
            async for event in events:
                heard.add(event)
                if len(heard) == 2:
                    break

    assert heard == {ResourcesListChanged(), ResourceUpdated(uri=WATCHED)}


async def test_the_older_era_hears_of_what_it_subscribed_to(backend: ListBackend) -> None:
    seen: list[str] = []
    async with connected(backend, era="legacy", message_handler=_collecting(seen)) as client:
        await _subscribe(client, WATCHED)
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": "trip"})
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": "other"})
        await _until(lambda: len(seen) == 3)
        await client.unsubscribe_resource(WATCHED)  # pyright: ignore[reportDeprecated]
        await client.call_tool("add_message", {"messages": "hello", "conversation_id": "trip"})
        await client.call_tool("get_memory", {})

    assert seen == ["list", WATCHED, "list"]


async def test_a_deletion_and_a_correction_are_told(backend: ListBackend) -> None:
    seen: list[str] = []
    async with connected(backend, era="legacy", message_handler=_collecting(seen)) as client:
        await client.call_tool("add_message", {"messages": "I have a cat"})
        await _until(lambda: seen == ["list"])
        await _subscribe(client, "memos://profile", "memos://memories/p2")
        await client.call_tool("delete_memory", {"memory_ids": ["p2"]})
        await client.call_tool("add_feedback", {"feedback_content": "I have no cat"})
        await _until(lambda: len(seen) == 4)

    assert seen[1:] == ["memos://memories/p2", "memos://profile", "memos://profile"]


async def test_both_eras_advertise_it(client: Client) -> None:
    capabilities = client.server_capabilities.resources

    assert capabilities is not None
    assert capabilities.list_changed
    assert capabilities.subscribe


async def test_users_hear_nothing_of_each_other() -> None:
    current = "ann"
    notices = Notifications(lambda: current)
    heard: dict[str, list[object]] = {"ann": [], "bob": []}
    notices.subscribe(heard["ann"].append)
    current = "bob"
    leave = notices.subscribe(heard["bob"].append)

    await notices.publish(ResourceUpdated(uri="memos://profile"))
    leave()
    await notices.publish(ResourceUpdated(uri="memos://profile"))

    assert heard == {"ann": [], "bob": [ResourceUpdated(uri="memos://profile")]}


class SlowBackend(ListBackend):
    """Answers an add before its memories are there."""

    learnt = False

    async def add_message(self, request: AddMessage, *, user_id: str) -> AddReceipt:
        receipt = await super().add_message(request, user_id=user_id)
        return receipt.model_copy(update={"status": "running"})

    async def get_status(self, task_id: str, *, user_id: str) -> Task:
        assert user_id == "ann"
        return Task(task_id=task_id, status="completed" if self.learnt else "running")


async def test_the_profile_is_announced_again_when_the_memories_of_an_add_have_landed() -> None:
    seen: list[str] = []
    backend = SlowBackend()
    async with connected(backend, era="legacy", message_handler=_collecting(seen)) as client:
        await _subscribe(client, PROFILE)
        await client.call_tool("add_message", {"messages": "hello"})
        await _until(lambda: seen.count(PROFILE) == 1)
        backend.learnt = True
        await _until(lambda: seen.count(PROFILE) == 2)
