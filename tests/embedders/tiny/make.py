"""Make the model beside this file: eight words, three dimensions, the inputs and output of a usual export.

pip install onnx tokenizers numpy && python tests/embedders/tiny/make.py
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = ("[UNK]", "cat", "kitten", "dog", "tax", "car", "sun", "probe")
FOLDER = Path(__file__).parent


def argument(name: str, kind: int, *width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["batch", "tokens", *width])


def main() -> None:
    meanings = np.random.default_rng(0).standard_normal((len(WORDS), 3)).astype(np.float32)
    meanings[WORDS.index("kitten")] = meanings[WORDS.index("cat")] * 2
    nodes = [
        helper.make_node("Gather", ["meanings", "input_ids"], ["looked_up"]),
        helper.make_node("Cast", ["attention_mask"], ["seen"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["seen", "last"], ["mask"]),
        helper.make_node("Mul", ["looked_up", "mask"], ["last_hidden_state"]),
        helper.make_node("ReduceMean", ["last_hidden_state"], ["pooled"], axes=[1], keepdims=0),
    ]
    inputs = [argument(name, TensorProto.INT64) for name in ("input_ids", "attention_mask")]
    outputs = [
        helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["batch", 3]),
        argument("last_hidden_state", TensorProto.FLOAT, 3),
    ]
    constants = [
        numpy_helper.from_array(meanings, "meanings"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), FOLDER / "model.onnx"
    )
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(FOLDER / "tokenizer.json"))


if __name__ == "__main__":
    main()
