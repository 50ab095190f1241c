"""The first model of the default: a tuned all-MiniLM-L6-v2 in integers, run by ONNX Runtime on one thread."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from memos_mcp.backends.local.embedders.base import Embedding, readable
from memos_mcp.backends.local.embedders.onnx_session import OnnxSession, open_session, open_tokenizer
from memos_mcp.backends.local.embedders.token_words import content_words
from memos_mcp.backends.local.embedders.weights import checked_digest
from memos_mcp.core.errors import ConfigurationError, MissingLibrary

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MODEL = "model.onnx"
VOCABULARY = "tokenizer.json"
PACKAGED = Path(__file__).parent / "minilm"
PACKAGED_NAME = "all-MiniLM-L6-v2-talks-int8"
DIGESTS = {
    MODEL: "cb67f62871d2c7623da662b41efebf3b553e6aecce3b03b99621fc9e661ebe00",
    VOCABULARY: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the packaged files, as `tools/minilm/make.py` prints them."""

MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained to read of a text."""

MAX_WINDOWS = 4
"""How often `MAX_TOKENS` are read of a long text.

Messages of 40 turns are among the nearest three 53 % of the time by the mean of four windows, 43 % by that of two,
35 % by the first alone.
"""

MAX_CHARACTERS = 4096
"""What is tokenised of a text: `MAX_WINDOWS` of any usual one, and a bound on the time for any other."""

MAX_ROWS = 256
"""The most token vectors of one text, 16 kB; a message of 40 turns has 200, one turn 14.

Late interaction alone finds the right ones of 20-turn messages among three 77 % of the time; with 128 rows, 70 %;
with 64, 43 %.
"""

TOKEN_VECTORS = "token_vectors"  # noqa: S105 - the name of an output
TOKEN_DIMENSIONS = 64


class OnnxEmbedder:
    """Embeds with a sentence model in ONNX form: mean of the token states, unit length.

    The states are the model's first output of three dimensions. One that has an output `token_vectors` (1, n, 64) too
    gives token vectors: one a content word at its first place, the mean of its pieces. Safe to call from several
    threads: a run shares nothing with another.
    """

    def __init__(self, session: OnnxSession, tokenizer: "Tokenizer", *, name: str) -> None:
        """Take a loaded model and a tokenizer that neither pads nor gives more than the model reads."""
        self._session = session
        self._tokenizer = tokenizer
        self._unknown = tokenizer.token_to_id("[UNK]")
        self._inputs = [argument.name for argument in session.get_inputs()]
        outputs = session.get_outputs()
        states = next(output for output in outputs if len(output.shape) == 3)
        self._outputs = [states.name, *(output.name for output in outputs if output.name == TOKEN_VECTORS)]
        self.name = name
        self.dimensions = int(states.shape[-1])

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read `model.onnx` and `tokenizer.json` from a folder, or those of this package, whose digests are checked.

        Raises:
            ConfigurationError: a file is missing, damaged or no such model.
            MissingLibrary: what runs it cannot be imported.
        """
        if folder:
            return cls._read(folder, advice="Point MEMOS_ONNX_MODEL at a folder with both files, or unset it.")
        return cls._read(
            PACKAGED,
            advice="Install memos-mcp again (pip install --force-reinstall memos-memory-mcp).",
            name=PACKAGED_NAME,
            expected=DIGESTS,
        )

    @classmethod
    def _read(cls, folder: Path, *, advice: str, name: str = "", expected: dict[str, str] | None = None) -> Self:
        digests = [
            checked_digest(folder / file, advice=advice, expected=(expected or {}).get(file))
            for file in (MODEL, VOCABULARY)
        ]
        weights = sha256("".join(digests).encode()).hexdigest()[:12]
        try:
            tokenizer = open_tokenizer(folder / VOCABULARY, max_tokens=MAX_TOKENS)
            session = open_session(folder / MODEL)
            embedder = cls(session, tokenizer, name=f"{name or folder.resolve().name}:{weights}")
            embedder.embed("probe")
        except ImportError as exc:
            raise MissingLibrary(
                f"{exc.name or 'The model'} cannot be imported ({exc}): install memos-mcp again."
            ) from exc
        except Exception as exc:
            problem = f"{MODEL} and {VOCABULARY} in {folder} are no sentence model in ONNX form"
            raise ConfigurationError(f"{problem}. {advice}") from exc
        return embedder

    def embed(self, text: str, *, query: bool = False) -> Embedding:
        """Embed the first `MAX_WINDOWS` windows of a text; a query is a text like any."""
        head = readable(text, limit=MAX_CHARACTERS)
        encoding = self._tokenizer.encode(head)
        windows = (encoding, *encoding.overflowing[: MAX_WINDOWS - 1])
        outputs = [self._run(window) for window in windows]
        vector = _unit(np.concatenate([states[0] for states, *_ in outputs]).sum(axis=0))
        if not vector.any():  # a tokenizer that finds nothing in the text
            vector[0] = 1
        if len(self._outputs) == 1:
            return Embedding(vector=vector)
        rows: dict[str, NDArray[np.float32]] = {}
        for window, (_, projected) in zip(windows, outputs, strict=True):
            for word, pieces in content_words(head, window, unknown=self._unknown):
                rows.setdefault(word, projected[0, pieces].mean(axis=0))
        kept = np.array(list(rows.values())[:MAX_ROWS], np.float32).reshape(-1, TOKEN_DIMENSIONS)
        return Embedding(vector=vector, tokens=np.rint(_unit(kept) * 127).astype(np.int8), words=tuple(rows)[:MAX_ROWS])

    def _run(self, encoding: "Encoding") -> list[NDArray[np.float32]]:
        columns = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        return self._session.run(self._outputs, {name: np.array([columns[name]], np.int64) for name in self._inputs})


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-12))
