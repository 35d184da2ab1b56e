"""From the trained network to the package data that `assistant.reader` loads, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from assistant.reader.weights import STEPS, load_reader_weights
from evals.reader.network import PACKAGED_NAMES, Network

_MOST_STEPS = 127


def export_weights(network: Network, packaged: Mapping[str, Tensor], path: Path) -> str:
    """Write what was learned: of each matrix the difference to the packaged one in 8 bits a weight, all else in 16.

    Args:
        network: The trained network.
        packaged: The encoder's weights by name.
        path: The file to write.

    Returns:
        The SHA-256 of its bytes, hex: what `assistant.reader.weights` pins.
    """
    tensors: dict[str, Tensor] = {}
    for ours, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        name, learned = _name(ours), parameter.detach()
        if name in packaged and learned.dim() == 2:
            difference = learned - packaged[name]
            steps = difference.abs().amax(1, keepdim=True).clamp(min=1e-12) / _MOST_STEPS
            tensors[name], tensors[name + STEPS] = torch.round(difference / steps).to(torch.int8), steps
        else:
            tensors[name] = learned.half()
    made = path.with_suffix(".tmp")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, made)
    made.replace(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_learned(network: Network, path: Path, packaged: Mapping[str, Tensor]) -> None:
    """Fill a network with what `export_weights` wrote, to go on from it.

    Args:
        network: Changed in place.
        path: The file.
        packaged: The encoder's weights by name.
    """
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    arrays = load_reader_weights(path, sha256=sha256, packaged={name: w.numpy() for name, w in packaged.items()})
    with torch.no_grad():
        for ours, parameter in network.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.from_numpy(arrays[_name(ours)]))


def _name(ours: str) -> str:
    """Name a weight as the packaged encoder's file does; heads keep their names."""
    parts = ours.split(".")
    if parts[0] != "layers":
        return ours
    _, number, part, kind = parts
    return f"encoder.layer.{number}.{PACKAGED_NAMES[part]}.{kind}"
