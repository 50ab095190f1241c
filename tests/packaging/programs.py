"""Programs that the tests of what is built start."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def program(name: str) -> str:
    """Find a program of the dependency group `packaging`, beside this interpreter or on the path."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return found or pytest.skip(f"{name} is not installed here: pip install --group packaging")
