"""From the trained network to the package data that `assistant.reader` loads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from evals.reader.network import PACKAGED_NAMES, Network


def export_weights(upper: Upper, path: Path) -> str:
    """Write the upper layers and heads in half precision.

    Args:
        upper: The trained network.
        path: The file to write.

    Returns:
        The SHA-256 of its bytes, hex: what `assistant.reader.weights` pins.
    """
    tensors = {_name(name): tensor.detach().half().contiguous() for name, tensor in upper.state_dict().items()}
    made = path.with_suffix(".tmp")
    save_file(tensors, made)
    made.replace(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def restore_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Name exported tensors as the network does, for `load_state_dict`."""
    return {ours: tensors[_name(ours)].float() for ours in Upper().state_dict()}


def _name(ours: str) -> str:
    """Name a weight as the packaged encoder's file does; heads and segments keep their names."""
    parts = ours.split(".")
    if parts[0] != "layers":
        return ours
    _, number, part, kind = parts
    return f"encoder.layer.{JOINED_FROM + int(number)}.{PACKAGED_NAMES[part]}.{kind}"
