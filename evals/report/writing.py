"""From a run's folder to the two files of its report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evals.comparison import compare_runs
from evals.folder import load_passages, load_run
from evals.gate import load_gate
from evals.report.contents import build_report
from evals.report.html import render_html
from evals.report.markdown import render_report

GATE_FILE = "gate.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where a report lies."""

    html: Path
    markdown: Path


def write_report(folder: Path, *, baseline: Path | None, out: Path, intersection: bool = False) -> ReportFiles:
    """Make a report from a run's folder alone. The same folders give the same bytes.

    Args:
        folder: A finished run.
        baseline: Another one to compare it with; a `gate.toml` in it is held against the run.
        out: The HTML file; the Markdown goes beside it.
        intersection: Whether to compare the questions that both share, if they differ.

    Raises:
        RunInvalid: If one of the folders holds no finished run.
        RunsNotComparable: If the runs differ in questions or documents and `intersection` is off.
        GateInvalid: If the gate's file has faults.
    """
    run = load_run(folder)
    comparison = compare_runs(load_run(baseline), run, intersection=intersection) if baseline else None
    gate = load_gate(baseline / GATE_FILE) if baseline and (baseline / GATE_FILE).exists() else None
    report = build_report(run, load_passages(folder), comparison=comparison, gate=gate)
    files = ReportFiles(html=out, markdown=out.with_suffix(".md"))
    out.parent.mkdir(parents=True, exist_ok=True)
    _replace(files.html, render_html(report))
    _replace(files.markdown, render_report(report))
    return files


def _replace(path: Path, text: str) -> None:
    """Write beside the file and swap, so that a crash leaves the old one or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", errors="replace")
    beside.replace(path)
