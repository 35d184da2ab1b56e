"""`assistant eval calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir
from evals.cli.run import Changes, Gold, SplitChoice, Tags

if TYPE_CHECKING:
    from evals.calibrating import FittedCalibration
    from evals.tables import Table

_ROWS = 10
"""Operating points that are printed; the file holds them all."""


def calibrate_command(
    gold: Gold,
    split: Annotated[SplitChoice, typer.Option(help="The half to fit on; report on the other.")] = SplitChoice.DEV,
    tags: Tags = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="The file; calibration.json in the data directory if not given.")
    ] = None,
    changes: Changes = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    corpus: Corpus = None,
) -> None:
    """Fit how sure answers are on gold questions, so that their confidence is a probability for your documents.

    Every question is answered with abstention off. Calibration error and AUROC are of questions that were kept from
    the fit, in ten folds. The setting max_wrong takes its threshold from the operating points.
    """
    from assistant.calibration import CALIBRATION_FILE, PACKAGED, save_calibration
    from assistant.serialization import to_json_text
    from assistant.settings import load_settings, parse_changes
    from evals.calibrating import calibrate_gold
    from evals.cli.printing import print_tables, show_progress
    from evals.gold import Selection

    settings = load_settings(data_dir=data_dir, corpus=corpus, **parse_changes(changes or ()))
    selection = Selection(split=split.value, tags=tuple(tags or ()))
    with show_progress("asked") as progress:
        fitted = calibrate_gold(gold, settings=settings, selection=selection, progress=progress)
    own = settings.data_dir / CALIBRATION_FILE
    save_calibration(fitted.calibration, out or own)
    in_place = out is None or out.resolve() in (own.resolve(), PACKAGED.resolve())
    used = "Used from the next start on" if in_place else f"To use it, copy it to {own}"
    typer.echo(f"Written to {out or own}. {used}.", err=True)
    if as_json:
        typer.echo(to_json_text(fitted.to_json()))
    else:
        print_tables(_tabulate(fitted))


def _tabulate(fitted: FittedCalibration) -> tuple[Table, Table]:
    from evals.intervals import wilson_interval
    from evals.tables import Table

    calibration, interval = fitted.calibration, fitted.auroc_interval
    ends = f" ({interval.low:.3f}–{interval.high:.3f})" if interval else ""
    rows = (
        ("questions, left out", f"{calibration.n}, {fitted.left_out}"),
        ("answered right", f"{fitted.right / calibration.n:.1%} n={calibration.n}"),
        ("calibration error", f"{fitted.error:.3f} n={calibration.n}"),
        ("of a perfect calibration, by chance", f"{fitted.perfect_error:.3f}"),
        ("AUROC of right", f"{fitted.auroc:.3f}{ends} n={calibration.n}"),
    )
    points = []
    for target in range(1, _ROWS + 1):
        point = next(one for one in calibration.curve if one.answers * _ROWS >= target * calibration.n)
        bounds = wilson_interval(point.wrong, point.answers)
        wrong = f"{point.share_wrong:.1%} ({bounds.low * 100:.1f}–{bounds.high * 100:.1f}) n={point.answers}"
        points.append((f"{point.threshold:.3f}", f"{point.answers / calibration.n:.1%}", wrong))
    header = ("confidence at least", "answered", "of these, wrong (95 % interval)")
    return (
        Table(title="Calibration, ten folds", header=("what", "value (95 % interval)"), rows=rows),
        Table(title="Operating points", header=header, rows=tuple(dict.fromkeys(points))),
    )
