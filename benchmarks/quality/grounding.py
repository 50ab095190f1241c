"""Grounding: are a chat model's claims told apart, those that follow from what was said and those that are invented?

The claims are written for this project. Invented ones use the words of the messages, so that what refuses them by their
words alone lets many pass; what is left is judged by the embedder.
"""

import json
from typing import Annotated

import typer

from benchmarks.common.report import Cell, dump, run, say, show
from benchmarks.common.samples import DATA
from memos_mcp.backends.local.embedders.by_language import comparing
from memos_mcp.backends.local.embedders.load import load_embedder
from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.grounding import NEAR, SemanticGrounding, unsupported

CLAIMS = DATA / "claims.json"
SAID = 1_749_546_000_000
STEPS = (0.6, 0.65, 0.7, 0.75, 0.8)


def measure(nearness: SemanticGrounding) -> tuple[dict[str, dict[str, Cell]], list[str]]:
    """Return how many claims of each kind are kept, and the cosine of each that its words support."""
    rows: dict[str, dict[str, Cell]] = {}
    lines: list[str] = []
    for kind in ("supported", "invented"):
        claims = [
            claim for claim in json.loads(CLAIMS.read_text("utf-8")) if claim["supported"] is (kind == "supported")
        ]
        near: list[float] = []
        for claim in claims:
            sources = [Source(place, "user", text, SAID) for place, text in enumerate(claim["said"])]
            if unsupported(claim["claim"], sources) is None:
                near.append(nearness.of(claim["claim"], sources))
                lines.append(f"{kind} {near[-1]:.2f}: {claim['claim']}")
        rows[kind] = {
            "claims": len(claims),
            "kept by their words": len(near),
            f"and by their meaning ({NEAR})": sum(cosine >= NEAR for cosine in near),
            **{f"at {step}": sum(cosine >= step for cosine in near) for step in STEPS},
        }
    return rows, sorted(lines)


def main(
    embedder: Annotated[str, typer.Option(help="As MEMOS_EMBEDDER.")] = "onnx",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Measure what grounding keeps of supported and of invented claims."""
    model = comparing(load_embedder(embedder))
    rows, lines = measure(SemanticGrounding(lambda text: model.embed(text).vector))
    if as_json:
        dump(rows)
        return
    show("Claims kept", rows)
    say(lines)


if __name__ == "__main__":
    run(main)
