"""The reader as a torch network: the packaged encoder over question and passage together, with heads.

All layers are trained; the embeddings stay as they are packaged. `assistant.reader.graph` builds the same network for
OpenVINO.

Source: Devlin et al., "BERT", NAACL 2019.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

HIDDEN, HEADS, INNER, LAYERS, EPSILON = 384, 12, 1536, 6, 1e-12
TOKEN_HEADS = ("start", "end", "sentence")
PAIR_HEADS = ("answers", "relevant")
PACKAGED_NAMES: Mapping[str, str] = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "mixed_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
"""What the packaged file calls the parts of a `Layer`."""


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self, *, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(HIDDEN, HIDDEN) for _ in range(3))
        self.mixed, self.mixed_norm = nn.Linear(HIDDEN, HIDDEN), nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.inner, self.outer = nn.Linear(HIDDEN, INNER), nn.Linear(INNER, HIDDEN)
        self.outer_norm = nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Map states (rows, tokens, hidden), given an additive mask (rows, 1, 1, tokens)."""
        rows, tokens, _ = states.shape
        query, key, value = (
            part(states).view(rows, tokens, HEADS, -1).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(rows, tokens, HIDDEN)
        states = self.mixed_norm(states + self.dropout(self.mixed(mixed)))
        inner = functional.gelu(self.inner(states))
        return self.outer_norm(states + self.dropout(self.outer(inner)))  # type: ignore[no-any-return]


class Network(nn.Module):
    """The encoder over question and passage as one sequence, and the heads."""

    def __init__(self, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(30522, HIDDEN), nn.Embedding(512, HIDDEN)
        self.types, self.norm = nn.Embedding(2, HIDDEN), nn.LayerNorm(HIDDEN, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(dropout=dropout) for _ in range(LAYERS))
        self.tokens, self.pair = nn.Linear(HIDDEN, len(TOKEN_HEADS)), nn.Linear(HIDDEN, len(PAIR_HEADS))

    def trained(self) -> list[nn.Parameter]:
        """Give the parameters that are trained: all but the embeddings."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def encode(self, ids: Tensor, types: Tensor, attended: Tensor) -> Tensor:
        """Map token ids, their segments and which of them are no padding (rows, tokens) to states."""
        places = torch.arange(ids.shape[1])[None, :]
        states = self.norm(self.words(ids) + self.positions(places) + self.types(types))
        mask = additive(attended)
        for layer in self.layers:
            states = layer(states, mask)
        return states  # type: ignore[no-any-return]

    def forward(self, ids: Tensor, types: Tensor, attended: Tensor) -> tuple[Tensor, Tensor]:
        """Score every token (rows, tokens, 3) and every pair (rows, 2)."""
        states = self.encode(ids, types, attended)
        return self.tokens(states), self.pair(states[:, 0])


def additive(attended: Tensor) -> Tensor:
    """Turn a mask of what is no padding into one that is added to attention scores."""
    return (~attended)[:, None, None, :].float() * -1e9


def load_packaged(weights: Mapping[str, Tensor], *, dropout: float = 0.0) -> Network:
    """Fill the network with the packaged encoder's weights; the heads start from torch's seed."""
    network = Network(dropout=dropout)
    embeddings = {
        "words.weight": "word_embeddings.weight",
        "positions.weight": "position_embeddings.weight",
        "types.weight": "token_type_embeddings.weight",
        "norm.weight": "LayerNorm.weight",
        "norm.bias": "LayerNorm.bias",
    }
    given = {name: weights[f"embeddings.{theirs}"] for name, theirs in embeddings.items()}
    network.load_state_dict(given, strict=False)
    for number, layer in enumerate(network.layers):
        layer.load_state_dict(layer_weights(weights, number))
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(("words", "positions", "types", "norm")))
    return network


def layer_weights(weights: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    """Name one layer's weights as `Layer` does."""
    return {
        f"{name}.{kind}": weights[f"encoder.layer.{number}.{path}.{kind}"]
        for name, path in PACKAGED_NAMES.items()
        for kind in ("weight", "bias")
    }
