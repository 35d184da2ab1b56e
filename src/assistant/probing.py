"""Looking into a Chroma folder from a child process, since a damaged one may end any process that opens it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import IndexDamaged
from assistant.vectors import ChromaVectors

_SELF_SIMILARITY = 0.9999
_CANARIES_FOUND = 0.98
"""Chroma's graph finds nearly all vectors by themselves; a lost or torn one loses many."""
_SHOWN = 200
"""Characters of what a child said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """How a Chroma folder fared in a process of its own."""

    usable: bool
    """Whether it opened, counted, and found the canaries that it lists."""
    count: int
    detail: str
    """What was seen, for the log and for error messages."""


_PROBE = "from assistant.probing import answer_probe; answer_probe()"


def probe(path: Path, *, canaries: Mapping[str, NDArray[np.float32]], timeout_seconds: float = 120.0) -> ProbeResult:
    """Open a Chroma folder in a child process and look for known vectors.

    A damaged folder may end any process that opens it, or return nothing without an error: here that is a result.

    Args:
        path: The folder.
        canaries: Some of the vectors it should hold, by chunk id. Those that it does not list are no fault, as they
            can be added; those that it lists must be found by their own vector.
        timeout_seconds: How long the child may take; longer counts as damage.
    """
    request = json.dumps(
        {
            "path": str(path),
            "canaries": {
                name: base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode()
                for name, vector in canaries.items()
            },
        }
    )
    try:
        return ProbeResult(**json.loads(_ask(_PROBE, request, timeout_seconds=timeout_seconds)))
    except IndexDamaged as error:
        return ProbeResult(usable=False, count=0, detail=error.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the vectors of a Chroma folder differ from those that it should hold."""

    missing: int = 0
    orphans: int = 0
    different: int = 0
    """Stored under the right id with other values."""
    unreadable: str | None = None
    """Why they could not be compared; None where they could."""


_COMPARE = "from assistant.probing import answer_compare; answer_compare()"


def compare(
    path: Path, ids: Sequence[str], matrix: NDArray[np.float32], *, timeout_seconds: float = 600.0
) -> Comparison:
    """Compare every vector of a Chroma folder, in a child process.

    Args:
        path: The folder. Chroma writes to it even when it reads: give it a copy.
        ids: All that it should hold.
        matrix: One unit vector per id.
        timeout_seconds: How long the child may take; longer counts as damage.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-compare-") as scratch:
        wanted = Path(scratch) / "wanted.npy"
        np.save(wanted, matrix)
        request = json.dumps({"path": str(path), "ids": list(ids), "matrix": str(wanted)})
        try:
            return Comparison(**json.loads(_ask(_COMPARE, request, timeout_seconds=timeout_seconds)))
        except IndexDamaged as error:
            return Comparison(unreadable=error.detail)


def _ask(program: str, request: str, *, timeout_seconds: float) -> str:
    """Run a program in a child process; raises IndexDamaged if it ends in any other way than well."""
    command = [sys.executable, "-P", "-c", program]
    try:
        child = subprocess.run(
            command, input=request, capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise IndexDamaged(Path(), detail=f"no answer within {timeout_seconds} s") from error
    if child.returncode != 0:
        last = child.stderr.strip().splitlines()[-1:] or [""]
        raise IndexDamaged(Path(), detail=f"the process ended with {child.returncode}. {last[0][:_SHOWN]}")
    return child.stdout


def answer_compare() -> None:
    """In the child: read a request from stdin, write the comparison to stdout."""
    request = json.load(sys.stdin)
    matrix = np.load(request["matrix"])
    rows = dict(zip(request["ids"], matrix, strict=True))
    try:
        result = _differences(ChromaVectors(Path(request["path"])), rows)
    except IndexDamaged as error:
        result = Comparison(unreadable=error.detail)
    sys.stdout.write(json.dumps(asdict(result)))


def _differences(vectors: ChromaVectors, rows: Mapping[str, NDArray[np.float32]]) -> Comparison:
    held = vectors.ids()
    stored = vectors.read([name for name in rows if name in held])
    different = sum(not float(vector @ rows[name]) >= _SELF_SIMILARITY for name, vector in stored.items())
    vectors.close()
    return Comparison(missing=len(rows) - len(stored), orphans=len(held - rows.keys()), different=different)


def answer_probe() -> None:
    """In the child: read a request from stdin, write the result to stdout."""
    request = json.load(sys.stdin)
    canaries = {
        name: np.frombuffer(base64.b64decode(vector), dtype="<f4") for name, vector in request["canaries"].items()
    }
    try:
        result = _look(ChromaVectors(Path(request["path"])), canaries)
    except IndexDamaged as error:
        result = ProbeResult(usable=False, count=0, detail=error.detail)
    sys.stdout.write(json.dumps(asdict(result)))


def _look(vectors: ChromaVectors, canaries: Mapping[str, NDArray[np.float32]]) -> ProbeResult:
    listed = vectors.ids()
    sought = [name for name in canaries if name in listed]
    found = 0
    for name in sought:
        # An equal vector under another id finds it as well.
        best = vectors.query(canaries[name], k=1).hits
        found += bool(best) and best[0].score >= _SELF_SIMILARITY
    vectors.close()
    usable = found >= _CANARIES_FOUND * len(sought)
    return ProbeResult(usable=usable, count=len(listed), detail=f"{found} of {len(sought)} known vectors found")
