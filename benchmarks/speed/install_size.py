"""What each dependency costs in an install: its own megabytes, and those of all that only it brings.

`python -m benchmarks.speed.footprint` installs both distributions, each into an environment of its own.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
WAYS_IN = {"memos-memory-mcp": ROOT, "memos-memory-mcp-hosted": ROOT / "distributions" / "hosted"}


def install_sizes(name: str) -> dict[str, dict[str, float]]:
    """Install a way in; give the megabytes of the whole, of us, and of each dependency that we name, largest first."""
    with tempfile.TemporaryDirectory() as folder:
        site = _installed(WAYS_IN[name], Path(folder))
        found = {canonicalize_name(one.name): one for one in distributions(path=[str(site)])}
        sizes = {one: _bytes(distribution, site) for one, distribution in found.items()}
        direct = _needs(found[name])
        whole = _reached(found, name, without="")
        costs = {
            one: {
                "own MB": sizes[one] / 1e6,
                "MB that go with it": sum(sizes[lost] for lost in whole - _reached(found, name, without=one)) / 1e6,
            }
            for one in direct & set(found)
        }
        on_disk = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
    ordered = sorted(costs.items(), key=lambda cost: -cost[1]["MB that go with it"])
    total = {"own MB": sizes[name] / 1e6, "MB that go with it": on_disk}
    return {name: total, **dict(ordered)}


def _installed(source: Path, folder: Path) -> Path:
    """Build and install a way in, without compiled files; return the folder of its packages."""
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, source]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel]
    subprocess.run(pip, check=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    return site


def _bytes(distribution: Distribution, site: Path) -> int:
    files = [site / str(file) for file in distribution.files or ()]
    return sum(path.stat().st_size for path in files if path.is_file())


def _needs(distribution: Distribution) -> set[str]:
    """Return the packages that a package asks for on this machine, without its extras."""
    asked = [Requirement(text) for text in distribution.requires or ()]
    return {canonicalize_name(one.name) for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})}


def _reached(found: dict[str, Distribution], start: str, *, without: str) -> set[str]:
    """Return what an install of `start` holds where it does not ask for one of its dependencies."""
    reached, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in found:
            continue
        reached.add(name)
        needs = _needs(found[name])
        waiting.extend(needs - {without} if name == start else needs)
    return reached
