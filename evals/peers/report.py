"""A comparison as tables, and as a section of a page of the documentation."""

from __future__ import annotations

import math
from pathlib import Path

from evals.peers.record import REST, ContestantRecord, PeersRecord, Quality
from evals.peers.stopwatch import STAGES
from evals.tables import NOTHING, Table, render_markdown

QUALITY = ("nDCG@10", "recall@5")


def tabulate_peers(record: PeersRecord) -> tuple[Table, ...]:
    """Lay a comparison out: quality and speed, then the ingest by stage.

    Args:
        record: What was measured.

    Returns:
        Two tables, a row a contestant.
    """
    return _main_table(record), _stage_table(record)


def _main_table(record: PeersRecord) -> Table:
    ours = record.contestants[0] if record.contestants else None
    header = (
        "contestant", *(f"{name} (95 %)" for name in QUALITY), "documents/s", "documents per CPU-s",
        "embedded tokens/s, files to searchable", "model tokens/s",
        "query p50 / p95 ms", "peak MiB (with children)", "import + model s",
    )  # fmt: skip
    rows = [_main_row(one, ours) for one in record.contestants if ours]
    return Table(title="Quality and speed", header=header, rows=tuple(rows))


def _main_row(one: ContestantRecord, ours: ContestantRecord) -> tuple[str, ...]:
    cpu = one.median(lambda played: played.ingest["documents"] / played.ingest["cpu_seconds"])
    p50 = one.median(lambda played: played.percentile(0.5))
    p95 = one.median(lambda played: played.percentile(0.95))
    peaks = one.median(lambda played: played.peak_mib), one.median(lambda played: played.peak_with_children_mib)
    start = one.median(lambda played: played.import_seconds), one.median(lambda played: played.model_seconds)
    tokens = _searchable_tokens(one)
    speed, ours_speed = _documents_per_second(one), _documents_per_second(ours)
    return (
        one.label,
        *(_quality(one.quality[name]) for name in QUALITY),
        f"{_number(speed)} ({_number(speed / ours_speed)}×)",
        _number(cpu),
        f"{_number(tokens)} ({_number(tokens / _searchable_tokens(ours))}×)",
        _number(one.median(lambda played: played.tokens_per_second)),
        f"{_number(p50)} / {_number(p95)}",
        f"{peaks[0]:.0f} ({peaks[1]:.0f})",
        f"{_number(start[0])} + {_number(start[1])}",
    )


def _documents_per_second(one: ContestantRecord) -> float:
    return one.median(lambda played: played.documents_per_second)


def _searchable_tokens(one: ContestantRecord) -> float:
    return one.median(lambda played: played.searchable_tokens_per_second)


def _quality(quality: Quality) -> str:
    return f"{100 * quality.value:.1f} ({100 * quality.low:.1f}–{100 * quality.high:.1f}) n={quality.n}"


def _number(value: float) -> str:
    """Write a number with three digits that count."""
    if math.isnan(value):
        return NOTHING
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _stage_table(record: PeersRecord) -> Table:
    header = ("contestant", "chunks by", "chunks", "tokens given", "not embedded", *(f"{s} s" for s in (*STAGES, REST)))
    rows = []
    for one in record.contestants:
        ingest = one.rounds[0].ingest
        given, lost = ingest["tokens_given"], ingest["tokens_given"] - ingest["tokens_embedded"]
        stages = [_stage_median(one, stage) for stage in (*STAGES, REST)]
        shares = f"{lost:,} ({100 * lost / given:.0f} %)" if given else NOTHING
        cells = (one.label, one.chunking, f"{ingest['chunks']:,}", f"{given:,}", shares, *map(_number, stages))
        rows.append(cells)
    return Table(title="Ingest by stage", header=header, rows=tuple(rows))


def _stage_median(one: ContestantRecord, stage: str) -> float:
    return one.median(lambda played: played.stage_seconds().get(stage))


def write_section(record: PeersRecord, page: Path, *, plot: Path, command: str) -> None:
    """Replace a set's section of a page, or add it at the end.

    Args:
        record: What was measured.
        page: A Markdown file; made where it is not there.
        plot: The comparison's plot, somewhere below the page's folder.
        command: What makes the section again.

    Raises:
        ValueError: If only one of the section's two markers is there.
    """
    name = record.about["set"]
    begin, end = f"<!-- peers {name}: begin -->", f"<!-- peers {name}: end -->"
    text = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    section = f"{begin}\n{_section(record, plot.relative_to(page.parent).as_posix(), command)}\n{end}"
    if (begin in text) != (end in text):
        raise ValueError(f"{page} has only one of {begin!r} and {end!r}")
    if begin in text:
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{section}{after}"
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    page.write_text(text, encoding="utf-8")


def _section(record: PeersRecord, plot: str, command: str) -> str:
    about, tables = record.about, tabulate_peers(record)
    documents, questions = about["documents"], about["questions"]
    loads = [load for one in record.contestants for played in one.rounds for load in played.load]
    machine = f"{about['machine']['cores']} cores of {about['machine']['processor']}"
    facts = (
        f"{documents['n']:,} of {documents['of']:,} documents, {questions['n']:,} of {questions['of']:,} questions "
        f"(seed {about['seed']}); {about['rounds']} round(s) of one process a contestant, medians; "
        f"{questions['timed']} questions timed in each. Commit {str(about['commit'])[:12]}, {about['started'][:10]}, "
        f"{machine}, load {min(loads):.1f} to {max(loads):.1f}."
    )
    skipped = [f"{name} did not take part: {reason}" for name, reason in record.skipped.items()]
    parts = [
        f"## {about['set']}: beside LlamaIndex, Chroma and txtai", facts, *skipped, f"![{about['set']}]({plot})",
        *(render_markdown(table).replace("## ", "### ", 1).strip() for table in tables), f"```\n{command}\n```",
    ]  # fmt: skip
    return "\n\n".join(parts)
