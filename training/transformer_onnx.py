"""The ONNX graph beside the weights, so that the model is served without torch.

`model.onnx` holds only the graph, some kilobytes: its weights are the tensors in
`model.safetensors`, named by file, offset and length (ONNX external data). When onnxruntime opens
it, constant folding turns the 8-bit floats into 8-bit whole numbers with one scale per column, and
what remains multiplies whole numbers (dynamic quantisation of the activations).

A graph is a protobuf message, and of that format two rules suffice: a varint and a length. So they
stand here, and the `onnx` package is not needed. Field numbers are those of onnx.proto.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

GRAPH_FILE = "model.onnx"
WEIGHTS_FILE = "model.safetensors"
INPUTS = ("input_ids", "attention_mask")
OUTPUT, STATES = "sentence_embedding", "token_embeddings"

_OPSET = 20  # the first with Gelu; LayerNormalization came with 17
_IR_VERSION = 9
_FLOAT, _UINT8, _INT8, _INT32, _INT64 = 1, 2, 3, 6, 7
_DATA_TYPES = {"F32": _FLOAT, "F16": 10, "F8_E4M3": 17}
_CONSTANT_TYPES = {"float32": _FLOAT, "int64": _INT64}
_WIDE_INPUT = re.compile(r"\.\d+\.output\.dense$")  # GELU's outliers do not fit into 8 bits
_HIDDEN = np.array(-1e9, np.float32)  # added to the attention scores of padding
_MOST = np.array(127, np.float32)  # of an 8-bit whole number
_SMALLEST_SCALE = np.array(1e-12, np.float32)  # an all-zero column may not divide by 0


def _float8_values() -> NDArray[np.float32]:
    """What each byte means as E4M3: sign, 4 bits of exponent (bias 7), 3 of mantissa; no infinity.

    Micikevicius et al. 2022, arXiv:2209.05433. Bytes 127 and 255 are NaN, which weights never are.
    """
    codes = np.arange(256)
    exponent, mantissa = codes >> 3 & 15, codes & 7
    small = mantissa / 8 * 2.0**-6
    large = (1 + mantissa / 8) * 2.0 ** (exponent - 7)
    values = np.where(exponent == 0, small, large) * np.where(codes & 128, -1, 1)
    values[[127, 255]] = np.nan
    return values.astype(np.float32)


_FLOAT8 = _float8_values()


class Stored(NamedTuple):
    """Where one tensor lies."""

    kind: str  # safetensors' name of the number type
    shape: tuple[int, ...]
    offset: int  # bytes from the start of the file
    length: int  # bytes


def stored_tensors(weights: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file by name: u64 header size, JSON header, then the data."""
    with weights.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: Stored(
            entry["dtype"],
            tuple(entry["shape"]),
            8 + size + entry["data_offsets"][0],
            entry["data_offsets"][1] - entry["data_offsets"][0],
        )
        for name, entry in header.items()
    }


def write_graph(folder: Path, whole_numbers: bool = True) -> Path:
    """Write `model.onnx` for the BERT or Electra model in `folder`; mean pooling, unit length.

    Input: input_ids and attention_mask, int64 (texts, pieces). Output, float32:
    sentence_embedding (texts, hidden) and token_embeddings (texts, pieces, hidden). `whole_numbers`
    multiplies in int8 where that costs little, otherwise all is float32.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    graph = _Graph(stored_tensors(folder / WEIGHTS_FILE), whole_numbers)
    states = _states(graph, config)
    total = _sum(graph, states)
    last = graph.constant(np.array([-1], np.int64))
    length = graph.node("ReduceL2", total, last, keepdims=1)  # the mean's length cancels out
    graph.named("Div", [total, length], [OUTPUT], {})
    graph.named("Identity", [states], [STATES], {})
    size = config["hidden_size"]
    outputs = {OUTPUT: ["texts", size], STATES: ["texts", "pieces", size]}
    path = folder / GRAPH_FILE
    path.write_bytes(_model(graph, outputs))
    return path


class _Graph:
    """Nodes and initialisers as encoded messages; every method returns the name of a result."""

    def __init__(self, stored: Mapping[str, Stored], whole_numbers: bool) -> None:
        self.nodes: list[bytes] = []
        self.initialisers: list[bytes] = []
        self._stored = stored
        self._whole_numbers = whole_numbers
        self._known: dict[str, str] = {}
        self._count = 0

    def node(self, kind: str, *inputs: str, results: int = 1, **attributes: Any) -> str:
        """Add a node; of several results the names are joined by a space."""
        self._count += 1
        names = [f"{kind}_{self._count}" + (f"_{i}" if i else "") for i in range(results)]
        self.named(kind, inputs, names, attributes)
        return " ".join(names)

    def named(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: dict[str, Any]
    ) -> None:
        """Add a node whose results have given names."""
        fields = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs]
        fields += [_text(3, outputs[0]), _text(4, kind)]
        fields += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
        self.nodes.append(b"".join(fields))

    def constant(self, value: NDArray[Any]) -> str:
        """A small constant inside the graph."""
        kind = _CONSTANT_TYPES[value.dtype.name]
        key = f"c_{kind}_{value.shape}_{value.tobytes().hex()}"
        if key not in self._known:
            self._known[key] = f"constant_{len(self._known)}"
            dims = b"".join(_number(1, n) for n in value.shape)
            rest = _number(2, kind) + _text(8, self._known[key]) + _bytes(9, value.tobytes())
            self.initialisers.append(dims + rest)
        return self._known[key]

    def weight(self, name: str) -> str:
        """A tensor of the weights file, as float32."""
        if name not in self._known:
            stored = self._external(name)
            plain = self._stored[name].kind == "F32"
            self._known[name] = stored if plain else self.node("Cast", stored, to=_FLOAT)
        return self._known[name]

    def rows(self, name: str, ids: str) -> str:
        """Some rows of a table, as float32; what is not asked for stays 8 bits in the file."""
        if self._stored[name].kind != "F8_E4M3":
            return self.node("Gather", self.weight(name), ids)
        codes = self.node("Gather", self._external(name, as_bytes=True), ids)
        return self.node("Gather", self.constant(_FLOAT8), self.node("Cast", codes, to=_INT32))

    def _external(self, name: str, as_bytes: bool = False) -> str:
        """An initialiser that names a part of the weights file."""
        stored = self._stored[name]
        places = {
            "location": WEIGHTS_FILE,
            "offset": str(stored.offset),
            "length": str(stored.length),
        }
        fields = [_number(1, n) for n in stored.shape]
        fields += [_number(2, _UINT8 if as_bytes else _DATA_TYPES[stored.kind]), _text(8, name)]
        fields += [_bytes(13, _text(1, k) + _text(2, v)) for k, v in places.items()]
        self.initialisers.append(b"".join(fields) + _number(14, 1))  # 1: external
        return name

    def linear(self, x: str, *names: str) -> str:
        """x @ W.T + b, for one linear layer, or several side by side."""
        weights = [self.weight(f"{name}.weight") for name in names]
        biases = [self.weight(f"{name}.bias") for name in names]
        whole = self.node("Concat", *weights, axis=0) if len(names) > 1 else weights[0]
        bias = self.node("Concat", *biases, axis=0) if len(names) > 1 else biases[0]
        whole_numbers = self._whole_numbers and not _WIDE_INPUT.search(names[0])
        multiply = self._multiply_whole if whole_numbers else self._multiply
        return self.node("Add", multiply(x, whole), bias)

    def _multiply(self, x: str, weight: str) -> str:
        return self.node("MatMul", x, self.node("Transpose", weight, perm=[1, 0]))

    def _multiply_whole(self, x: str, weight: str) -> str:
        """In int8; the node pattern is the one that onnxruntime fuses into one kernel."""
        last = self.constant(np.array([1], np.int64))
        largest = self.node("ReduceMax", self.node("Abs", weight), last, keepdims=0)
        scale = self.node("Div", largest, self.constant(_MOST))
        scale = self.node("Max", scale, self.constant(_SMALLEST_SCALE))
        ratio = self.node("Div", weight, self.node("Unsqueeze", scale, last))
        whole = self.node("Cast", self.node("Round", ratio), to=_INT8)
        columns = self.node("Transpose", whole, perm=[1, 0])
        quantised, step, zero = self.node("DynamicQuantizeLinear", x, results=3).split()
        product = self.node("MatMulInteger", quantised, columns, zero)
        both = self.node("Mul", step, scale)
        return self.node("Mul", self.node("Cast", product, to=_FLOAT), both)

    def normalised(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        parts = (self.weight(f"{name}.weight"), self.weight(f"{name}.bias"))
        return self.node("LayerNormalization", x, *parts, axis=-1, epsilon=epsilon)


def _states(graph: _Graph, config: Mapping[str, Any]) -> str:
    """From ids to what each piece says where it stands, (texts, pieces, hidden)."""
    epsilon = config["layer_norm_eps"]
    ids, mask = INPUTS
    x = _embedded(graph, ids, epsilon)
    real = graph.node("Cast", mask, to=_FLOAT)
    absent = graph.node("Sub", graph.constant(np.array(1, np.float32)), real)
    absent = graph.node("Mul", absent, graph.constant(_HIDDEN))
    absent = graph.node("Unsqueeze", absent, graph.constant(np.array([1, 2], np.int64)))
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        seen = _attention(graph, x, absent, name, config)
        x = graph.normalised(
            graph.node("Add", x, seen), f"{name}.attention.output.LayerNorm", epsilon
        )
        wide = graph.node("Gelu", graph.linear(x, f"{name}.intermediate.dense"))
        narrow = graph.linear(wide, f"{name}.output.dense")
        x = graph.normalised(graph.node("Add", x, narrow), f"{name}.output.LayerNorm", epsilon)
    return x


def _sum(graph: _Graph, states: str) -> str:
    """The sum over a text's pieces, (texts, hidden)."""
    real = graph.node("Cast", INPUTS[1], to=_FLOAT)
    weights = graph.node("Unsqueeze", real, graph.constant(np.array([-1], np.int64)))
    middle = graph.constant(np.array([1], np.int64))
    return graph.node("ReduceSum", graph.node("Mul", states, weights), middle, keepdims=0)


def _embedded(graph: _Graph, ids: str, epsilon: float) -> str:
    words = graph.rows("embeddings.word_embeddings.weight", ids)
    one = graph.constant(np.array([1], np.int64))
    zero, two = (graph.constant(np.array([i], np.int64)) for i in (0, 2))
    count = graph.node("Slice", graph.node("Shape", ids), one, two)
    places = graph.weight("embeddings.position_embeddings.weight")
    places = graph.node("Slice", places, zero, count, zero)
    kinds = graph.weight("embeddings.token_type_embeddings.weight")
    first = graph.node("Slice", kinds, zero, one, zero)
    whole = graph.node("Add", words, graph.node("Add", places, first))
    return graph.normalised(whole, "embeddings.LayerNorm", epsilon)


def _attention(graph: _Graph, x: str, absent: str, name: str, config: Mapping[str, Any]) -> str:
    heads = config["num_attention_heads"]
    size = config["hidden_size"] // heads
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    split = graph.node("Split", graph.linear(x, *parts), axis=-1, num_outputs=3, results=3)
    shape = graph.constant(np.array([0, 0, heads, size], np.int64))
    query, key, value = (graph.node("Reshape", part, shape) for part in split.split())
    query = graph.node("Transpose", query, perm=[0, 2, 1, 3])
    key = graph.node("Transpose", key, perm=[0, 2, 3, 1])
    value = graph.node("Transpose", value, perm=[0, 2, 1, 3])
    scores = graph.node("MatMul", query, key)
    scores = graph.node("Mul", scores, graph.constant(np.array(1 / math.sqrt(size), np.float32)))
    shares = graph.node("Softmax", graph.node("Add", scores, absent), axis=-1)
    mixed = graph.node("Transpose", graph.node("MatMul", shares, value), perm=[0, 2, 1, 3])
    flat = graph.node("Reshape", mixed, graph.constant(np.array([0, 0, -1], np.int64)))
    return graph.linear(flat, f"{name}.attention.output.dense")


def _model(graph: _Graph, outputs: Mapping[str, Sequence[str | int]]) -> bytes:
    body = b"".join(_bytes(1, node) for node in graph.nodes) + _text(2, "sentence encoder")
    body += b"".join(_bytes(5, tensor) for tensor in graph.initialisers)
    body += b"".join(_bytes(11, _value(name, _INT64, ["texts", "pieces"])) for name in INPUTS)
    body += b"".join(_bytes(12, _value(name, _FLOAT, dims)) for name, dims in outputs.items())
    return _number(1, _IR_VERSION) + _bytes(7, body) + _bytes(8, _text(1, "") + _number(2, _OPSET))


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    dims = [_text(2, n) if isinstance(n, str) else _number(1, n) for n in shape]
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, dim) for dim in dims))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _key(2, 5) + np.float32(value).tobytes() + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, i) for i in value) + _number(20, 7)


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value % (1 << 64))


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first, bit 8 set on all but the last."""
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
