"""The conformance suite of MCP over relays, in both eras. MEMOS_CONFORMANCE names the folder of its commands."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from memos_mcp.relay import wire

COMMANDS = os.environ.get("MEMOS_CONFORMANCE", "")
pytestmark = pytest.mark.skipif(not COMMANDS, reason="MEMOS_CONFORMANCE does not name the suite's commands")

RUN = re.compile(r"^server-(?=.*-\d{4}-)|-\d{4}-\d\d-\d\dT.*$")
"""What the suite writes around the name of a scenario to name a run of it."""

NOT_OURS = {
    # We send no log messages, so the deprecated capability is not there.
    "logging-set-level": "*",
    "tools-call-with-logging": "*",
    # Extensions and drafts that are not scored.
    "json-schema-2020-12": "*",
    "tasks-": "*",
    # What HTTP asks of its servers; between a host and its relay there are no headers, origins and status codes, and a
    # session is of the era of its first line.
    "dns-rebinding-protection": "*",
    "http-header-validation": "*",
    "http-custom-header-server-validation": "*",
    "server-sse-polling": "*",
    "server-stateless": {
        "sep-2575-request-meta-invalid-missing-meta",
        "sep-2575-request-meta-invalid-missing-protocol-version",
        "sep-2575-http-server-meta-invalid-400",
        "sep-2575-http-server-header-mismatch-400",
        "sep-2575-http-server-method-not-found-404-initialize",
        # Half a second from the start of a relay is too little on a busy machine.
        "sep-2575-server-no-log-without-loglevel",
        # Our tools and prompts never change.
        "sep-2575-server-sends-tools-list-changed-on-subscription",
        "sep-2575-server-sends-prompts-list-changed-on-subscription",
    },
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    data_dir = tmp_path_factory.mktemp("engine")
    environment = os.environ | {"MEMOS_DATA_DIR": str(data_dir)}
    with (
        subprocess.Popen([sys.executable, "-m", "tests.conformance.engine"], env=environment) as engine,
        subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.bridge", str(data_dir)], stdout=subprocess.PIPE, text=True
        ) as bridge,
    ):
        try:
            while not Path(wire.socket_path(str(data_dir))).exists():
                assert engine.poll() is None
                time.sleep(0.05)
            assert bridge.stdout is not None
            yield bridge.stdout.readline().strip()
        finally:
            for process in (*psutil.Process(bridge.pid).children(), bridge, engine):
                process.kill()


@pytest.mark.parametrize("revision", ["2026-07-28", "2025-11-25"])
def test_a_relay_speaks_the_protocol(address: str, revision: str, tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}
    command = ["conformance", "server", "--url", address, "--requirements", revision, "-o", str(tmp_path)]
    subprocess.run(command, env=environment, timeout=300, check=False, stdout=subprocess.DEVNULL)

    checks = {RUN.sub("", path.parent.name): json.loads(path.read_text()) for path in tmp_path.glob("*/checks.json")}
    failed = {
        f"{scenario}: {check['id']}: {check.get('errorMessage')}"
        for scenario, found in checks.items()
        for check in found
        if check["status"] in ("FAILURE", "WARNING") and not _is_known(scenario, check["id"])
    }
    passed = sum(check["status"] == "SUCCESS" for found in checks.values() for check in found)
    assert not failed
    assert passed >= 60


def _is_known(scenario: str, check: str) -> bool:
    known = next((ids for name, ids in NOT_OURS.items() if scenario.startswith(name)), ())
    return known == "*" or check in known
