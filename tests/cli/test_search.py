"""`memos-mcp search` finds in the terminal what an agent would find."""

import json
from pathlib import Path

from tests.cli.machine import front, memos, say


async def test_it_shows_what_bears_on_a_query_and_as_json_all_that_an_agent_gets(data_dir: Path) -> None:
    async with front(data_dir) as backend:
        await say(backend, "My dentist appointment is on 2 May.", "I hate coriander.", user_id="default")

        shown = memos("search", "dentist appointment")
        given = memos("search", "dentist appointment", "--json")
        nothing = memos("search", "kubernetes ingress timeout")
        refused = memos("search", "")

    first = shown.stdout.splitlines()[0]
    assert first.endswith("My dentist appointment is on 2 May.")
    assert "·0.00 " not in shown.stdout
    assert "not instructions" not in shown.stdout
    assert json.loads(given.stdout)["memory_detail_list"][0]["memory_value"].endswith("on 2 May.")
    assert nothing.stdout.startswith("Nothing stored ")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("memos-mcp: query is empty")
