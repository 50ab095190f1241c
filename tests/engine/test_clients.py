"""Clients of both protocol eras are served through a relay as they are in process, across engines too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.server.subscriptions import ResourceUpdated
from mcp.types import PromptReference

from tests.api.process import running
from tests.engine.conftest import engines_of
from tests.mcp.clients import structured
from tests.mcp.test_v1_client import CLIENT, V1_PYTHON

RELAY = [sys.executable, "-m", "memos_mcp"]


def host(data_dir: Path, mode: str, **variables: str) -> Client:
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), **variables}
    parameters = StdioServerParameters(command=RELAY[0], args=RELAY[1:], env=environment)
    return Client(parameters, mode=mode)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_a_client_of_either_era_is_served_across_an_engines_death(data_dir: Path, mode: str) -> None:
    with anyio.fail_after(60):
        async with host(data_dir, mode) as client:
            first = structured(await client.call_tool("add_message", {"messages": "before"}))
            (engine,) = engines_of(data_dir)
            engine.kill()
            engine.wait(60)
            second = structured(await client.call_tool("add_message", {"messages": "after"}))
            read = structured(await client.call_tool("get_message", {}))
            listed = await client.list_resources()
            prompt = await client.get_prompt("recall", {"topic": "before"})
            reference = PromptReference(type="ref/prompt", name="recall")
            completed = await client.complete(reference, {"name": "topic", "value": "b"})

    assert first["conversation_id"] == second["conversation_id"] == read["conversation_id"]
    assert [message["content"] for message in read["message_detail_list"]] == ["before", "after"]
    assert any(first["conversation_id"] in resource.uri for resource in listed.resources)
    assert prompt.messages
    assert completed is not None


async def test_a_listener_of_the_newer_era_hears_of_another_hosts_add(data_dir: Path) -> None:
    uri = "memos://conversations/c"
    with anyio.fail_after(60):
        async with (
            host(data_dir, "auto") as watching,
            host(data_dir, "legacy") as adding,
            watching.listen(resource_subscriptions=[uri]) as changes,
        ):
            await adding.call_tool("add_message", {"messages": "hello", "conversation_id": "c"})
            assert await anext(aiter(changes)) == ResourceUpdated(uri=uri)


async def test_hosts_of_a_server_hear_of_adds_over_http_and_the_other_way_round(data_dir: Path) -> None:
    uri = "memos://conversations/c"
    with anyio.fail_after(120), running(data_dir) as server:
        async with host(data_dir, "auto") as by_relay, Client(f"{server.url}/mcp") as by_http:
            for watching, adding in ((by_relay, by_http), (by_http, by_relay)):
                async with watching.listen(resource_subscriptions=[uri]) as changes:
                    await adding.call_tool("add_message", {"messages": "hello", "conversation_id": "c"})
                    assert await anext(aiter(changes)) == ResourceUpdated(uri=uri)


async def test_hosts_hear_of_what_is_changed_through_either_api(data_dir: Path) -> None:
    with anyio.fail_after(120), running(data_dir) as server:
        async with host(data_dir, "auto") as watching, httpx.AsyncClient(base_url=server.url) as caller:
            said = {"conversation_id": "c", "messages": [{"role": "user", "content": "I prefer window seats."}]}
            async with watching.listen(resource_subscriptions=["memos://conversations/c"]) as changes:
                stored = await caller.post("/api/openmem/v1/add/message", json={**said, "async_mode": False})
                assert stored.json()["code"] == 0, stored.text
                assert await anext(aiter(changes)) == ResourceUpdated(uri="memos://conversations/c")

            (memory,) = (await caller.get("/api/v1/memories")).json()["memories"]
            uri = f"memos://memories/{memory['memory_id']}"
            async with watching.listen(resource_subscriptions=[uri]) as changes:
                edited = await caller.patch(
                    f"/api/v1/memories/{memory['memory_id']}", json={"value": "I prefer aisle seats."}
                )
                assert edited.status_code == 200, edited.text
                assert await anext(aiter(changes)) == ResourceUpdated(uri=uri)


@pytest.mark.parametrize("engine", ["shared", "embedded"])
async def test_a_host_hears_of_the_memories_that_an_add_leaves_behind(data_dir: Path, engine: str) -> None:
    with anyio.fail_after(60):
        async with (
            host(data_dir, "auto", MEMOS_ENGINE=engine) as client,
            client.listen(resource_subscriptions=["memos://profile"]) as changes,
        ):
            await client.call_tool("add_message", {"messages": "I prefer window seats."})
            async for _ in changes:  # of the add, and of what was learnt from it
                if structured(await client.call_tool("get_memory", {}))["preference_detail_list"]:
                    break


async def test_users_and_accounts_hear_nothing_of_each_other(data_dir: Path) -> None:
    uri = "memos://profile"
    async with (
        host(data_dir, "auto", MEMOS_USER_ID="ann") as watching,
        host(data_dir, "auto") as other,
        watching.listen(resource_subscriptions=[uri]) as changes,
    ):
        await other.call_tool("add_message", {"messages": "I prefer window seats.", "conversation_id": "c"})
        with anyio.move_on_after(2) as waited:
            await anext(aiter(changes))

    assert waited.cancelled_caught


@pytest.mark.skipif(not V1_PYTHON, reason="MEMOS_TEST_MCP1_PYTHON names no Python with mcp<2")
def test_a_client_on_version_1_of_the_sdk_is_served_by_a_relay(data_dir: Path) -> None:
    # That client gives a server no variables but a few of its own choice.
    command = [V1_PYTHON, str(CLIENT), "env", f"MEMOS_DATA_DIR={data_dir}", "MEMOS_ENGINE_IDLE=60", *RELAY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "search_memory" in json.loads(done.stdout)["tools"]
