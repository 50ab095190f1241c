"""Build the bundle for Claude Desktop: the manifest, a wheel of this clone, and what uv needs to start it.

`python -m tools.make_mcpb dist/memos-mcp.mcpb`; `npx @anthropic-ai/mcpb info FILE` looks into it.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "deploy" / "mcpb" / "manifest.json"

SERVER = """\
import os

from memos_mcp.__main__ import main

for name in [name for name, value in os.environ.items() if value.startswith("${user_config.")]:
    del os.environ[name]  # a field that was left empty
main()
"""

PROJECT = """\
[project]
name = "memos-mcp-bundle"
version = "0"
requires-python = ">=3.11"
dependencies = ["memos-memory-mcp"]

[tool.uv.sources]
memos-memory-mcp = {{ path = "{wheel}" }}
"""


def make(bundle: Path) -> None:
    """Write the bundle."""
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # this interpreter
        (wheel,) = Path(folder).glob("*.whl")
        bundle.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as file:
            file.write(MANIFEST, "manifest.json")
            file.writestr("server.py", SERVER)
            file.writestr("pyproject.toml", PROJECT.format(wheel=wheel.name))
            file.write(wheel, wheel.name)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
