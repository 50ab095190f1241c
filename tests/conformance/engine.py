# ruff: noqa: ANN401
"""The engine as it is, with the fixtures of the conformance suite over its server."""

import sys
from typing import Any

from mcp.server import MCPServer

import memos_mcp.engine.engine as module
from memos_mcp.engine.process import run_engine
from tests.conformance.fixtures import add_fixtures

build_server = module.build_server


def with_fixtures(*args: Any, **options: Any) -> MCPServer[Any]:
    server = build_server(*args, **options)
    add_fixtures(server)
    return server


if __name__ == "__main__":
    module.build_server = with_fixtures
    sys.exit(run_engine())
