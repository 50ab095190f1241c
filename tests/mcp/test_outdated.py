"""What is outdated is marked in the text of an answer and beside it."""

from pathlib import Path

from tests.local.stores import learnt, store
from tests.mcp.clients import connected, structured, text_of


async def test_a_replaced_message_is_marked_in_both_forms_of_a_search(tmp_path: Path) -> None:
    async with store(tmp_path) as backend, connected(backend) as client:
        await client.call_tool("add_message", {"messages": "I work for Initech.", "conversation_id": "old"})
        await learnt(backend, user_id="ann")
        await client.call_tool("add_feedback", {"feedback_content": "That is wrong: I work for Hooli, not Initech"})
        found = await client.call_tool("search_memory", {"query": "work for"})
        first, second = structured(found)["message_detail_list"]
        lines = text_of(found).splitlines()

    assert (first["content"], "status" in first) == ("That is wrong: I work for Hooli, not Initech", False)
    assert (second["status"], second["superseded_by"]) == ("archived", first["id"])
    (outdated,) = [line for line in lines if "Initech." in line]
    assert " superseded user: " in outdated
    assert lines.index(outdated) > next(at for at, line in enumerate(lines) if "Hooli" in line)
