"""Makes the smaller distribution from the whole one: its metadata less some dependencies, its files less the model."""

import re
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

WHOLE = Path(__file__).parents[2]
PACKAGE = WHOLE / "memos_mcp"
EMBEDDERS = PACKAGE / "backends" / "local" / "embedders"


class WithoutDependencies(MetadataHookInterface):
    """Takes version, command and dependencies from the whole distribution, without those that are left out."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what the whole distribution says."""
        project = tomllib.loads((WHOLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        metadata |= {name: project[name] for name in ("version", "requires-python")}
        command = project["scripts"]["memos-mcp"]
        metadata["scripts"] = {"memos-mcp": command, metadata["name"]: command}
        left_out = set(self.config["without"])
        metadata["dependencies"] = [
            dependency for dependency in project["dependencies"] if re.split(r"[^\w.-]", dependency)[0] not in left_out
        ]


class WithoutModel(BuildHookInterface):
    """Adds every file of the package but the models'."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files."""
        del version
        for path in PACKAGE.rglob("*"):
            of_a_model = EMBEDDERS / "minilm" in path.parents or (path.parent == EMBEDDERS and path.suffix == ".npy")
            if path.is_file() and "__pycache__" not in path.parts and not of_a_model:
                build_data["force_include"][str(path)] = str(Path("memos_mcp") / path.relative_to(PACKAGE))
