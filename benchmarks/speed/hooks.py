"""What a hook costs a host: the milliseconds of each event, p50 and p95, beside an empty start of the same Python.

The store is filled with synthetic turns and the engine runs, as it does from the first hook of a day on. Runs of all
are interleaved, so that a busy machine slows them alike.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from benchmarks.common.mcp_client import memory_server
from benchmarks.common.report import dump, progress, run, show
from benchmarks.common.synthetic import synthetic_queries, synthetic_turns

USER = "benchmark"
EMPTY = [sys.executable, "-c", "pass"]
EVENTS = ("SessionStart", "UserPromptSubmit", "Stop", "PreCompact", "SessionEnd")


async def _fill(data_dir: Path, stored: int) -> None:
    async with memory_server(data_dir, user_id=USER) as server:
        turns = synthetic_turns(stored, seed=1)
        for start in range(0, len(turns), 100):
            await server.add(turns[start : start + 100])
        await server.indexed()


def _environment(data_dir: Path) -> dict[str, str]:
    return os.environ | {"MEMOS_DATA_DIR": str(data_dir), "MEMOS_USER_ID": USER, "MEMOS_BACKEND": "local"}


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "memos_mcp", "hook", name, "--host", "claude-code"]


def _milliseconds(command: list[str], said: bytes, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, input=said, env=environment, capture_output=True, check=True)
    return (time.perf_counter() - began) * 1000


class Session:
    """A session of a host that goes on: each run says something new, in a transcript that grows."""

    def __init__(self, folder: Path) -> None:
        """Begin in an empty folder."""
        self._transcript = folder / "session.jsonl"
        self._folder = folder
        self._said = 0

    def event(self, name: str, query: str) -> bytes:
        """Return the payload of an event; at the end of a turn, what was said stands in the transcript."""
        payload: dict[str, Any] = {"session_id": "s", "cwd": str(self._folder), "hook_event_name": name}
        payload |= {"transcript_path": str(self._transcript), "prompt": query, "source": "startup"}
        if name == "Stop":
            self._say("user", query)
            payload["last_assistant_message"] = self._say("assistant", f"This is what {query} comes to.")
        return json.dumps(payload).encode()

    def _say(self, role: str, said: str) -> str:
        self._said += 1
        line = {"type": role, "uuid": f"u{self._said}", "sessionId": "s", "timestamp": "2026-01-05T10:00:00Z"}
        content = [{"type": "text", "text": said}]
        with self._transcript.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {"message": {"role": role, "content": content}}) + "\n")
        return said


def _row(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"p50 ms": round(ordered[len(ordered) // 2], 1), "p95 ms": round(p95, 1), "least ms": round(ordered[0], 1)}


def main(
    runs: Annotated[int, typer.Option(help="Runs of each event.")] = 40,
    stored: Annotated[int, typer.Option(help="Messages in the store.")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what each hook costs, beside an empty start of Python."""
    seen: dict[str, list[float]] = {"empty Python": []}
    with tempfile.TemporaryDirectory() as folder, progress() as bar:
        data_dir, project = Path(folder) / "data", Path(folder) / "project"
        project.mkdir()
        anyio.run(_fill, data_dir, stored)
        environment, session = _environment(data_dir), Session(project)
        for name in ("SessionStart", "UserPromptSubmit"):  # they start the engine, and have it load what it needs
            _milliseconds(_command(name), session.event(name, "the first of the day"), environment)
        for query in bar.track(synthetic_queries(runs, seed=3), description="runs"):
            seen["empty Python"].append(_milliseconds(EMPTY, b"", environment))
            for name in EVENTS:
                seen.setdefault(name, []).append(_milliseconds(_command(name), session.event(name, query), environment))
        subprocess.run([sys.executable, "-m", "memos_mcp", "stop"], env=environment, capture_output=True, check=False)
    table = {name: _row(times) for name, times in seen.items()}
    dump(table) if as_json else show(f"Hooks, {stored:,} messages stored, {runs} interleaved runs", table)


if __name__ == "__main__":
    run(main)
