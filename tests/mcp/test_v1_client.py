"""A client built on the first major version of the SDK, in an environment of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

V1_PYTHON = os.environ.get("MEMOS_TEST_MCP1_PYTHON", "")
CLIENT = Path(__file__).with_name("v1_client.py")


@pytest.mark.skipif(not V1_PYTHON, reason="MEMOS_TEST_MCP1_PYTHON names no interpreter with mcp<2")
def test_a_client_of_the_first_sdk_is_served() -> None:
    command = [V1_PYTHON, str(CLIENT), sys.executable, "-m", "tests.mcp.stdio_server"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CLIENT.parents[2], timeout=60, check=True)
    seen = json.loads(done.stdout)

    assert seen["protocol"] == "2025-11-25"
    assert "search_memory" in seen["tools"]
    assert seen["added"]["conversation_id"] == seen["read"]["conversation_id"] == "0610"
    assert seen["found"]["memory_detail_list"][0]["memory_value"] == "[user perspective] I live in Rome"
    assert seen["read"]["message_detail_list"][0]["content"] == "I live in Rome"
    assert seen["deleted"] == {"success": True, "deleted": ["p2"]}
    assert seen["asked"][0].startswith("Delete for good?")
    assert seen["refused"][0]
    assert 'did you mean "query"?' in seen["refused"][1]
    assert seen["profile"].startswith("Known of this user: 0")
    assert "get_memory" in seen["prompt"]
