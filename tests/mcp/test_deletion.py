"""Deleting asks the user first, where the host can ask."""

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext, ElicitationFnT
from mcp.types import ElicitRequestParams, ElicitResult

from tests.fakes.memory_backend import ListBackend
from tests.mcp.clients import Era, connected, refused, structured, text_of


def _answering(result: ElicitResult, asked: list[str]) -> ElicitationFnT:
    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        asked.append(params.message)
        return result

    return answer


async def _two_facts(client: Client) -> None:
    await client.call_tool("add_message", {"messages": "I live in Berlin"})
    await client.call_tool("add_message", {"messages": "I have a dog"})


async def _known(client: Client) -> int:
    return structured(await client.call_tool("get_memory", {}))["total"]


async def test_a_user_who_says_yes_has_them_deleted_and_is_told_which(backend: ListBackend, era: Era) -> None:
    asked: list[str] = []
    yes = _answering(ElicitResult(action="accept", content={"delete": True}), asked)
    async with connected(backend, era=era, elicitation_callback=yes) as client:
        await _two_facts(client)
        result = await client.call_tool("delete_memory", {"memory_ids": ["p2"]})

        assert asked == ["Delete for good?\np2·2025-06-10 memory: [user perspective] I live in Berlin"]
        assert structured(result) == {"success": True, "deleted": ["p2"]}
        assert "I live in Berlin" in text_of(result)
        assert await _known(client) == 1


@pytest.mark.parametrize(
    "answer",
    [
        ElicitResult(action="decline"),
        ElicitResult(action="cancel"),
        ElicitResult(action="accept", content={"delete": False}),
    ],
)
async def test_a_user_who_says_no_keeps_them(backend: ListBackend, era: Era, answer: ElicitResult) -> None:
    async with connected(backend, era=era, elicitation_callback=_answering(answer, [])) as client:
        await _two_facts(client)
        result = await client.call_tool("delete_memory", {"memory_ids": ["p2", "p4"]})

        assert structured(result) == {"success": False, "deleted": []}
        assert "Nothing was deleted" in text_of(result)
        assert await _known(client) == 2


@pytest.mark.parametrize("content", [None, {"foo": 1}, {"delete": "perhaps"}])
async def test_an_answer_that_says_neither_yes_nor_no_deletes_nothing_and_names_no_function(
    backend: ListBackend, era: Era, content: dict[str, str | int | float | bool | list[str] | None] | None
) -> None:
    answer = _answering(ElicitResult(action="accept", content=content), [])
    async with connected(backend, era=era, elicitation_callback=answer) as client:
        await _two_facts(client)
        line = await refused(client, "delete_memory", memory_ids=["p2"])

        assert "Nothing was done" in line
        assert "esolver" not in line
        assert "confirm" not in line
        assert await _known(client) == 2


async def test_where_nobody_can_be_asked_the_host_has_been_told_that_it_destroys(client: Client) -> None:
    await _two_facts(client)
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    result = await client.call_tool("delete_memory", {"memory_ids": "p2"})

    assert structured(result)["deleted"] == ["p2"]
    annotations = tools["delete_memory"].annotations
    assert annotations is not None
    assert annotations.destructive_hint


async def test_nobody_is_asked_about_what_is_not_there(backend: ListBackend, era: Era) -> None:
    asked: list[str] = []
    yes = _answering(ElicitResult(action="accept", content={"delete": True}), asked)
    async with connected(backend, era=era, elicitation_callback=yes) as client:
        assert "p9" in await refused(client, "delete_memory", memory_ids=["p9"])
    assert asked == []


async def test_a_question_about_many_is_short(backend: ListBackend, era: Era) -> None:
    asked: list[str] = []
    yes = _answering(ElicitResult(action="decline"), asked)
    async with connected(backend, era=era, elicitation_callback=yes) as client:
        for number in range(14):
            await client.call_tool("add_message", {"messages": f"fact {number} " + "and more " * 100})
        known = structured(await client.call_tool("get_memory", {"size": 50}))["memory_detail_list"]
        await client.call_tool("delete_memory", {"memory_ids": [memory["id"] for memory in known]})

    assert asked[0].endswith("and 4 more")
    assert len(asked[0]) < 2_000
