"""Recall on the second data set, written for this project: a person and an assistant, several languages.

Each of its users has a store with all of that user's conversations. Questions about what was never mentioned, and
the other user's questions, measure whether `relativity` knows what is not there.
"""

import sys
from pathlib import Path
from typing import Annotated

if __name__ == "__main__":  # run by its path, its folder would hide the standard library's http
    sys.path[0] = str(Path(__file__).parents[1])

import anyio
import typer

from benchmarks.ablation import print_ablation
from benchmarks.encoder import onnx_encoder
from benchmarks.recall import measure, print_report, report
from benchmarks.report import dump, run
from benchmarks.samples import load_everyday


def main(
    ablate: Annotated[bool, typer.Option(help="Take each ingredient of the ranker away, in process.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure recall, relativity and latency on everyday.json."""

    samples = load_everyday()
    if ablate:
        print_ablation(samples, as_json=as_json)
        return

    async def all_of_it() -> None:
        sums = report(await measure(samples, encode=onnx_encoder()))
        dump(sums) if as_json else print_report("Everyday", sums)

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
