"""The default embedding model of this project, for the baselines: the same vectors, without the rest."""

import os

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.baselines import Encoder


def onnx_encoder() -> Encoder:
    """Load the model that comes with the install."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported
    from memos_mcp.backends.local.embedders.onnx import OnnxEmbedder

    embedder = OnnxEmbedder.load(None)

    def encode(text: str) -> NDArray[np.float32]:
        return embedder.embed(text).vector

    return encode
