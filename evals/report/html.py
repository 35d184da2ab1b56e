"""A report as one HTML page that needs no network and runs no script."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.comparison import Verdict
from evals.facts import Outcome
from evals.report.contents import Report
from evals.report.phrases import describe_answer, describe_change, describe_rank, format_points, sum_up
from evals.report.plots import (
    Plot,
    plot_differences,
    plot_latencies,
    plot_metrics,
    plot_reliability,
    plot_risk_coverage,
    plot_tags,
)
from evals.report.wording import OUTCOMES

TEMPLATES = Path(__file__).parent / "templates"
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render_html(report: Report) -> str:
    """Lay a report out as a page. Every text in it is escaped; only its own style and plots are not."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "describe_answer": describe_answer,
        "describe_change": describe_change,
        "describe_rank": describe_rank,
        "format_points": format_points,
    }
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html.j2").render(
        report=report,
        sentences=sum_up(report),
        plots=draw_plots(report),
        outcome_words=OUTCOMES,
        outcomes=Outcome,
        verdicts=Verdict,
        policy=CONTENT_POLICY,
        style=style,
    )


def draw_plots(report: Report) -> tuple[Plot, ...]:
    """Draw what there is something to draw for."""
    scores = report.groups[0].scores
    found = [
        plot_metrics(scores, questions=report.scored) if report.scored else None,
        plot_differences(report.against.comparison.differences) if report.against else None,
        plot_tags(report.tags) if report.tags else None,
        plot_risk_coverage(report.risk) if report.risk else None,
        plot_reliability(report.reliability) if report.reliability else None,
        plot_latencies(report.latencies) if any(score.value is not None for score in report.latencies) else None,
    ]
    return tuple(plot for plot in found if plot is not None)
