"""What is built installs in a clean environment, and does the main job there."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, **environment: str) -> str:
    told = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def environment_with(package: Path, folder: Path) -> Path:
    """Make an environment with a package alone; return its programs."""
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", package)
    return folder / "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)  # the wheel is made from the sdist
    return folder


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_what_is_built_installs_and_passes_the_demo(built: Path, kind: str, tmp_path: Path) -> None:
    (package,) = built.glob(kind)
    programs = environment_with(package, tmp_path / "venv")

    told = run(programs / "memos-mcp", "demo", HOME=str(tmp_path))

    assert "word for word: yes" in told


@pytest.mark.skipif(not shutil.which("uvx"), reason="needs uv")
def test_uvx_runs_the_wheel(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")

    told = run("uvx", "--from", wheel, "memos-mcp", "demo", HOME=str(tmp_path))

    assert "word for word: yes" in told


def test_the_hosted_way_in_takes_less_than_80_mb(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT / "distributions" / "hosted")
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel)

    told = run(python.with_name("memos-mcp"), "status", HOME=str(tmp_path), MEMOS_API_KEY="x")
    files = [path for path in (tmp_path / "venv").rglob("*") if path.is_file() and not path.is_symlink()]

    assert "hosted" in told
    assert sum(path.stat().st_size for path in files) < 80_000_000


def test_the_bundle_holds_what_uv_needs_and_is_whole_by_the_vendors_tool(tmp_path: Path) -> None:
    bundle = tmp_path / "memos-mcp.mcpb"

    run(sys.executable, "-m", "tools.make_mcpb", bundle, PYTHONPATH=str(ROOT))

    names = zipfile.ZipFile(bundle).namelist()
    assert names[:3] == ["manifest.json", "server.py", "pyproject.toml"]
    assert names[3].endswith(".whl")
    if mcpb := os.environ.get("MEMOS_TEST_MCPB") or shutil.which("mcpb"):
        run(mcpb, "unpack", bundle, tmp_path / "unpacked")
        run(mcpb, "validate", tmp_path / "unpacked" / "manifest.json")
        assert "memos-mcp" in run(mcpb, "info", bundle)
