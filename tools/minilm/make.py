"""Make `memos_mcp/backends/local/embedders/minilm` from the weights that `tune` wrote.

It writes BERT's graph out by hand for one text at a time (so there is nothing to mask and no torch to trace), adds
an output of token vectors in 64 dimensions, quantises the weights and prints the digests that `onnx.py` expects.
The weights have 7 bits, not 8: x86 processors without VNNI would saturate on 8, and give other vectors than those
with it.
"""

import shutil
import sys
import tempfile
from hashlib import file_digest
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import typer
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from tools.minilm import HEADS, LAYERS, PROJECTION, TOKEN_WIDTH, WIDTH, original

TARGET = Path(__file__).parents[2] / "memos_mcp/backends/local/embedders/minilm"

Array = NDArray[np.float32]
Weights = dict[str, Array]


class Graph:
    """An ONNX graph as it grows: a node a call, which returns the name of its output."""

    def __init__(self, weights: Weights) -> None:
        """Start empty; `weights` are looked up by their names in the checkpoint."""
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        """Add a constant."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add an operator."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=f"node_{output}", **attributes))
        return output

    def dense(self, x: str, key: str, scale: float = 1.0) -> str:
        """Multiply by a weight and add a bias, both scaled."""
        weight = self.constant(f"{key}.weight", self.weights[f"{key}.weight"].T * np.float32(scale))
        bias = self.constant(f"{key}.bias", self.weights[f"{key}.bias"] * np.float32(scale))
        return self.node("Add", self.node("MatMul", x, weight), bias)

    def normalise(self, x: str, key: str) -> str:
        """Normalise a layer, with the epsilon of the checkpoint's config."""
        scale = self.constant(f"{key}.weight", self.weights[f"{key}.weight"])
        shift = self.constant(f"{key}.bias", self.weights[f"{key}.bias"])
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)


def embeddings(graph: Graph) -> str:
    """Sum word, position and segment; a lone text has one segment, so its row is added to the positions."""
    key = "embeddings.{}_embeddings.weight"
    places = graph.weights[key.format("position")] + graph.weights[key.format("token_type")][0]
    zero = graph.constant("zero", np.array([0], np.int64))
    length = graph.node("Shape", "input_ids", start=1, end=2)
    words = graph.node("Gather", graph.constant("words", graph.weights[key.format("word")]), "input_ids")
    positions = graph.node("Slice", graph.constant("positions", places), zero, length, zero)
    return graph.normalise(graph.node("Add", words, positions), "embeddings.LayerNorm")


def attention(graph: Graph, x: str, key: str) -> str:
    """Attend from every token to every token of the one text."""

    def part(name: str, order: list[int], scale: float = 1.0) -> str:
        split = graph.node("Reshape", graph.dense(x, f"{key}.self.{name}", scale), "split")
        return graph.node("Transpose", split, perm=order)

    query = part("query", [0, 2, 1, 3], scale=(WIDTH / HEADS) ** -0.5)
    weights = graph.node("Softmax", graph.node("MatMul", query, part("key", [0, 2, 3, 1])), axis=-1)
    mixed = graph.node("MatMul", weights, part("value", [0, 2, 1, 3]))
    joined = graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), "join")
    return graph.normalise(graph.node("Add", graph.dense(joined, f"{key}.output.dense"), x), f"{key}.output.LayerNorm")


def feed_forward(graph: Graph, x: str, key: str) -> str:
    """Transform every token by itself."""
    wide = graph.node("Gelu", graph.dense(x, f"{key}.intermediate.dense"))
    return graph.normalise(graph.node("Add", graph.dense(wide, f"{key}.output.dense"), x), f"{key}.output.LayerNorm")


def build(weights: Weights) -> onnx.ModelProto:
    """Write the model: `input_ids` (1, n) in, `last_hidden_state` (1, n, 384) and `token_vectors` (1, n, 64) out."""
    graph = Graph(weights)
    graph.constant("split", np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
    graph.constant("join", np.array([0, 0, WIDTH], np.int64))
    x = embeddings(graph)
    for layer in range(LAYERS):
        x = attention(graph, x, f"encoder.layer.{layer}.attention")
        x = feed_forward(graph, x, f"encoder.layer.{layer}")
    graph.node("Identity", x, output="last_hidden_state")
    graph.node("MatMul", x, graph.constant(PROJECTION, weights[PROJECTION]), output="token_vectors")
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", width])
        for name, width in (("last_hidden_state", WIDTH), ("token_vectors", TOKEN_WIDTH))
    ]
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", [ids], outputs, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def main(tuned: Annotated[Path, typer.Argument(help="The weights that `tune` wrote.", exists=True)]) -> None:
    """Write the folder, and print the digests."""
    TARGET.mkdir(exist_ok=True)
    shutil.copyfile(original() / "tokenizer.json", TARGET / "tokenizer.json")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "model.onnx"
        onnx.save(build(load_file(tuned)), plain)
        quantize_dynamic(
            plain,
            TARGET / "model.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=["node_token_vectors"],
            extra_options={"MatMulConstBOnly": True},
        )
    for name in ("model.onnx", "tokenizer.json"):
        with (TARGET / name).open("rb") as stream:
            sys.stdout.write(f"{file_digest(stream, 'sha256').hexdigest()}  {name}\n")


if __name__ == "__main__":
    typer.run(main)
