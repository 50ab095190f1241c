"""As a new user has it: real hosts in a clean home, what `memos-mcp install` does, a talk, and a question elsewhere.

No prompt says a word about memory.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from memos_mcp.cli.commands.status import kept_in
from memos_mcp.hosts.entries import own_command
from tests.engine.conftest import engines_of
from tests.fakes.model_apis import ModelApis, model_apis

FACT = "we deploy the kite service with Nomad, never with Kubernetes."
QUESTION = "How do we deploy the kite service?"
MEMOS = own_command()
CLAUDE = os.environ.get("MEMOS_TEST_CLAUDE") or shutil.which("claude") or ""
PROGRAMS = os.pathsep.join([f"{os.environ.get('MEMOS_TEST_NODE_MODULES', '/nowhere')}/.bin", os.environ["PATH"]])

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not CLAUDE, reason="Claude Code is not installed here; MEMOS_TEST_CLAUDE says where it is"),
]


@dataclass(frozen=True)
class User:
    """Somebody with a home, a project and a model that keeps what it is asked."""

    folder: Path
    model: ModelApis

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def run(self, *command: str, **variables: str) -> str:
        taken = ("MEMOS_", "CLAUDE", "CODEX", "GEMINI", "GOOGLE", "XDG_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
        own = {"HOME": str(self.folder), "MEMOS_DATA_DIR": str(self.data_dir), "MEMOS_ENGINE_IDLE": "120"}
        own["PATH"] = f"{Path(CLAUDE).parent}{os.pathsep}{inherited['PATH']}"
        quiet = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        own |= quiet | {"ANTHROPIC_BASE_URL": self.model.url, "ANTHROPIC_API_KEY": "none"}
        project = self.folder / "kite"
        project.mkdir(exist_ok=True)
        done = subprocess.run(
            command,
            env=inherited | own | variables,
            cwd=project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def recalls(self, *command: str, **variables: str) -> bool:
        """Say whether a host gives its model the fact beside the question."""
        before = len(self.model.asked)
        self.run(*command, **variables)
        return any("recalled-memory" in asked and FACT in asked for asked in self.model.asked[before:])


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Yield a user who has told Claude Code a fact, and something private."""
    with model_apis() as model:
        user = User(tmp_path_factory.mktemp("home"), model)
        try:
            user.run(MEMOS, "install", "claude-code")
            user.run(CLAUDE, "-p", f"For the record: {FACT} <private>My word is Falstaff.</private>")
            deadline = time.monotonic() + 120
            while not ((found := kept_in(user.data_dir / "ledger.sqlite3")) and found.memories):
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield user
        finally:
            proven = user.folder / ".local" / "share" / "memos-mcp"  # where the installation's own proof was made
            for engine in (*engines_of(user.data_dir), *engines_of(proven)):
                with suppress(psutil.NoSuchProcess):
                    engine.kill()
                    engine.wait(60)


def test_claude_code_has_the_plugin_and_its_server(user: User) -> None:
    assert "memos@memos-mcp" in user.run(CLAUDE, "plugin", "list")
    assert "Connected" in user.run(CLAUDE, "mcp", "list")


def test_another_session_of_claude_code_knows_it(user: User) -> None:
    assert user.recalls(CLAUDE, "-p", QUESTION)


def test_codex_knows_it(user: User) -> None:
    codex = found("codex")
    user.run(MEMOS, "install", "codex")
    provider = f'model_providers.test={{name="test", base_url="{user.model.url}/v1", wire_api="responses"}}'
    trusting = ("--skip-git-repo-check", "--dangerously-bypass-hook-trust")  # as a user has done with /hooks

    assert user.recalls(codex, "exec", *trusting, "-c", provider, "-c", 'model_provider="test"', "-m", "m", QUESTION)


def test_gemini_cli_knows_it(user: User) -> None:
    gemini = found("gemini")
    settings = user.folder / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"security": {"auth": {"selectedType": "gemini-api-key"}}}))
    user.run(MEMOS, "install", "gemini")
    model = {"GOOGLE_GEMINI_BASE_URL": user.model.url, "GEMINI_API_KEY": "none", "GEMINI_CLI_TRUST_WORKSPACE": "true"}

    assert user.recalls(gemini, "-m", "gemini-2.5-flash", "-p", QUESTION, **model)


def test_what_is_private_and_what_was_recalled_are_not_kept(user: User) -> None:
    kept = user.run(MEMOS, "export", "-")

    assert FACT in kept
    assert "Falstaff" not in kept
    assert "recalled-memory" not in kept


def found(program: str) -> str:
    return shutil.which(program, path=PROGRAMS) or pytest.skip(f"{program} is not installed here; npm has it")
