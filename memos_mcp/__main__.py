"""The command `memos-mcp`. Without an argument it serves MCP over standard input and output."""

import os
import sys

# onnxruntime sends usage data home unless this is set before its import; no setting of the user's changes that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def main() -> None:
    """Serve a host over stdio, or run the named command."""
    if len(sys.argv) > 1:
        from memos_mcp.cli import run  # noqa: PLC0415  # a host's server needs no command line parser

        run()
        return
    from memos_mcp.server.wire import take_wire  # noqa: PLC0415

    wire = take_wire()  # before anything else is imported, that could print
    from memos_mcp.host import serve_host  # noqa: PLC0415

    status = serve_host(wire)
    sys.stderr.flush()
    os._exit(status)  # a thread may still wait for the host


if __name__ == "__main__":
    main()
