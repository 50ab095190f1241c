"""Make `memos_mcp/backends/local/embedders/universal_projection.npy` from what people say in `benchmarks/data`.

Run once, by hand, from the root of the repository, where memos-mcp is installed; the product never imports it:

    python -m tools.make_projection

It writes the 384 principal directions of the Universal Sentence Encoder's vectors of everyday talk in many languages,
which hold 99 % of their squared length, so that they fit beside those of all-MiniLM-L6-v2. The halves of the sets that
are held out are not used.
"""

import sys
from importlib import import_module

import numpy as np

from benchmarks.common.samples import DATA, load, select
from memos_mcp.backends.local.embedders.universal import PACKAGE, PROJECTION, UniversalEmbedder

SETS = ("everyday.json", "paraphrases.json", "languages.json")


def texts() -> list[str]:
    """Return the turns and questions of the sets of this project, but for held halves."""
    parts = [(DATA / name, "") for name in SETS] + [(path, "tune") for path in sorted((DATA / "languages").iterdir())]
    samples = [sample for path, part in parts for sample in select(load(path), part=part)]
    return [text for one in samples for text in (*(t.content for t in one.turns), *(q.text for q in one.questions))]


def main() -> None:
    """Write the projection."""
    vectors = np.array(import_module(PACKAGE).USE(threads=1).encode(texts()))
    _, lengths, directions = np.linalg.svd(vectors, full_matrices=False)
    kept = UniversalEmbedder.dimensions
    held = (lengths[:kept] ** 2).sum() / (lengths**2).sum()
    np.save(PROJECTION, directions[:kept].T.astype(np.float16))
    sys.stdout.write(f"{len(vectors)} texts; {held:.1%} of their squared length is kept in {PROJECTION}\n")


if __name__ == "__main__":
    main()
