"""What importing costs: a ChatGPT export of many messages into an empty store; rate, memory, size.

The export is written first, of synthetic text, in one file as ChatGPT does it; half of each tree is a branch left
aside. Then the command runs as a user would run it, a second time to see how fast it finds that nothing is new.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from benchmarks.common.report import dump, run, show
from benchmarks.common.sample import Turn
from benchmarks.common.synthetic import synthetic_turns


def write_export(file: Path, count: int) -> float:
    """Write an export with so many messages in its current branches; give its megabytes."""
    with file.open("w", encoding="utf-8") as target:
        target.write("[")
        for number, (name, turns) in enumerate(groupby(synthetic_turns(count, seed=1), key=_conversation)):
            target.write("," if number else "")
            json.dump(_tree(name, list(turns)), target)
        target.write("]")
    return file.stat().st_size / 1e6


def _conversation(turn: Turn) -> str:
    return turn.conversation_id


def _tree(name: str, turns: list[Turn]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    parent: str | None = None
    for turn in turns:
        for node in (f"{turn.id}-aside", turn.id):
            mapping[node] = {"id": node, "parent": parent, "children": [], "message": _message(node, turn)}
            if parent is not None:
                mapping[parent]["children"].append(node)
        parent = turn.id
    return {"id": name, "title": name, "create_time": 1.7e9, "current_node": parent, "mapping": mapping}


def _message(node: str, turn: Turn) -> dict[str, Any]:
    said = datetime.fromisoformat(turn.chat_time).replace(tzinfo=UTC).timestamp()
    content = {"content_type": "text", "parts": [turn.content]}
    author = {"role": turn.role, "name": None, "metadata": {}}
    rest = {"weight": 1.0, "recipient": "all", "metadata": {"model_slug": "m"}, "end_turn": True}
    return {"id": node, "author": author, "create_time": said, "content": content, **rest}


def import_once(file: Path, data_dir: Path) -> tuple[float, float]:
    """Run the command; give its seconds, and the most megabytes that it had resident."""
    environment = os.environ | {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_BACKEND": "local"}
    command = [sys.executable, "-m", "memos_mcp", "import", str(file)]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        most = [0.0]
        watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), most))
        watcher.start()
        told, _ = process.communicate()
        watcher.join()
    if process.returncode:
        raise RuntimeError(told)
    return time.perf_counter() - began, most[0]


def _watch(process: psutil.Process, most: list[float]) -> None:
    try:
        while process.is_running():
            most[0] = max(most[0], process.memory_info().rss / 1e6)
            time.sleep(0.05)
    except psutil.Error:
        return


def main(
    messages: Annotated[int, typer.Option(help="Messages in the export.")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import an export of ChatGPT and show what it costs."""
    with tempfile.TemporaryDirectory() as folder:
        file, data_dir = Path(folder) / "conversations.json", Path(folder) / "data"
        size = write_export(file, messages)
        seconds, resident = import_once(file, data_dir)
        again, _ = import_once(file, data_dir)
        stored = sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file()) / 1e6
    figures = {
        "messages": messages,
        "MB of the export": round(size, 1),
        "seconds": round(seconds, 1),
        "messages a second": round(messages / seconds),
        "MB resident at most": round(resident, 1),
        "MB of the store": round(stored, 1),
        "seconds when nothing is new": round(again, 1),
    }
    dump(figures) if as_json else show("Import of an export of ChatGPT", {"memos-mcp import": figures})


if __name__ == "__main__":
    run(main)
