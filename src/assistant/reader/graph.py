"""The reader's network for OpenVINO, built from arrays: nothing is exported and torch is not needed.

It is a BERT encoder over question and passage together, with a head for each token and one for the pair.

Source: Devlin et al., "BERT", NAACL 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.acceleration import load_openvino

Weights = Mapping[str, NDArray[np.float32]]
HIDDEN, HEADS, EPSILON = 384, 12, 1e-12
LAYERS = 6
INPUTS = ("ids", "types", "mask")


def build_network(weights: Weights) -> Any:
    """Build the network.

    Args:
        weights: Of the encoder, named as in the packaged file, and of the heads "tokens" and "pair".

    Returns:
        A model from token ids, types (1 for the passage's tokens) and a mask, all (rows, tokens), to token scores
        (rows, tokens, 3) and pair scores (rows, 2).
    """
    ops = _Ops()
    ids, types, mask = (ops.input(name, np.int64 if name != "mask" else np.float32) for name in INPUTS)
    length = ops.v.slice(ops.v.shape_of(ids, "i64"), *(ops.integers(value) for value in ([1], [2], [1])))
    places = ops.v.range(ops.integers(0), ops.v.squeeze(length, ops.integers([0])), ops.integers(1), "i64")
    states = ops.gather(weights["embeddings.word_embeddings.weight"], ids)
    states = ops.v.add(states, ops.gather(weights["embeddings.position_embeddings.weight"], places))
    states = ops.v.add(states, ops.gather(weights["embeddings.token_type_embeddings.weight"], types))
    states = ops.norm(states, weights, "embeddings.LayerNorm")
    added = ops.additive(mask)
    for number in range(LAYERS):
        states = ops.layer(states, added, weights, f"encoder.layer.{number}")
    first = ops.v.gather(states, ops.integers(0), ops.integers(1))
    return ops.model([ops.linear(states, weights, "tokens"), ops.linear(first, weights, "pair")], [ids, types, mask])


class _Ops:
    """The operations of the network."""

    def __init__(self) -> None:
        self._openvino = load_openvino()
        self.v = self._openvino.opset13

    def input(self, name: str, kind: Any) -> Any:
        return self.v.parameter(self._openvino.PartialShape([-1, -1]), kind, name=name)

    def model(self, outputs: list[Any], inputs: list[Any]) -> Any:
        for node in inputs:
            node.output(0).get_tensor().set_names({node.get_friendly_name()})
        return self._openvino.Model(outputs, inputs)

    def constant(self, values: NDArray[Any]) -> Any:
        return self.v.constant(np.ascontiguousarray(values, dtype=np.float32))

    def integers(self, values: Any) -> Any:
        return self.v.constant(np.array(values, dtype=np.int64))

    def gather(self, table: NDArray[Any], rows: Any) -> Any:
        return self.v.gather(self.constant(table), rows, self.integers(0))

    def additive(self, mask: Any) -> Any:
        """Turn a mask of what is no padding into one that is added to attention scores."""
        unknown = self.v.multiply(self.v.subtract(mask, self.constant(np.array(1.0))), self.constant(np.array(1e9)))
        return self.v.unsqueeze(unknown, self.integers([1, 2]))

    def linear(self, states: Any, weights: Weights, name: str) -> Any:
        product = self.v.matmul(states, self.constant(weights[f"{name}.weight"]), False, True)
        return self.v.add(product, self.constant(weights[f"{name}.bias"]))

    def norm(self, states: Any, weights: Weights, name: str) -> Any:
        scaled = self.v.mvn(states, self.integers([-1]), True, EPSILON, "inside_sqrt")
        scaled = self.v.multiply(scaled, self.constant(weights[f"{name}.weight"]))
        return self.v.add(scaled, self.constant(weights[f"{name}.bias"]))

    def layer(self, states: Any, mask: Any, weights: Weights, name: str) -> Any:
        query, key, value = (
            self._split(self.linear(states, weights, f"{name}.attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        scores = self.v.multiply(
            self.v.matmul(query, key, False, True), self.constant(np.array((HIDDEN // HEADS) ** -0.5))
        )
        mixed = self.v.matmul(self.v.softmax(self.v.add(scores, mask), 3), value, False, False)
        mixed = self.v.reshape(
            self.v.transpose(mixed, self.integers([0, 2, 1, 3])), self.integers([0, 0, HIDDEN]), True
        )
        mixed = self.linear(mixed, weights, f"{name}.attention.output.dense")
        states = self.norm(self.v.add(states, mixed), weights, f"{name}.attention.output.LayerNorm")
        inner = self.v.gelu(self.linear(states, weights, f"{name}.intermediate.dense"), "ERF")
        outer = self.linear(inner, weights, f"{name}.output.dense")
        return self.norm(self.v.add(states, outer), weights, f"{name}.output.LayerNorm")

    def _split(self, states: Any) -> Any:
        heads = self.v.reshape(states, self.integers([0, 0, HEADS, HIDDEN // HEADS]), True)
        return self.v.transpose(heads, self.integers([0, 2, 1, 3]))
