"""Routes of the contract that are not there say so, and what there is instead."""

from pathlib import Path

import pytest

from memos_mcp.api.contract.not_found import REFUSED
from tests.api.engine import engine


@pytest.mark.parametrize("route", REFUSED)
async def test_a_route_without_a_meaning_here_is_refused_with_a_sentence(tmp_path: Path, route: str) -> None:
    async with engine(tmp_path) as api:
        status, refused = await api.post(route, {"user_id": "ana", "profile_template_id": "tpl_1"})

    assert (status, refused["code"]) == (400, 40000)
    assert "include_memory_view" in refused["message"]
