"""How sure an answer is: a calibrated probability that it is right, and the bar that keeps wrong answers few."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from assistant import evidence
from assistant.abstention import AnswerabilitySignals
from assistant.errors import CalibrationDamaged, MaxWrongUnreachable, data_dir_error
from assistant.settings import Settings

SCHEMA = 1
CALIBRATION_FILE = "calibration.json"
"""In the data directory: one that was fitted there. It comes before the packaged one."""
PACKAGED = Path(__file__).with_name(CALIBRATION_FILE)
SIGNALS = tuple(field.name for field in fields(AnswerabilitySignals))
"""What the confidence is computed from."""
DECIMALS = 6
_REFIT = "`assistant eval calibrate GOLD` fits one for the present configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What decides the signals, so that weights fitted under one mean nothing under another."""

    embedder: str
    reader: str | None
    """Fingerprint of what reads passages together with the question: reader, cross-encoder; None where nothing does."""
    evidence: str
    """`assistant.evidence.VERSION`."""
    signals: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """A hash of all of it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def differences(self, other: Configuration) -> str:
        """Name what differs, for a person; empty where nothing does."""
        mine, others = asdict(self), asdict(other)
        return ", ".join(name for name in mine if mine[name] != others[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """What giving only answers of at least a confidence would have meant on the calibration questions."""

    threshold: float
    answers: int
    """Given, at least 1."""
    wrong: int
    """Of these."""

    @property
    def share_wrong(self) -> float:
        """Of the answers given, as counted, in 0..1."""
        return self.wrong / self.answers

    @property
    def expected_wrong(self) -> float:
        """Of further answers, in 0..1: a handful without a wrong one does not promise that there will be none.

        Source: Laplace's rule of succession.
        """
        return (self.wrong + 1) / (self.answers + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A logistic regression of "the answer is right" on the signals, and what it was fitted on."""

    configuration: Configuration
    intercept: float
    weights: Mapping[str, float]
    """By signal."""
    n: int
    """Questions that it was fitted on."""
    fitted_on: str
    """Which questions, for a person."""
    curve: tuple[OperatingPoint, ...]
    """By falling threshold, of confidences that were estimated without the question's own answer."""

    def confidence(self, signals: Mapping[str, float]) -> float:
        """Estimate the probability that an answer is right, in 0..1.

        Args:
            signals: A value for each of `SIGNALS`.
        """
        logit = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return round(0.5 * (1 + math.tanh(logit / 2)), DECIMALS)

    def threshold(self, max_wrong: float) -> float:
        """Find the confidence from which on answers are given so that few enough of them are wrong.

        Args:
            max_wrong: The share of given answers that may be wrong, as the calibration questions let expect.

        Returns:
            The threshold that lets the most answers through.

        Raises:
            MaxWrongUnreachable: If no threshold lets expect so few.
        """
        good = [point for point in self.curve if point.expected_wrong <= max_wrong]
        if not good:
            least = min((point.expected_wrong for point in self.curve), default=1.0)
            detail = f"the {self.n} questions of the calibration let expect {least:.3f} at the least"
            raise MaxWrongUnreachable(max_wrong, detail=detail)
        return max(good, key=lambda point: point.answers).threshold

    @property
    def digest(self) -> str:
        """A hash of the whole calibration: part of an answer's fingerprint."""
        return hashlib.sha256(_to_text(self).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """What the settings and the present configuration make of the calibration that is there."""

    configuration: Configuration
    """The present one."""
    calibration: Calibration | None = None
    """None where there is none that holds."""
    threshold: float | None = None
    """The confidence below which there is no answer; None where the evidence score decides."""
    notices: tuple[str, ...] = ()
    """Why there is no confidence."""

    def confidence(self, signals: Mapping[str, float]) -> float | None:
        """Estimate the probability that an answer is right, in 0..1; None without a calibration."""
        return self.calibration.confidence(signals) if self.calibration else None

    @property
    def digest(self) -> str | None:
        """Of the calibration in use."""
        return self.calibration.digest if self.calibration else None


def open_calibration(settings: Settings, *, embedder: str, reader: str | None) -> Calibrated:
    """Open the calibration of the data directory, or else the packaged one.

    Args:
        settings: Name the data directory and `max_wrong`.
        embedder: The embedder's fingerprint.
        reader: Fingerprint of what reads passages together with the question; None where nothing does.

    Returns:
        It with the threshold that `max_wrong` asks for; without it where it is damaged or was fitted under another
        configuration, with a notice unless it is the packaged one, which holds for the configuration as it comes.

    Raises:
        MaxWrongUnreachable: If `max_wrong` is set and can't be kept.
    """
    present = Configuration(embedder=embedder, reader=reader, evidence=evidence.VERSION, signals=SIGNALS)
    own = settings.data_dir / CALIBRATION_FILE
    path = own if own.exists() else PACKAGED
    try:
        found = load_calibration(path)
    except CalibrationDamaged as error:
        return _without(settings, present, why=str(error))
    differing = found.configuration.differences(present)
    if differing:
        which = "The packaged calibration" if path == PACKAGED else f"The calibration {str(path)!r}"
        why = f"{which} was fitted under another configuration ({differing}); {_REFIT}."
        return _without(settings, present, why=why, silent=path == PACKAGED)
    wanted = settings.max_wrong
    threshold = None if wanted is None else found.threshold(wanted)
    return Calibrated(configuration=present, calibration=found, threshold=threshold)


def _without(settings: Settings, present: Configuration, *, why: str, silent: bool = False) -> Calibrated:
    if settings.max_wrong is not None:
        raise MaxWrongUnreachable(settings.max_wrong, detail=why.removesuffix("."))
    return Calibrated(configuration=present, notices=() if silent else (f"No confidence is given. {why}",))


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _StoredConfiguration(_Stored):
    embedder: str
    reader: str | None
    evidence: str
    signals: tuple[str, ...]


class _StoredPoint(_Stored):
    threshold: Annotated[float, Field(ge=0, le=1)]
    answers: Annotated[int, Field(ge=1)]
    wrong: Annotated[int, Field(ge=0)]


class _StoredCalibration(_Stored):
    calibration: Literal[1]
    fingerprint: str
    configuration: _StoredConfiguration
    intercept: FiniteFloat
    weights: dict[str, FiniteFloat]
    n: Annotated[int, Field(ge=1)]
    fitted_on: str
    curve: tuple[_StoredPoint, ...]


def load_calibration(path: Path) -> Calibration:
    """Read a calibration.

    Args:
        path: As `save_calibration` wrote it.

    Raises:
        CalibrationDamaged: If it is not there, can't be read or is no calibration.
    """
    try:
        stored = _StoredCalibration.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CalibrationDamaged(path, detail=str(error)) from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise CalibrationDamaged(path, detail=f"{where}: {fault['msg']}") from error
    configuration = Configuration(**stored.configuration.model_dump())
    if set(stored.weights) != set(configuration.signals) or stored.fingerprint != configuration.fingerprint:
        raise CalibrationDamaged(path, detail="weights, signals and fingerprint don't belong together")
    return Calibration(
        configuration=configuration,
        intercept=stored.intercept,
        weights=stored.weights,
        n=stored.n,
        fitted_on=stored.fitted_on,
        curve=_curve(stored.curve, path=path),
    )


def _curve(points: Sequence[_StoredPoint], *, path: Path) -> tuple[OperatingPoint, ...]:
    if any(point.wrong > point.answers for point in points):
        raise CalibrationDamaged(path, detail="curve: more wrong answers than answers")
    return tuple(OperatingPoint(**point.model_dump()) for point in points)


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration so that a reader sees the old one or the new one, whole.

    Args:
        calibration: What to write; equal ones give the same bytes.
        path: Its file, replaced if it is there. Its folder has to be there.

    Raises:
        DataDirError: If it can't be written there.
    """
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(_to_text(calibration))
        written = Path(file.name)
        written.chmod(0o644)  # temporary files are for their owner alone
        written.replace(path)
    except OSError as error:
        raise data_dir_error(path, error) from error


def _to_text(calibration: Calibration) -> str:
    fingerprint = calibration.configuration.fingerprint
    stored = {"calibration": SCHEMA, "fingerprint": fingerprint, **asdict(calibration)}
    return json.dumps(stored, indent=1, sort_keys=True) + "\n"
