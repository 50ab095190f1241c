"""What an engine imports before it listens and answers; hosts wait for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.processes
def test_an_engine_starts_without_the_store_the_command_line_and_the_hosts(data_dir: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "memos_mcp", "engine"]
    environment = {**os.environ, "MEMOS_DATA_DIR": str(data_dir), "MEMOS_ENGINE_IDLE": "0.1"}

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    imported = {line.split("|")[-1].strip().split(".")[0] for line in ended.stderr.splitlines()}
    assert "mcp" in imported
    assert not imported & {"chromadb", "onnxruntime", "numpy", "tokenizers", "typer", "tomlkit", "json5"}
    assert "memos_mcp.hosts" not in ended.stderr
