"""What is built installs in a clean environment, and does the main job there."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from memos_mcp.hosts.entries import Server
from memos_mcp.hosts.verification import prove
from tests.packaging.programs import program

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
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", package)
    return folder / "bin"


@pytest.mark.skipif(sys.platform == "win32", reason="an environment is laid out otherwise on Windows")
@pytest.mark.processes
def test_the_wheel_brings_all_files_that_the_demo_needs(tmp_path: Path) -> None:
    """The short form of what follows: the libraries are those of this environment."""
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", "--no-deps", wheel)
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))

    told = run(python.with_name("memos-memory-mcp"), "demo", HOME=str(tmp_path))

    assert "word for word: yes" in told
    assert str(packages) in run(python, "-P", "-c", "import memos_mcp; print(memos_mcp.__file__)")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)  # the wheel is made from the sdist
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_what_is_built_installs_and_passes_the_demo(built: Path, kind: str, tmp_path: Path) -> None:
    (package,) = built.glob(kind)
    programs = environment_with(package, tmp_path / "venv")

    told = run(programs / "memos-mcp", "demo", HOME=str(tmp_path))

    assert "word for word: yes" in told


@pytest.mark.slow
@pytest.mark.parametrize("command", ["memos-mcp", "memos-memory-mcp"])
@pytest.mark.parametrize("runner", [("uvx", "--from"), ("pipx", "run", "--spec")], ids=["uvx", "pipx"])
def test_a_runner_runs_the_wheel(built: Path, runner: tuple[str, ...], command: str, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    name, *options = runner

    told = run(program(name), *options, wheel, command, "demo", HOME=str(tmp_path))

    assert "word for word: yes" in told


@pytest.mark.slow
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


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    made = tmp_path / "memos-mcp.mcpb"
    run(sys.executable, "-m", "tools.make_mcpb", made, PYTHONPATH=str(ROOT))
    return made


@pytest.mark.slow
def test_the_bundle_is_whole_by_the_vendors_tool(bundle: Path, tmp_path: Path) -> None:
    mcpb = os.environ.get("MEMOS_TEST_MCPB") or shutil.which("mcpb")
    if not mcpb:
        pytest.skip("needs npm install @anthropic-ai/mcpb, or MEMOS_TEST_MCPB=PATH")

    run(mcpb, "unpack", bundle, tmp_path / "unpacked")
    run(mcpb, "validate", tmp_path / "unpacked" / "manifest.json")

    assert "memos-mcp" in run(mcpb, "info", bundle)


@pytest.mark.slow
@pytest.mark.parametrize("api_key", ["", "${user_config.api_key}"])
def test_the_bundle_starts_as_its_manifest_says_where_no_key_was_filled_in(
    bundle: Path, api_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    config = manifest["server"]["mcp_config"]
    filled_in = {"${user_config.api_key}": api_key, "${user_config.user_id}": "ann"}
    env = {name: filled_in[value] for name, value in config["env"].items()}
    args = [word.replace("${__dirname}", str(folder)) for word in config["args"]]
    monkeypatch.setenv("HOME", str(tmp_path))
    network = {name: value for name, value in os.environ.items() if name.lower().endswith(("_proxy", "ssl_cert_file"))}
    env |= network | {"MEMOS_ENGINE_IDLE": "1"}

    server = Server(command=program(config["command"]), args=tuple(args), env=env)
    answer = prove(server, patience=600)

    assert (answer.name, answer.version, answer.tools) == ("memos-mcp", manifest["version"], 6)


@pytest.mark.slow
def test_what_the_container_is_made_of_installs_serves_and_is_healthy(tmp_path: Path) -> None:
    """No container engine is needed: the commands of the Dockerfile are run with other folders and another port."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    source, opt = tmp_path / "source", tmp_path / "opt"
    source.mkdir()
    for name in re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, source / name)
    (install,) = re.findall(r"^RUN (python -m venv .+)$", dockerfile, re.MULTILINE)
    run(
        "sh", "-c", f"cd {source} && {install.replace('python', sys.executable, 1).replace('/opt/memos-mcp', str(opt))}"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command, *options = json.loads(re.findall(r"^CMD (.+)$", dockerfile, re.MULTILINE)[0])
    python, *check = json.loads(re.findall(r"^ +CMD (.+)$", dockerfile, re.MULTILINE)[0])
    variables = {"HOME": str(tmp_path), "MEMOS_DATA_DIR": str(tmp_path / "data"), "MEMOS_TOKENS": "a-long-token=ann"}

    with subprocess.Popen([opt / "bin" / command, *options, "--port", port], env=os.environ | variables) as server:
        try:
            healthy = [opt / "bin" / python, *(word.replace("8765", port) for word in check)]
            deadline = time.monotonic() + 120
            while subprocess.run(healthy, capture_output=True, timeout=60, check=False).returncode:
                assert server.poll() is None
                assert time.monotonic() < deadline
        finally:
            server.terminate()
    assert (tmp_path / "data" / "ledger.sqlite3").exists()
