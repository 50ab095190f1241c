"""Relativity: how sure a hit bears on the query, 0 to 1, comparable between queries."""

import numpy as np

from memos_mcp.backends.local.retrieval.scores import Floats


def relativity(*, coverage: Floats, cosine: Floats) -> Floats:
    """Judge hits by the share of the query's rare words in them or beside them, and by their cosine."""
    return 1 / (1 + np.exp(-(-3.0 + 3.0 * coverage + 5.0 * cosine)))
