"""ONNX Runtime and the tokenizer, opened on one thread, and the part of them that an embedder uses."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Argument(Protocol):
    """An input or output of a model; a named dimension is one of any size."""

    name: str
    shape: list[int | str]


class OnnxSession(Protocol):
    """A loaded model: the part of `onnxruntime.InferenceSession` that is used here. May run in several threads."""

    def get_inputs(self) -> Sequence[Argument]:
        """Return the inputs, in order."""
        ...

    def get_outputs(self) -> Sequence[Argument]:
        """Return the outputs, in order."""
        ...

    def run(self, output_names: list[str], input_feed: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        """Compute the named outputs, in their order."""
        ...


def open_session(model: Path) -> OnnxSession:
    """Load a model, with ONNX Runtime kept from phoning home and from starting threads.

    Raises:
        Exception: the file is no model (ONNX Runtime has no base class for its errors).
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415 - 0.1 s, and the variable above must be set first

    options = onnxruntime.SessionOptions()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return cast(
        "OnnxSession",
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]),  # pyright: ignore[reportUnknownArgumentType]
    )


def open_tokenizer(vocabulary: Path, *, max_tokens: int) -> "Tokenizer":
    """Load a `tokenizer.json`, set to cut at `max_tokens` and to pad nothing.

    Raises:
        Exception: the file is no tokenizer (the library raises no narrower class).
    """
    from tokenizers import Tokenizer  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(vocabulary))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)  # pyright: ignore[reportUnknownMemberType]
    return tokenizer
