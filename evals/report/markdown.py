"""A report as Markdown: the figures, tables and failed questions, without the plots.

Document text and questions are escaped, so that nothing in them becomes a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evals.report.contents import AgainstBaseline, Report
from evals.report.failures import Failure, ReadPassage
from evals.report.phrases import describe_answer, describe_change, describe_rank, format_points, sum_up
from evals.report.provenance import Facts
from evals.report.tabulating import ScoreTable
from evals.tables import NOTHING

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|~$:@.>=])")
_SPACE = re.compile(r"\s+")


def escape(text: str) -> str:
    """Make a text stand for itself in Markdown, in one line."""
    plain = _SPACE.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", plain)


def render_report(report: Report) -> str:
    """Write a report as Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterable[str]:
    yield f"# Eval report: {escape(report.title)}"
    yield from ("", *(line for sentence in sum_up(report) for line in (sentence, "")))
    yield from _summary(report)
    if report.against:
        yield from _baseline(report.against)
    yield from _failures(report)
    yield from ("## All metrics", "", *_score_table(report.whole))
    for table in report.kinds:
        if table.rows:
            yield from (f"### {escape(table.title)}", "", *_score_table(table))
    yield from ("## What was not scored", "")
    for one in report.unscored:
        yield f"- {len(one.ids)}: {escape(one.reason)} ({escape(', '.join(one.ids))})"
    yield from ("" if report.unscored else "Every question that was asked was scored.", "")
    if report.unconfirmed:
        yield from (f"{report.unconfirmed} questions were not asked, because no person has confirmed them.", "")
    yield from ("## Made with", "", *_facts(report.facts), "### Settings", "", *_facts(report.settings))


def _summary(report: Report) -> Iterable[str]:
    gate = report.against and report.against.gate and report.against.trips
    if report.against and report.against.gate:
        yield "**The gate fails.**" if gate else "**The gate passes.**"
        yield from ("", *(f"- {trip.stage.value}: {escape(trip.reason)}" for trip in report.against.trips), "")
    rows = []
    for one in report.headlines:
        value = NOTHING if one.score.value is None else f"{one.score.value * 100:.1f} %"
        ends = one.score.interval
        interval = f"{format_points(ends.low)} to {format_points(ends.high)}" if ends else NOTHING
        change = describe_change(one.difference) if one.difference else NOTHING
        rows.append((one.title, value, interval, str(one.score.n), one.meaning, change))
    yield from _table(("", "value", "95 % interval", "n", "of what", "against the baseline"), rows)
    yield from (f"- {one.count} {one.outcome.value}" for one in report.outcomes)
    yield ""
    if report.smallest_difference is not None:
        small = "This set is small. " if report.is_small else ""
        points = format_points(report.smallest_difference)
        yield (
            f"> {small}With {report.answerable} answerable questions, a comparison of two runs shows a change of about "
            f"{points} percentage points or more (in four of five cases, if one question in ten changes its outcome)."
        )
        yield ""


def _baseline(against: AgainstBaseline) -> Iterable[str]:
    yield from ("## Against the baseline", "")
    if against.comparison.left_out:
        yield from (
            f"{against.comparison.left_out} questions that only one of the runs has, or has scored, were left out.",
            "",
        )
    yield from _table(("setting", "baseline", "this run"), against.changed)
    for table in against.tables:
        yield from (f"### {table.title}", "", *_table(table.header, table.rows))


def _failures(report: Report) -> Iterable[str]:
    yield from ("## Failed questions", "")
    counts = [(one.diagnosis.value, str(one.count), one.words.meaning, one.words.look_at) for one in report.diagnoses]
    yield from _table(("diagnosis", "questions", "what it means", "where to look"), counts)
    for failure in report.failures:
        yield from _failure(failure)


def _failure(failure: Failure) -> Iterable[str]:
    yield from (f"### {escape(failure.id)}: {escape(failure.question)}", "")
    yield f"- **{failure.diagnosis.value}** ({escape(', '.join((*failure.tags, failure.split)))})"
    expected = " and ".join(" or ".join(group) for group in failure.expected)
    yield f"- Expected: {escape(expected) if expected else 'no answer: the documents hold none'}"
    yield f"- Answered: {escape(describe_answer(failure) if failure.answer is None else failure.answer)}"
    for cited in failure.citations:
        yield f"  - \\[{cited.marker}\\] “{escape(cited.quote)}” ({escape(cited.document)})"
    for gold in failure.gold:
        quote = "the whole document" if gold.quote is None else f"“{escape(gold.quote)}”"
        rank = f"; {describe_rank(gold, failure)}" if failure.ranked else ""
        yield f"- Gold evidence: {quote} ({escape(gold.document)}{rank})"
    yield from (line for passage in failure.passages for line in _passage(passage))
    yield ""


def _passage(passage: ReadPassage) -> Iterable[str]:
    place = f"{passage.title} › {passage.section}" if passage.section else passage.title
    gold = ", **holds gold evidence**" if passage.holds_gold else ""
    yield f"- Passage {passage.rank}: {escape(place)} ({escape(passage.document)}), score {passage.score:.3f}{gold}"
    marked = "".join(f"<mark>{escape(one.text)}</mark>" if one.gold else escape(one.text) for one in passage.pieces)
    if marked:
        yield f"  > {marked}"


def _score_table(table: ScoreTable) -> Iterable[str]:
    rows = [(row.metric, *(cell.plain if cell else NOTHING for cell in row.cells)) for row in table.rows]
    return _table(("metric (95 % interval)", *table.columns), rows)


def _facts(facts: Facts) -> Iterable[str]:
    return _table(("", ""), facts)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(map(escape, header)) + " |"
    yield "| " + " | ".join("---" for _ in header) + " |"
    yield from ("| " + " | ".join(map(escape, row)) + " |" for row in rows)
    yield ""
