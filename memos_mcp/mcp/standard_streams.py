"""Keeping standard input and output for the protocol; imports nothing that could print."""

import os
from typing import NamedTuple


class Wire(NamedTuple):
    """The descriptors over which a host is talked to."""

    source: int
    sink: int


def take_wire() -> Wire:
    """Take standard input and output away from everybody else; to be called before anything else is imported.

    What is printed goes to standard error from then on, and who reads standard input finds it empty, children too.
    """
    wire = Wire(os.dup(0), os.dup(1))
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return wire
