"""Recall on LoCoMo: does a search through the real server find the turns that answer a question?

The measure is the data's own (its README): every turn is one message, added by a call of its own, in order, with its
session's date; all sessions of a LoCoMo conversation are one conversation here, and each is a user.
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
from benchmarks.samples import load_locomo, select


def main(
    data: Annotated[Path, typer.Option(help="LoCoMo as one JSON list of conversations.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which, counted from 1: 4,5. Default: all.")] = "",
    limit_conversations: Annotated[int, typer.Option(help="At most so many of them; 0: all.")] = 0,
    ablate: Annotated[bool, typer.Option(help="Take each ingredient of the ranker away, in process.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure recall, relativity and latency on LoCoMo."""
    samples = select(load_locomo(data), conversations=conversations, limit=limit_conversations)
    if ablate:
        print_ablation(samples, as_json=as_json)
        return

    async def all_of_it() -> None:
        sums = report(await measure(samples, encode=onnx_encoder()))
        dump(sums) if as_json else print_report(f"LoCoMo, {len(samples)} conversations", sums)

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
