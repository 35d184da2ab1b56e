"""The reader's own weights: package data whose hash is pinned here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from assistant.errors import ModelError

FILE = Path(__file__).parent / "reader.safetensors"
"""What differs from the packaged encoder, in 8 bits; absent where the package was built without it."""
STEPS = ".steps"
"""Ends the name of a matrix's scales: one a row, shape (rows, 1)."""
SHA256 = "5cb50057c6c79c12993f4f6118873b32b1b13cdc698742efb27392b3d1e78a4b"
"""Of `FILE`. `make reader` prints it."""


def load_reader_weights(
    path: Path, *, sha256: str, packaged: Mapping[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Add what was learned to the packaged encoder's weights.

    Args:
        path: The file: of each matrix of the encoder the difference in steps of its row's scale, all else as it is.
        sha256: What its bytes must hash to, hex.
        packaged: The encoder's weights by name.

    Returns:
        The encoder's weights by the same names, and those of the heads.

    Raises:
        ModelError: If they hash to something else.
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"The reader's weights in {str(path)!r} are not the ones of this version. Install it again.")
    merged = {name: np.asarray(array, dtype=np.float32) for name, array in packaged.items()}
    own = load(data)
    for name, array in own.items():
        if name.endswith(STEPS):
            continue
        learned = array.astype(np.float32)
        steps = own.get(name + STEPS)
        merged[name] = learned if steps is None else merged[name] + learned * steps
    return merged
