"""The reader's own weights: package data whose hash is pinned here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from assistant.errors import ModelError

FILE = Path(__file__).parent / "reader.safetensors"
"""Upper layers and heads in half precision; absent where the package was built without it."""
SHA256 = ""
"""Of `FILE`. `make reader` prints it."""


def load_reader_weights(path: Path, *, sha256: str) -> dict[str, NDArray[np.float32]]:
    """Read the weights that differ from the packaged encoder's.

    Args:
        path: The file.
        sha256: What its bytes must hash to, hex.

    Raises:
        ModelError: If they hash to something else.
    """
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"The reader's weights in {str(path)!r} are not the ones of this version. Install it again.")
    return {name: array.astype(np.float32) for name, array in load(data).items()}
