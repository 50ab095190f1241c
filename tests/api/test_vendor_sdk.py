"""The vendor's own SDK against our engine.

It runs where the package `MemoryOS` is installed: beside us or, since it wants other versions of much, in an
environment of its own, whose interpreter MEMORYOS_PYTHON names. Its client needs `requests`, `pydantic`,
`python-dotenv` and `concurrent-log-handler` only:

    python -m venv sdk && sdk/bin/pip install --no-deps MemoryOS
    sdk/bin/pip install requests pydantic python-dotenv concurrent-log-handler
    MEMORYOS_PYTHON=sdk/bin/python pytest tests/api/test_vendor_sdk.py
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from memos_mcp.api.contract.chat import NO_MODEL
from memos_mcp.api.contract.not_found import NO_TEMPLATES
from tests.api.process import Running
from tests.consolidation.conversation import CONVERSATION_A

SCRIPT = Path(__file__).with_name("vendor_sdk.py")
PYTHON = os.environ.get("MEMORYOS_PYTHON") or (sys.executable if importlib.util.find_spec("memos") else "")


@pytest.mark.skipif(not PYTHON, reason="MemoryOS is not installed")
def test_every_method_of_the_vendors_sdk_works_or_is_refused_with_a_sentence_by_the_engine(
    engine_process: Running, tmp_path: Path
) -> None:
    messages = [{"role": role, "content": content} for role, content in CONVERSATION_A]

    done = subprocess.run(
        [PYTHON, SCRIPT, f"{engine_process.rest}/"],
        input=json.dumps(messages),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ) | {"MEMOS_BASE_PATH": str(tmp_path)},
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout.splitlines()[-1])
    assert "summer vacation" in " ".join(got.pop("memories"))
    assert [tuple(message) for message in got.pop("said")] == list(CONVERSATION_A)
    assert got.pop("known") >= 1
    refused = got.pop("refused")
    assert sorted(refused) == ["bind_profile_template", "chat", "delete_profile", "edit_profile"]
    assert refused.pop("chat") == NO_MODEL
    assert set(refused.values()) == {NO_TEMPLATES}
    assert "[public] The gate closes at nine." in " ".join(got.pop("shared"))
    assert got == {
        "added": [True, "completed"],
        "status": "completed",
        "feedback": True,
        "documents": [["rules.txt", "vendor_sdk.md"], True, True],
        "piece": "The gate opens at six.",
        "profile": True,
        "by id": True,
        "ranked": [1],
        "extracted": True,
        "updated": 0,
        "narrowed": True,
        "never called": [],
        "deleted": True,
        "wiped": True,
    }
