"""OpenVINO, which runs every model that answers: its one door."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def load_openvino() -> Any:
    """Import OpenVINO without its telemetry, which would report exports to its vendor and write into the home folder.

    A module that is None in `sys.modules` can't be imported; OpenVINO then takes the stub that it ships for that case.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def compile_model(model: Path | Any, *, precision: str, threads: int) -> Any:
    """Compile a model for this machine's processor.

    Args:
        model: An exported `.xml` file, or a model that was built in memory.
        precision: "auto", "f32" or "bf16".
        threads: How many threads to use; 0 leaves it to the runtime.

    Returns:
        OpenVINO's compiled model: called with named input arrays, it returns its outputs by number. Calls must take
        turns.
    """
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": resolve_precision(precision),
        "PERFORMANCE_HINT": "LATENCY",
    }
    if threads:
        options["INFERENCE_NUM_THREADS"] = threads
    given = str(model) if isinstance(model, Path) else model
    return load_openvino().Core().compile_model(given, "CPU", options)


def resolve_precision(precision: str) -> str:
    """Tell what a setting of the precision means on this machine: "auto" is bf16 where the processor has it."""
    if precision != "auto":
        return precision
    return "bf16" if "BF16" in load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
