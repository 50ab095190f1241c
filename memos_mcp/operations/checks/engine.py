"""The engine: it answers, is of this version, and its log tells of no failure."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import anyio

from memos_mcp import __version__
from memos_mcp.engine.starting import FAILURE_FILE, LOG_FILE
from memos_mcp.operations.checks.finding import Finding
from memos_mcp.operations.status import FoundEngine, counted, look
from memos_mcp.settings import Settings

ABOUT = "engine"
LOG_TAIL = 65_536
"""Bytes of the log that are read, from its end."""

RECENT = timedelta(days=1)

_ERROR = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (?:ERROR|CRITICAL) (.*)$", re.MULTILINE)


def check_engine(settings: Settings) -> Iterator[Finding]:
    """Ask the engine how it is, and read the end of its log."""
    overview = anyio.run(look, settings)
    if overview.engine is not None:
        yield judge(overview.engine)
    elif overview.held:
        yield Finding.ok(ABOUT, "an embedded server holds the store; other hosts cannot use it meanwhile")
    else:
        yield from _check_last_start(settings.data_dir)
    yield from _check_log(settings.data_dir / LOG_FILE)


def judge(engine: FoundEngine) -> Finding:
    """Say what is to be thought of an engine that was found."""
    if not engine.answers:
        mend = f"Run `memos-mcp stop`; if it does not end, end process {engine.pid} by hand: nothing kept is lost."
        return Finding.wrong(ABOUT, f"process {engine.pid} does not answer", mend=mend)
    if engine.version != __version__:
        found = f"process {engine.pid} is memos-mcp {engine.version}, this is {__version__}"
        return Finding.warning(
            ABOUT, found, mend="Run `memos-mcp stop` and restart the hosts, so that all are of one version."
        )
    return Finding.ok(ABOUT, f"process {engine.pid} answers at {engine.url}")


def _check_last_start(data_dir: Path) -> Iterator[Finding]:
    failure = data_dir / FAILURE_FILE
    if failure.exists():
        sentence = failure.read_text(encoding="utf-8").strip()
        yield Finding.warning(ABOUT, f"none runs; the last one could not start: {sentence}", mend="Do what it says.")
    else:
        yield Finding.ok(ABOUT, "none runs; a host starts one at its first call")


def _check_log(log: Path) -> Iterator[Finding]:
    if not log.exists():
        return
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - LOG_TAIL))
        tail = stream.read().decode("utf-8", "replace")
    since = datetime.now().astimezone() - RECENT
    errors = [message for time, message in _ERROR.findall(tail) if datetime.fromisoformat(time).astimezone() > since]
    if errors:
        found = f"{counted(len(errors), 'error')} in the log within a day, the last: {errors[-1][:200]}"
        yield Finding.warning(ABOUT, found, mend=f"Look into {log}; if it goes on, report it with those lines.")
