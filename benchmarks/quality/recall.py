"""Recall on sets of many kinds: does a search through the real server find the turns that answer a question?

Every turn is one message, added by a call of its own, in order, with its session's date. A conversation of LoCoMo, and
a history of the other sets, is a user with a store of their own. The sets of this project lie in `data`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from benchmarks.common.encoder import encoder
from benchmarks.common.report import Cell, run, say, show, write
from benchmarks.common.sample import Question
from benchmarks.common.samples import load, select
from benchmarks.common.scoring import Score, auc, calibration_error, interval, means, percentiles
from benchmarks.quality.measuring import BASELINES, OURS, Measured, measure
from memos_mcp.core.models import RELATIVITY_THRESHOLD as THRESHOLD


def report(measured: Measured) -> dict[str, Any]:
    """Sum the run of a set up."""
    return {
        "questions": len(measured.scores[OURS]),
        "systems": {name: means(scores) for name, scores in measured.scores.items()},
        "gain over the best baseline": _gains(measured),
        "kinds": _grouped(measured, lambda question: question.category),
        "languages": _grouped(measured, lambda question: question.language),
        "read": {"default arguments": _read(measured)},
        "relativity": _relativity(measured),
        "calibration error": _calibration(measured),
        "latency": {"search": percentiles(measured.searches), "add of one message": percentiles(measured.adds)},
    }


def _gains(measured: Measured) -> dict[str, dict[str, Cell]]:
    kinds: dict[str, Callable[[Score], float]] = {
        "R@10": lambda score: score.recall[1],
        "MRR": lambda score: score.reciprocal_rank,
    }
    rows: dict[str, dict[str, Cell]] = {}
    for name, value in kinds.items():
        best = max(BASELINES, key=lambda system: means(measured.scores[system])[name])
        pairs = zip(measured.scores[OURS], measured.scores[best], strict=True)
        gains = [100 * (value(ours) - value(theirs)) for ours, theirs in pairs]
        low, high = interval(gains)
        rows[name] = {"best": best, "gain": round(sum(gains) / len(gains), 1), "from": round(low, 1)}
        rows[name]["to"] = round(high, 1)
    return rows


def _grouped(measured: Measured, key: Callable[[Question], str]) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for group in sorted({key(score.question) for score in measured.scores[OURS]}):
        of_group = {
            name: means([score for score in scores if key(score.question) == group])
            for name, scores in measured.scores.items()
        }
        questions = sum(key(score.question) == group for score in measured.scores[OURS])
        ours = {name: of_group[OURS][name] for name in ("R@5", "R@10", "R@20", "hit@1", "hit@10", "MRR")}
        best = {f"best baseline's {name}": max(of_group[b][name] for b in BASELINES) for name in ("R@10", "MRR")}
        rows[group] = {"questions": questions} | ours | best
    return rows


def _read(measured: Measured) -> dict[str, float]:
    read = measured.read
    answered = [one.answered for one in read if one.answered is not None]
    return {
        "words": round(sum(one.words for one in read) / len(read)),
        "evidence": _share([one.evidence for one in read]),
        "evidence in 500 words": _share([one.in_500 for one in read]),
        "short answer stands": _share(answered),
        "short answers": len(answered),
    }


def _relativity(measured: Measured) -> dict[str, dict[str, float]]:
    evidence = [certainty.evidence for certainty in measured.answerable if certainty.evidence is not None]
    return {
        kind: {
            "AUC": round(auc(evidence, negatives), 3),
            f"evidence below {THRESHOLD} %": _share([value < THRESHOLD for value in evidence]),
            f"unanswered above {THRESHOLD} %": _share([value >= THRESHOLD for value in negatives]),
            "evidence found": len(evidence),
            "unanswered": len(negatives),
        }
        for kind, negatives in measured.unanswerable.items()
    }


def _calibration(measured: Measured) -> dict[str, dict[str, float]]:
    stated, true = [one.top for one in measured.answerable], [one.right for one in measured.answerable]
    others = [value for values in measured.unanswerable.values() for value in values]
    answered = [True] * len(stated) + [False] * len(others)
    return {
        "answerable questions": {"error": round(calibration_error(stated, true), 3)},
        "all": {"error": round(calibration_error(stated + others, true + [False] * len(others)), 3)},
        "all, that the store answers": {"error": round(calibration_error(stated + others, answered), 3)},
    }


def _share(flags: Sequence[float]) -> float:
    return round(100 * sum(flags) / len(flags), 1) if flags else 0.0


def print_report(title: str, sums: dict[str, Any]) -> None:
    """Print the run of a set as tables."""
    show(f"{title}: {sums['questions']} questions, per cent", sums["systems"])
    show("Gain over the best baseline, with its 95 % interval", sums["gain over the best baseline"])
    for grouping in ("kinds", "languages"):
        rows: dict[str, dict[str, Cell]] = sums[grouping]
        if len(rows) > 1:
            show(f"{OURS} by {grouping}", rows)
    show("What an agent reads", sums["read"])
    show("Relativity: the best evidence found against the best hit where there is none", sums["relativity"])
    show("Relativity of the surest hit as the chance that it is evidence", sums["calibration error"])
    show("Latency through stdio", sums["latency"])


def over_sets(reports: dict[str, dict[str, Any]]) -> dict[str, dict[str, Cell]]:
    """Return a row for each set, and the mean over sets."""
    rows: dict[str, dict[str, Cell]] = {name: _row(sums) for name, sums in reports.items()}
    columns = [name for name, cell in next(iter(rows.values())).items() if isinstance(cell, int | float)]
    rows["mean"] = {name: round(sum(_number(row[name]) for row in rows.values()) / len(rows), 1) for name in columns}
    return rows


def _row(sums: dict[str, Any]) -> dict[str, Cell]:
    systems = sums["systems"]
    best = {f"best baseline's {name}": max(systems[b][name] for b in BASELINES) for name in ("R@10", "MRR")}
    ours = {name: systems[OURS][name] for name in ("R@5", "R@10", "R@20", "hit@1", "hit@10", "MRR")}
    read = sums["read"]["default arguments"]
    return ours | best | {"words": read["words"], "evidence in 500": read["evidence in 500 words"]}


def _number(cell: Cell) -> float:
    return cell if isinstance(cell, int | float) else 0.0


def main(
    data: Annotated[list[Path], typer.Argument(help="Data sets, in any of the formats.", exists=True)],
    conversations: Annotated[str, typer.Option(help="Which of each set, counted from 1: 4,5. Default: all.")] = "",
    part: Annotated[str, typer.Option(help="Only this part of a set: tune or held.")] = "",
    embedder: Annotated[str, typer.Option(help="The MEMOS_EMBEDDER of the server and the baselines.")] = "onnx",
    query_time: Annotated[bool, typer.Option("--query-time", help="Pass on when a question is asked.")] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure recall, what an agent reads, relativity and latency, beside baselines on the same texts."""

    async def all_of_it() -> None:
        encode, reports = encoder(embedder), dict[str, dict[str, Any]]()
        for path in data:
            samples = select(load(path), conversations=conversations, part=part)
            environment = {"MEMOS_EMBEDDER": embedder}
            measured = await measure(samples, encode=encode, environment=environment, query_time=query_time)
            reports[path.stem] = report(measured)
            print_report(path.stem, reports[path.stem])
        show("Over sets, per cent", over_sets(reports))
        say(("MRR counts the first 20; a word of Chinese or Japanese is a character.",))
        if as_json is not None:
            write(as_json, reports)

    anyio.run(all_of_it)


if __name__ == "__main__":
    run(main)
