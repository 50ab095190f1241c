"""As a new user has it: Claude Code itself in a clean home, its plugin, a talk, and a question elsewhere.

It is asked in another session, in Codex itself, and with the hook of Gemini CLI; no prompt says a word about memory.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from memos_mcp.operations.status import kept_in
from tests.engine.conftest import engines_of
from tests.fakes.messages_api import messages_api

FACT = "we deploy the kite service with Nomad, never with Kubernetes."
QUESTION = "How do we deploy the kite service?"
CLAUDE = os.environ.get("MEMOS_TEST_CLAUDE") or shutil.which("claude")
CODEX = shutil.which("codex", path=f"{os.environ.get('MEMOS_TEST_NODE_MODULES', '')}/.bin") or shutil.which("codex")


@pytest.mark.processes
@pytest.mark.skipif(not CLAUDE, reason="Claude Code is not installed here; MEMOS_TEST_CLAUDE says where it is")
def test_what_one_session_told_another_session_and_another_host_know(tmp_path: Path) -> None:
    home, project, data_dir = tmp_path / "home", tmp_path / "kite", tmp_path / "data"
    home.mkdir()
    project.mkdir()
    memos = Path(sys.executable).with_name("memos-mcp")
    with messages_api() as model:
        variables = {
            name: value for name, value in os.environ.items() if not name.startswith(("MEMOS_", "CLAUDE", "CODEX"))
        }
        variables["PATH"] = f"{Path(str(CLAUDE)).parent}{os.pathsep}{variables['PATH']}"
        variables |= {"HOME": str(home), "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE_IDLE": "120"}
        variables |= {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "none", "DISABLE_AUTOUPDATER": "1"}
        variables |= {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}

        def run(*command: str, said: str = "") -> str:
            done = subprocess.run(
                command,
                env=variables,
                cwd=project,
                input=said,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        def memories() -> int:
            found = kept_in(data_dir / "ledger.sqlite3")
            return found.memories if found else 0

        try:
            run(str(memos), "install", "claude-code")
            assert "memos@memos-mcp" in run(str(CLAUDE), "plugin", "list")
            assert "Connected" in run(str(CLAUDE), "mcp", "list")
            run(str(CLAUDE), "-p", f"For the record: {FACT} <private>My pin is 4711.</private>")
            deadline = time.monotonic() + 60
            while not memories():
                assert time.monotonic() < deadline
                time.sleep(0.2)
            before = len(model.asked)
            run(str(CLAUDE), "-p", QUESTION)
            recalled = [asked for asked in model.asked[before:] if "<recalled-memory>" in asked]
            before = len(model.asked)
            if CODEX:
                run(str(memos), "install", "codex")
                provider = f'model_providers.test={{name="test", base_url="{model.url}/v1", wire_api="responses"}}'
                trusted = ("--skip-git-repo-check", "--dangerously-bypass-hook-trust")
                run(CODEX, "exec", *trusted, "-c", provider, "-c", 'model_provider="test"', "-m", "m", QUESTION)
            in_codex = [asked for asked in model.asked[before:] if "<recalled-memory>" in asked]
            event = {"session_id": "g", "cwd": str(project), "prompt": "Which tool deploys the kite service?"}
            other = run(str(memos), "hook", "BeforeAgent", "--host", "gemini", said=json.dumps(event))
            kept = run(str(memos), "export", "-")
            run(str(memos), "uninstall", "claude-code")
            assert "memos@memos-mcp" not in run(str(CLAUDE), "plugin", "list")
        finally:
            proven = home / ".local" / "share" / "memos-mcp"  # where the installation's own proof was made
            for engine in (*engines_of(data_dir), *engines_of(proven)):
                with suppress(psutil.NoSuchProcess):
                    engine.kill()
                    engine.wait(10)
    assert any(FACT in asked for asked in recalled)
    assert any(FACT in asked for asked in in_codex) or not CODEX
    assert FACT in json.loads(other)["hookSpecificOutput"]["additionalContext"]
    assert FACT in kept
    assert "4711" not in kept
