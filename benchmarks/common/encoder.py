"""The embedding models of this project, for the baselines: the same vectors, without the rest."""

import os

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.baselines import Encoder


def encoder(setting: str) -> Encoder:
    """Load the model that `MEMOS_EMBEDDER` names."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before onnxruntime is imported
    from memos_mcp.backends.local.embedders.load import load_embedder

    embedder = load_embedder(setting)

    def encode(text: str, *, query: bool = False) -> NDArray[np.float32]:
        return embedder.embed(text, query=query).vector

    return encode
