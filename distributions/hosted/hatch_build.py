"""Puts the package into the wheel without the model, which is most of its size."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = Path(__file__).parents[2] / "memos_mcp"
MODEL = PACKAGE / "backends" / "local" / "embedders" / "minilm"


class WithoutModel(BuildHookInterface):
    """Adds every file of the package but the model's."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files."""
        del version
        for path in PACKAGE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and MODEL not in path.parents:
                build_data["force_include"][str(path)] = str(Path("memos_mcp") / path.relative_to(PACKAGE))
