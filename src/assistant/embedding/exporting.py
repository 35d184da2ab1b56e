"""Exporting in a process of its own, so that it can be ended at any moment and its memory is given back.

The child is `python -m assistant.embedding.exporting FOLDER NAME SOURCE PRECISION`. It writes the export into the
folder, or the named error that kept it from that to its standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant.embedding.export import export_into, export_model
from assistant.embedding.opening import ExportStopped
from assistant.embedding.runtime import Manifest
from assistant.embedding.source import ModelSource
from assistant.errors import ExportMismatch, ModelError

_LOOK_SECONDS = 0.1


def export_apart(source: ModelSource, folder: Path, *, precision: str, stopped: Callable[[], bool]) -> Manifest:
    """Export a model in a child process.

    Args:
        source: The model's files.
        folder: Where the export goes.
        precision: "auto", "f32" or "bf16".
        stopped: Asked now and then; once true, the child is ended and nothing of it is left.

    Returns:
        What the folder now holds.

    Raises:
        ExportStopped: If `stopped` said so.
        ExportMismatch: If the exported model's vectors differ from the source's.
        ModelError: If the folder can't be written or the model can't be loaded.
    """
    return export_model(source, folder, precision=precision, export=partial(_run_child, stopped=stopped))


def _run_child(folder: Path, source: ModelSource, *, precision: str, stopped: Callable[[], bool]) -> Manifest:
    command = [sys.executable, "-m", __name__, str(folder), source.name, str(source.folder), precision]
    # A session of its own: Ctrl-C at the terminal reaches the parent alone, which then decides.
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        try:
            while child.poll() is None:
                if stopped():
                    raise ExportStopped
                _wait(child)
        finally:
            child.kill()
        said = child.stdout.read() if child.stdout else ""
    manifest = Manifest.read(folder)
    if child.returncode or manifest is None:
        raise _named(said, source=source, code=child.returncode)
    return manifest


def _wait(child: subprocess.Popen[str]) -> None:
    try:
        child.wait(timeout=_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _named(said: str, *, source: ModelSource, code: int) -> ModelError:
    try:
        fault = json.loads(said)
    except ValueError:
        return ModelError(
            f"The embedding model {source.name!r} could not be prepared: its process ended with {code}. Check that "
            "there is enough memory, or choose another model."
        )
    if "cosine" in fault:
        return ExportMismatch(source.name, cosine=fault["cosine"], required=fault["required"])
    return ModelError(fault["message"])


def _main() -> int:
    folder, name, place, precision = sys.argv[1:]
    try:
        export_into(Path(folder), ModelSource(name=name, folder=Path(place)), precision=precision)
    except ExportMismatch as error:
        fault: dict[str, object] = {"cosine": error.cosine, "required": error.required}
    except ModelError as error:
        fault = {"message": str(error)}
    except OSError as error:
        fault = {"message": f"The embedding model {name!r} can't be prepared: {error}. Check free space."}
    else:
        return 0
    sys.stdout.write(json.dumps(fault))
    return 1


if __name__ == "__main__":
    sys.exit(_main())
