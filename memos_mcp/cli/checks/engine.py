"""The engine: it answers, is of this version, and its log tells of no failure."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from memos_mcp import __version__
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.cli.commands.status import FoundEngine, look
from memos_mcp.cli.printing import counted
from memos_mcp.core.settings import Settings
from memos_mcp.relay.launch import LOG_FILE

ABOUT = "engine"
LOG_TAIL = 65_536
"""Bytes of the log that are read, from its end."""

IMPORTED = ("memos_mcp.engine.engine", "chromadb", "onnxruntime", "tokenizers", "numpy")
IMPORTED_WITHIN = 60.0  # seconds; on a busy machine without compiled files it takes ten

RECENT = timedelta(days=1)

_ERROR = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (?:ERROR|CRITICAL) (.*)$", re.MULTILINE)


def check_engine(settings: Settings) -> Iterator[Finding]:
    """Ask the engine how it is, and read the end of its log."""
    overview = look(settings)
    if overview.engine is not None:
        yield judge(overview.engine)
        for difference in overview.engine.differences:
            mend = "Set it alike in all hosts, or by `memos-mcp config set`, and run `memos-mcp stop`."
            yield Finding.warning(ABOUT, difference, mend=mend)
    elif overview.held:
        yield Finding.ok(ABOUT, "an embedded server holds the store; other hosts cannot use it meanwhile")
    else:
        yield _check_imports()
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
    return Finding.ok(ABOUT, f"process {engine.pid} answers" + (f", and serves at {engine.url}" if engine.url else ""))


def _check_imports() -> Finding:
    """Import what an engine imports, as it would."""
    command = [sys.executable, "-P", "-c", f"import gc, {', '.join(IMPORTED)}; gc.freeze()"]  # nothing to take apart
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=IMPORTED_WITHIN, check=False)  # noqa: S603 - no shell
    except subprocess.TimeoutExpired:
        return Finding.wrong(ABOUT, "none runs, and its modules cannot be loaded in time", mend="Restart the machine.")
    if tried.returncode:
        told = (tried.stderr.strip().splitlines() or [f"exit status {tried.returncode}"])[-1][:300]
        mend = "Install memos-mcp again, in an environment of its own."
        return Finding.wrong(ABOUT, f"none runs, and none can start: {told}", mend=mend)
    return Finding.ok(ABOUT, "none runs; a host starts one")


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
