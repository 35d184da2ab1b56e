"""Sentences that the HTML page and the Markdown share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.comparison import Difference, Verdict
from evals.metrics import Unit
from evals.report.contents import AgainstBaseline, Report
from evals.report.failures import Failure, GoldQuote
from evals.report.summary import Headline
from evals.tables import format_bare


def format_points(share: float) -> str:
    """Write a difference of shares in percentage points."""
    return f"{share * 100:.1f}"


def sum_up(report: Report) -> tuple[str, ...]:
    """Say in a few sentences how good the answers are."""
    return tuple(_sum_up(report))


def _sum_up(report: Report) -> Iterable[str]:
    if not report.scored:
        yield "No question could be scored."
        return
    good = sum(one.count for one in report.outcomes if not one.outcome.failed)
    yield (
        f"Of {report.scored} questions {good} ({good / report.scored:.0%}) came out as they should: answered right, or "
        "left unanswered where the documents hold no answer."
    )
    worst = max(report.diagnoses, key=lambda one: one.count)
    if worst.count:
        yield (
            f"The most common fault, in {worst.count} of {len(report.failures)} failed questions: "
            f"{worst.diagnosis.value}. {worst.words.meaning}"
        )
    if report.against:
        yield " ".join(_sum_up_baseline(report.headlines, report.against))


def _sum_up_baseline(headlines: Sequence[Headline], against: AgainstBaseline) -> Iterable[str]:
    by_verdict = [
        (verdict, [one.title.lower() for one in headlines if one.difference and one.difference.verdict is verdict])
        for verdict in (Verdict.BETTER, Verdict.WORSE)
    ]
    said = [f"{verdict.value}: {', '.join(titles)}" for verdict, titles in by_verdict if titles]
    if said:
        yield f"Against the baseline {'; '.join(said)}; the other figures below are inside the noise."
    else:
        yield "Against the baseline every figure below is inside the noise."
    mended = "1 question was" if against.mended == 1 else f"{against.mended} questions were"
    yield f"{mended} mended, {against.broken} broken."
    better, worse = against.verdicts[Verdict.BETTER], against.verdicts[Verdict.WORSE]
    total = sum(against.verdicts.values())
    yield f"Of all {total} metrics but times, {better} are better and {worse} worse beyond the noise."


def describe_change(difference: Difference) -> str:
    """Say what became of a headline since the baseline."""
    share = difference.metric.unit is Unit.SHARE
    if difference.interval and difference.interval.low == difference.interval.high == 0:
        return "unchanged"
    change = f"{difference.change * 100 if share else difference.change:+.1f}{' points' if share else ''}"
    if difference.interval:
        ends = (difference.interval.low, difference.interval.high)
        change += f" ({' to '.join(format_bare(end, difference.metric.unit) for end in ends)})"
    return f"{change}: {difference.verdict.value}".replace("-", "−")


def describe_rank(quote: GoldQuote, failure: Failure) -> str:
    """Say where retrieval has a piece of gold evidence."""
    if not failure.ranked:
        return ""
    if quote.rank is None:
        return f"not among the first {failure.ranked} that retrieval ranks"
    return f"rank {quote.rank} of retrieval"


def describe_answer(failure: Failure) -> str:
    """Say what was given instead of an answer."""
    return f"No answer was given. {failure.reason or ''}".strip()
