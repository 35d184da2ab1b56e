"""A run's folder: its journal while it goes on, its files when it is done, and both read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.errors import RunInvalid
from evals.facts import Scored
from evals.records import Asked, Record, read_record, record_json, timing_json
from evals.run import Run
from evals.scoring import GroupScores, Score

SCHEMA = 2
RECORDS, PASSAGES, TIMINGS = "records.jsonl", "passages.jsonl", "timings.jsonl"
SCORES, MANIFEST, JOURNAL = "scores.json", "manifest.json", "journal.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A finished run as its folder holds it."""

    folder: Path
    manifest: Mapping[str, Any]
    records: tuple[Record, ...]

    @property
    def scored(self) -> tuple[Scored, ...]:
        """What metrics read."""
        return tuple(record.scored for record in self.records)


class FileJournal:
    """Keeps each question as a line of `journal.jsonl`; what another gold set, corpus or setting left is dropped."""

    def __init__(self, folder: Path, *, key: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / JOURNAL
        self._done = self._read(dict(key))
        _replace(self._path, _lines([{"key": dict(key)}, *map(_asked_json, self._done.values())]))

    def done(self) -> dict[str, Asked]:
        """Return what an interrupted run with the same key has asked."""
        return dict(self._done)

    def add(self, asked: Asked) -> None:
        """Append one question."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_lines([_asked_json(asked)]))

    def _read(self, key: Mapping[str, Any]) -> dict[str, Asked]:
        rows = list(_whole_rows(self._path)) if self._path.exists() else []
        if not rows or rows[0] != json.loads(json.dumps({"key": key})):
            return {}
        return {asked.record.id: asked for asked in map(_read_asked, rows[1:])}


def _whole_rows(path: Path) -> Iterable[Any]:
    """Yield the rows of a journal; what follows a damaged one, or one that was cut off at any byte, is left out."""
    *whole, _ = path.read_bytes().split(b"\n")
    for line in whole:
        try:
            yield json.loads(line.decode("utf-8"))
        except ValueError:
            return


def _asked_json(asked: Asked) -> dict[str, Any]:
    return {
        "record": record_json(asked.record),
        "timing": timing_json(asked.record)["timing"],
        "passages": list(asked.passages),
    }


def _read_asked(row: Mapping[str, Any]) -> Asked:
    return Asked(record=read_record(row["record"], row["timing"]), passages=tuple(row["passages"]))


def score_json(score: Score) -> dict[str, Any]:
    """Write down a score."""
    interval = [score.interval.low, score.interval.high] if score.interval else None
    return {
        "name": score.name,
        "stage": score.stage.value,
        "value": score.value,
        "interval95": interval,
        "n": score.n,
        "unit": score.unit.value,
    }


def groups_json(groups: Sequence[GroupScores]) -> list[dict[str, Any]]:
    """Write down the scores of every group."""
    return [
        {
            "group": group.group,
            "questions": group.questions,
            "not_scored": group.not_scored,
            "scores": [score_json(score) for score in group.scores],
        }
        for group in groups
    ]


def write_run(
    run: Run,
    folder: Path,
    *,
    groups: Sequence[GroupScores],
    latencies: Sequence[Score],
    manifest: Mapping[str, Any],
) -> None:
    """Write a finished run's files and end its journal.

    Args:
        run: What to write.
        folder: Made if it is not there; files of an earlier run in it are replaced.
        groups: Its scores.
        latencies: The scores of its wall times, which go with the manifest.
        manifest: What was run, with what and where.
    """
    folder.mkdir(parents=True, exist_ok=True)
    passages = {str(passage["chunk"]): passage for asked in run.asked for passage in asked.passages}
    _replace(folder / RECORDS, _lines(map(record_json, run.records)))
    _replace(folder / PASSAGES, _lines(passages[chunk] for chunk in sorted(passages)))
    _replace(folder / TIMINGS, _lines(map(timing_json, run.records)))
    _replace(folder / SCORES, _pretty({"schema": SCHEMA, "groups": groups_json(groups)}))
    _replace(folder / MANIFEST, _pretty({**manifest, "latencies": [score_json(score) for score in latencies]}))
    (folder / JOURNAL).unlink(missing_ok=True)


def write_baseline(run: StoredRun, folder: Path) -> None:
    """Keep of a run what comparisons need: its records, without rankings, and its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / RECORDS, _lines(map(_slim, map(record_json, run.records))))
    _replace(folder / MANIFEST, _pretty(run.manifest))


def _slim(row: dict[str, Any]) -> dict[str, Any]:
    """Drop from a record what no comparison shows."""
    answer = row["answer"]
    return row | {"answer": {"text": answer["text"], "method": answer["method"]} if answer else None}


def load_run(folder: Path) -> StoredRun:
    """Read a finished run.

    Args:
        folder: As `write_run` left it. Timings may be missing, as in a committed baseline.

    Raises:
        RunInvalid: If the folder holds no finished run or its files don't fit together.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("schema") != SCHEMA:
            raise RunInvalid(folder, detail=f"its schema is {manifest.get('schema')}, this version reads {SCHEMA}")
        timings = {row["id"]: row["timing"] for row in _rows(folder / TIMINGS)} if _has(folder, TIMINGS) else {}
        records = tuple(read_record(row, timings.get(row["id"])) for row in _rows(folder / RECORDS))
    except FileNotFoundError as error:
        raise RunInvalid(folder, detail=f"{Path(error.filename).name} is missing") from error
    except (ValidationError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise RunInvalid(folder, detail=f"a file is not as this version writes it ({error})") from error
    return StoredRun(folder=folder, manifest=manifest, records=records)


def load_passages(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Read the text of a run's passages by chunk id; empty where the run was stored without it."""
    return {row["chunk"]: row for row in _rows(folder / PASSAGES)} if _has(folder, PASSAGES) else {}


def _has(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _replace(path: Path, text: str) -> None:
    """Write beside the file and swap, so that a crash leaves the old one or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
