"""The main job, with the installed command, as a host does it: over stdio, across a restart, without a network."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.consolidation.conversation import CONVERSATION_A, NATIONAL_DAY

COMMAND = shutil.which("memos-mcp", path=str(Path(sys.executable).parent)) or "memos-mcp"
MESSAGES = [{"role": role, "content": content} for role, content in CONVERSATION_A]
Era = Literal["legacy", "auto"]


def environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEMOS_")}
    return {**kept, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE": "embedded"}


@asynccontextmanager
async def host(data_dir: Path, era: Era) -> AsyncGenerator[Client]:
    parameters = StdioServerParameters(command=COMMAND, args=[], env=environment(data_dir))
    async with Client(parameters, mode=era) as client:
        yield client


def contents(structured: dict[str, Any] | None) -> list[str]:
    return [message["content"] for message in (structured or {})["message_detail_list"]]


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_the_quick_start_comes_back_in_another_process(tmp_path: Path, era: Era) -> None:
    async with host(tmp_path, era) as client:
        added = await client.call_tool("add_message", {"messages": MESSAGES, "conversation_id": "0610"})
        assert added.structured_content is not None
        assert added.structured_content["success"] is True

    async with host(tmp_path, era) as client:
        with anyio.fail_after(60):  # memories are learnt in the background
            while not ((await client.call_tool("get_memory", {})).structured_content or {})["total"]:
                await anyio.sleep(0.05)
        found = await client.call_tool("search_memory", {"query": NATIONAL_DAY})
        kept = await client.call_tool("get_message", {"conversation_id": "0610"})

    assert found.structured_content is not None
    memories = " ".join(memory["memory_value"] for memory in found.structured_content["memory_detail_list"])
    assert "summer vacation" in memories
    assert "with both children and elderly" in memories
    assert contents(kept.structured_content) == [content for _, content in CONVERSATION_A]


def test_the_demonstration_shows_the_main_job_and_connects_to_nothing(tmp_path: Path) -> None:
    """Where strace is installed, it shows what is connected to."""
    trace = tmp_path / "trace"
    traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(trace)] if shutil.which("strace") else []

    command = [*traced, COMMAND, "demo"]
    shown = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=300, check=True)

    assert "with both children and elderly" in shown.stdout
    assert "word for word: yes" in shown.stdout
    internet = [line for line in trace.read_text(errors="replace").splitlines() if "AF_INET" in line] if traced else []
    assert internet == []


def test_a_setting_that_makes_no_sense_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    ended = subprocess.run(
        [COMMAND],
        env={**environment(tmp_path), "MEMOS_ENGINE": "warp"},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert re.fullmatch(r"memos-mcp: MEMOS_ENGINE: .*'shared' or 'embedded'.*start again\.\n", ended.stderr)


def test_a_missing_model_is_a_sentence_and_the_server_stays(tmp_path: Path) -> None:
    lines = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
        '"clientInfo":{"name":"t","version":"1"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
        '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add_message","arguments":{"messages":"x"}}}\n'
        '{"jsonrpc":"2.0","id":3,"method":"tools/list"}\n'
    )
    ended = subprocess.run(
        [COMMAND],
        env={**environment(tmp_path), "MEMOS_ONNX_MODEL": str(tmp_path / "nowhere")},
        input=lines,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "MEMOS_ONNX_MODEL" in ended.stdout
    assert '"id":3' in ended.stdout
    assert "Traceback" not in ended.stdout
