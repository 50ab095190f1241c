"""The command `memos-mcp`. Without an argument it is the server that a host starts: a relay to the engine."""

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memos_mcp.cli.commands.this_machine import ThisMachine

# onnxruntime sends usage data home unless this is set before its import; no setting of the user's changes that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

COLLECTED_AFTER = 20_000
"""New objects after which the garbage collector passes: with its own 700 it takes 0.1 s more of an engine's start."""


def main() -> None:
    """Serve a host over stdio, be the engine, or run the named command."""
    gc.set_threshold(COLLECTED_AFTER)
    atexit.register(gc.freeze)  # an engine's last pass takes 0.4 s, over what ends with the process anyway
    arguments = sys.argv[1:]
    if arguments == ["engine"]:
        from memos_mcp.engine.process import run_engine  # noqa: PLC0415  # no command line parser: hosts wait for it

        sys.exit(run_engine(_this_machine))
    if arguments[:1] == ["hook"] and "--help" not in arguments:
        from memos_mcp.relay.hook import main as hook  # noqa: PLC0415  # hosts run one at every prompt

        sys.exit(hook(arguments[1:]))
    if arguments:
        from memos_mcp.cli.app import run  # noqa: PLC0415

        run()
    elif os.environ.get("MEMOS_ENGINE", "").strip().lower() == "embedded":
        _serve_embedded()
    else:
        from memos_mcp.relay.relay import main as relay  # noqa: PLC0415  # nothing else, for a host starts many

        sys.exit(relay())


def _this_machine() -> "ThisMachine":
    from memos_mcp.cli.commands.this_machine import ThisMachine  # noqa: PLC0415

    return ThisMachine()


def _serve_embedded() -> None:
    from memos_mcp.mcp.standard_streams import take_wire  # noqa: PLC0415

    wire = take_wire()  # before anything else is imported, that could print
    from memos_mcp.mcp.embedded import serve_host  # noqa: PLC0415

    status = serve_host(wire)
    sys.stderr.flush()
    os._exit(status)  # a thread may still wait for the host


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the folder that a host happened to start this in is no place for modules
    main()
