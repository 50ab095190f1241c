"""The machine on which hosts are looked for: its system, and where its folders are."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

System = Literal["linux", "darwin", "win32"]


@dataclass(frozen=True, slots=True)
class Machine:
    """A system, the home of a user, the folder of a project, and the variables that move folders."""

    system: System
    home: Path
    folder: Path
    variables: Mapping[str, str]

    @classmethod
    def here(cls, *, home: Path | None = None, folder: Path | None = None) -> Self:
        """Return the machine of this process."""
        system: System = "win32" if sys.platform == "win32" else "darwin" if sys.platform == "darwin" else "linux"
        return cls(system, home or Path.home(), folder or Path.cwd(), os.environ)

    def paths(self, template: str) -> list[Path]:
        """Return the paths that a template stands for: `{config}/X` is one, `{local}/X_*/Y` each that is there."""
        start, _, rest = template.partition("/")
        folder = self._folder(start)
        if "*" in rest:
            above, _, name = rest.rpartition("/")
            return [found / name for found in sorted(folder.glob(above), reverse=True)]
        return [folder / rest]

    def _folder(self, name: str) -> Path:
        match name:
            case "{home}":
                return self.home
            case "{project}":
                return self.folder
            case "{config}":
                return self._config()
            case "{local}":
                return self._named("LOCALAPPDATA", self.home / "AppData" / "Local")
            case "{xdg}":
                return self._named("XDG_CONFIG_HOME", self.home / ".config")
            case "{codex}":
                return self._named("CODEX_HOME", self.home / ".codex")
            case _:
                raise AssertionError(name)

    def _config(self) -> Path:
        match self.system:
            case "linux":
                return self._named("XDG_CONFIG_HOME", self.home / ".config")
            case "darwin":
                return self.home / "Library" / "Application Support"
            case "win32":
                return self._named("APPDATA", self.home / "AppData" / "Roaming")

    def _named(self, variable: str, otherwise: Path) -> Path:
        value = self.variables.get(variable, "")
        return Path(value) if value else otherwise
