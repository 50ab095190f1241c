"""How often upkeep is right about pairs of statements: that one repeats or updates the other, or neither."""

from collections.abc import Sequence
from typing import Annotated

import typer

from benchmarks.common.report import Cell, dump, run, say, show
from benchmarks.common.sample import Pair
from benchmarks.common.samples import CHANGES, CHANGES_HELD_OUT, PAIRS_HELD_OUT, load_pairs
from memos_mcp.backends.local.consolidation.corrections import compare

LABELS = {"same": "duplicate", "updates": "update", "different": "different"}


def verdict(old: str, new: str) -> str:
    """Return the judge's verdict in the words of the labels, for statements made in two conversations."""
    return LABELS[compare(old, new, near=False).relation]


def measure(pairs: Sequence[Pair]) -> tuple[dict[str, dict[str, Cell]], list[str]]:
    """Return precision and recall for each label, and the pairs that were judged wrongly."""
    judged = [(pair, verdict(pair.old, pair.new)) for pair in pairs]
    rows: dict[str, dict[str, Cell]] = {}
    for label in LABELS.values():
        right = sum(pair.label == given == label for pair, given in judged)
        given_so = sum(given == label for _, given in judged)
        are_so = sum(pair.label == label for pair, _ in judged)
        rows[label] = {
            "pairs": are_so,
            "judged so": given_so,
            "right": right,
            "precision": right / given_so if given_so else None,
            "recall": right / are_so if are_so else None,
        }
    wrong = [
        f"{pair.label} judged {given} ({pair.language}): {pair.old} / {pair.new}"
        for pair, given in judged
        if pair.label != given
    ]
    return rows, wrong


def main(as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False) -> None:
    """Measure the verdicts on all sets, and each language of the first apart; what is held out is not shown."""
    pairs = load_pairs()
    rows, wrong = measure(pairs)
    held_out, _ = measure(load_pairs(PAIRS_HELD_OUT))
    changes, _ = measure(load_pairs(CHANGES))
    changes_held_out, _ = measure(load_pairs(CHANGES_HELD_OUT))
    languages = list(dict.fromkeys(pair.language for pair in pairs))
    apart = {language: measure([pair for pair in pairs if pair.language == language])[0] for language in languages}
    if as_json:
        further = {"changes": changes, "changes held out": changes_held_out}
        dump({"pairs": rows, "held out": held_out, **further, "languages": apart, "wrong": wrong})
        return
    show("Verdicts of upkeep", rows)
    show("Held out", held_out)
    show("Changes in a life", changes)
    show("Changes in a life, held out", changes_held_out)
    for language, of_it in apart.items():
        show(language, of_it)
    say(wrong)


if __name__ == "__main__":
    run(main)
