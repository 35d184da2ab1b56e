"""What a long run found, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_SHOWN = 5
_HEAD = """# Reliability

Written by `make soak` (`python -m evals.soak NAME` does one kind). Every fault is drawn from the seed named below;
"wanted" is how often the full run does it. A draw counts as harmed if anything was lost, doubled or half visible, a
process ended, an answer was another one, or a manual step was needed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one kind of fault did."""

    name: str
    what: str
    """The fault and what has to hold, in a sentence."""
    done: int
    wanted: int
    """How often the full run does it."""
    harmed: tuple[str, ...]
    """One line per draw that did harm."""
    notes: tuple[str, ...]
    """Counts and times."""
    seed: int
    seconds: float
    machine: str
    commit: str


def keep(finding: Finding, folder: Path) -> None:
    """Keep a finding until the page is written, in place of an older one of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(finding), ensure_ascii=False, indent=1)
    (folder / f"{finding.name}.json").write_text(text + "\n", encoding="utf-8")


def read_kept(folder: Path, names: Sequence[str]) -> list[Finding]:
    """Read the findings that are kept, in the order of some names."""
    found = []
    for name in names:
        path = folder / f"{name}.json"
        if path.exists():
            fields = json.loads(path.read_text(encoding="utf-8"))
            lists = {key: tuple(fields[key]) for key in ("harmed", "notes")}
            found.append(Finding(**{**fields, **lists}))
    return found


def write_page(findings: Iterable[Finding], page: Path) -> None:
    """Write the page of all findings."""
    findings = list(findings)
    rows = [
        f"| {one.what} | {one.done} of {one.wanted} | **{len(one.harmed)}** | {'; '.join(one.notes)} |"
        for one in findings
    ]
    table = ["| fault, and what must hold | done of wanted | harmed | seen |", "| --- | --- | --- | --- |", *rows]
    details = [
        f"- {one.name}: seed {one.seed}, {one.seconds:.0f} s, commit {one.commit}, {one.machine}" for one in findings
    ]
    harmed = [f"- {one.name}: {line}" for one in findings for line in one.harmed[:_SHOWN]]
    parts = [_HEAD, "\n".join(table), "\n".join(details)]
    if harmed:
        parts.append("## Harmed\n\n" + "\n".join(harmed))
    page.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
