"""What `assistant doctor` finds out: settings and their origins, versions, and the state of the store."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant.catalog import Catalog
from assistant.catalog.schema import SCHEMA_VERSION
from assistant.embedding import describe_embedder, describe_runtime
from assistant.errors import EmptyCorpus, MaxWrongUnreachable, ModelError
from assistant.indexing import Repair, open_index
from assistant.indexing.checking import find_faults
from assistant.indexing.opening import INDEX_FOLDER
from assistant.serialization import SCHEMA
from assistant.settings import PREFIX, Settings, file_content, variables
from assistant.terminal import Facts
from assistant.types import DocumentState
from assistant.wiring import describe_reading

_REMEDIES = {
    "catalog": "`assistant restore FILE --replace` with a backup, or `assistant ingest --rebuild`: it takes over what "
    "is whole and reads the rest again",
    "upload": "upload the file again; its text is stored",
    "vector index": "`assistant doctor --repair` while no ingest runs",
}
PACKAGES = (
    "assistant",
    "chromadb",
    "gradio",
    "llama-index-core",
    "nltk",
    "numpy",
    "openvino",
    "pydantic",
    "pypdfium2",
    "sentence-transformers",
    "tiktoken",
    "tokenizers",
    "torch",
    "transformers",
    "typer",
)


class Origin(StrEnum):
    """Where a setting's value came from, strongest first."""

    COMMAND_LINE = "command line"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting with its value as text."""

    name: str
    value: str | None
    """None where it is unset."""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """What is in the data directory."""

    data_dir: str
    schema: int
    """Of the catalog, as this version reads it."""
    generation: int
    documents: int
    problems: int
    chunks: int
    index: str
    """Either "clean", or "dirty" while it is written to and after an unclean close."""
    interrupted_runs: int
    bytes: int
    """On disk, the exported model included where it is kept there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that `assistant doctor` shows."""

    settings: tuple[SettingRow, ...]
    unknown_variables: tuple[str, ...]
    versions: Mapping[str, str | None]
    """None for what is not installed."""
    model: str | None
    """The embedder's fingerprint; None before it was exported."""
    runtime: str | None
    """What runs the embedder, and in which arithmetic; None before it was exported."""
    model_fault: str | None
    """Why a model or a calibration can't be used."""
    reader: str | None
    """Fingerprint of what reads passages together with the question; None where nothing does."""
    calibration: str | None
    """What the confidence was fitted on; None where there is none."""
    store: StoreState | None
    """None before the first ingest."""
    faults: tuple[str, ...] | None
    """None where nothing was checked."""
    repaired: str | None
    """None where no repair was asked for."""

    def to_json(self) -> dict[str, Any]:
        """Give the report the shape of `assistant doctor --json`."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_facts(self) -> Iterator[tuple[str, Facts]]:
        """Give the report as headed lists of facts for people."""
        yield "Settings", facts_of_settings(self.settings)
        if self.unknown_variables:
            yield "Unknown variables", [(name, "no setting has this name") for name in self.unknown_variables]
        yield "Versions", [(name, found or "not installed") for name, found in self.versions.items()]
        yield (
            "Embedding model",
            [
                ("fingerprint", self.model or "not exported yet: the first ingest does it"),
                ("runs on", self.runtime or "–"),
            ],
        )
        yield (
            "Reading and confidence",
            [
                ("reader", self.reader or "none: answers rest on the other signals"),
                ("calibration", self.calibration or "none that fits: confidence stays empty"),
            ],
        )
        if self.model_fault is not None:
            yield "Models", [("fault", self.model_fault)]
        if self.store is None:
            yield "Store", [("state", "empty: run `assistant ingest`")]
        else:
            yield "Store", [(name.replace("_", " "), str(value)) for name, value in asdict(self.store).items()]
        if self.repaired is not None:
            yield "Repair", [("index", self.repaired)]
        if self.faults is not None:
            yield "Check", [("fault", fault) for fault in self.faults] or [("state", "no faults")]
            remedies = [(area, remedy) for area, remedy in _REMEDIES.items() if self._has_fault(area)]
            if remedies:
                yield "What to do", remedies

    def _has_fault(self, area: str) -> bool:
        return any(fault.startswith(area) for fault in self.faults or ())


def facts_of_settings(rows: Iterable[SettingRow]) -> Facts:
    """Give settings as facts: name, value, origin."""
    return [(row.name, row.value or "–", row.origin.value) for row in rows]


def list_settings(overrides: Mapping[str, object], *, settings: Settings | None) -> tuple[SettingRow, ...]:
    """List every setting with its value and where it came from.

    Args:
        overrides: What the command line says; None means that it says nothing.
        settings: The merged settings, or None where they are not usable: values are then shown as they were given.

    Returns:
        One row per setting, in the order of `Settings`.
    """
    by_variable = {name.lower().removeprefix(PREFIX.lower()): value for name, value in variables().items()}
    layers: tuple[tuple[Origin, Mapping[str, object]], ...] = (
        (Origin.COMMAND_LINE, {name: value for name, value in overrides.items() if value is not None}),
        (Origin.ENVIRONMENT, by_variable),
        (Origin.FILE, {name: value for name, value in file_content().items() if value != ""}),
    )
    rows = []
    for name, field in Settings.model_fields.items():
        found = [(origin, layer[name]) for origin, layer in layers if name in layer]
        origin, given = found[0] if found else (Origin.DEFAULT, field.default)
        value = given if settings is None else getattr(settings, name)
        rows.append(SettingRow(name=name, value=None if value is None else str(value), origin=origin))
    return tuple(rows)


def unknown_variables() -> tuple[str, ...]:
    """Name the variables of the environment that look like settings and are none."""
    known = set(Settings.model_fields)
    return tuple(sorted(name for name in variables() if name.lower().removeprefix(PREFIX.lower()) not in known))


def examine(settings: Settings, *, overrides: Mapping[str, object], check: bool, repaired: str | None) -> Report:
    """Find out everything that the report shows.

    Args:
        settings: The merged settings.
        overrides: What the command line says.
        check: Whether the store is checked as well, which reads all of it.
        repaired: What a repair did, if there was one.

    Returns:
        The report.

    Raises:
        DataDirError: If the data directory can't be read.
    """
    try:
        with Catalog.open(settings.data_dir) as catalog:
            store = _state(catalog, settings.data_dir)
            faults = tuple(find_faults(catalog, settings.data_dir)) if check else None
    except EmptyCorpus:
        store, faults = None, () if check else None
    model, runtime, model_fault = _model(settings)
    reader, calibration, reading_fault = _reading(settings) if model else (None, None, None)
    return Report(
        settings=list_settings(overrides, settings=settings),
        unknown_variables=unknown_variables(),
        versions={"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        model=model,
        runtime=runtime,
        model_fault=model_fault or reading_fault,
        reader=reader,
        calibration=calibration,
        store=store,
        faults=faults,
        repaired=repaired,
    )


def _model(settings: Settings) -> tuple[str | None, str | None, str | None]:
    try:
        return describe_embedder(settings), describe_runtime(settings), None
    except ModelError as error:
        return None, None, str(error)


def _reading(settings: Settings) -> tuple[str | None, str | None, str | None]:
    try:
        reader, calibrated = describe_reading(settings)
    except (ModelError, MaxWrongUnreachable) as error:
        return None, None, str(error)
    found = calibrated.calibration
    return reader, f"{found.n} questions of {found.fitted_on}" if found else None, " ".join(calibrated.notices) or None


def _state(catalog: Catalog, data_dir: Path) -> StoreState:
    with catalog.snapshot():
        records = catalog.documents()
        problems = sum(record.state is DocumentState.PROBLEM for record in records)
        return StoreState(
            data_dir=str(data_dir.resolve()),
            schema=SCHEMA_VERSION,
            generation=catalog.generation(),
            documents=len(records) - problems,
            problems=problems,
            chunks=catalog.chunk_count(),
            index=catalog.index_state().value,
            interrupted_runs=sum(run.finished_at is None for run in catalog.runs()),
            bytes=sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file()),
        )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def repair_index(settings: Settings) -> str:
    """Bring the vector index in line with the catalog: complete it if it opens, or make it anew.

    Args:
        settings: Name the data directory.

    Returns:
        What was done, in one word.

    Raises:
        EmptyCorpus: If there is no catalog to take the vectors from.
        DataDirLocked: If another process writes.
    """
    with Catalog.open(settings.data_dir) as catalog:  # opening for writing would make an empty one
        before = _index_folder(catalog, settings)
    held = before is not None and before.is_dir()
    with open_index(settings, write=True) as index:  # which repairs an index that can't be trusted
        index.repair()
        after = _index_folder(index.catalog, settings)
    return Repair.COMPLETED.value if held and after == before else Repair.REBUILT.value


def _index_folder(catalog: Catalog, settings: Settings) -> Path | None:
    name = catalog.index_mark().folder
    return None if name is None else settings.data_dir / INDEX_FOLDER / name
