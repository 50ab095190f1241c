"""The best of many, without sorting them all."""

import numpy as np
from numpy.typing import NDArray


def best_of(values: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Return the places of the `count` highest values, in no order; of equals the later."""
    if len(values) <= count:
        return np.arange(len(values))
    last = np.partition(values, len(values) - count)[-count]
    above = np.flatnonzero(values > last)
    level = np.flatnonzero(values == last)
    return np.concatenate((above, level[len(above) - count :]))
