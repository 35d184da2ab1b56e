"""From a gold file and settings to a finished run: opens the assistant, asks, scores, writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.catalog import Catalog
from assistant.errors import EmptyCorpus
from assistant.settings import Settings
from evals.errors import GoldSetInvalid
from evals.folder import FileJournal, StoredRun, groups_json, score_json, write_run
from evals.gold import GoldQuestion, Selection, load_gold
from evals.manifest import RunInputs, describe_gold, hash_documents, load_average
from evals.readings import open_remembering
from evals.run import RANKING_DEPTH, Progress, Run, run_questions
from evals.scoring import GroupScores, Score, score_groups, score_latencies


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A run with its scores."""

    run: Run
    groups: tuple[GroupScores, ...]
    latencies: tuple[Score, ...]
    manifest: dict[str, Any]

    @property
    def untimed(self) -> int:
        """Questions that were not timed, since passages of theirs were read in an earlier run."""
        return int(self.manifest["untimed"])

    @property
    def unconfirmed(self) -> int:
        """Questions of the selection that were left out because no person has confirmed them."""
        return int(self.manifest["unconfirmed"])

    def stored(self, folder: Path) -> StoredRun:
        """Give the run the form in which it would be read back from a folder."""
        return StoredRun(folder=folder, manifest=self.manifest, records=self.run.records)

    def to_json(self) -> dict[str, Any]:
        """Write the scores down for programs: one document, with `"schema": 1`."""
        return {
            "schema": 1,
            "groups": groups_json(self.groups),
            "latencies": [score_json(score) for score in self.latencies],
            "manifest": self.manifest,
        }


def run_gold(
    gold: Path,
    *,
    settings: Settings,
    selection: Selection,
    out: Path | None,
    progress: Progress,
    timed: bool = False,
) -> FinishedRun:
    """Ask the questions of a gold set and score the answers.

    Args:
        gold: A gold file.
        settings: Of the assistant.
        selection: Which of the questions to ask.
        out: Where to write the run; an interrupted one in it goes on. None to write nothing.
        progress: Told after every question.
        timed: Whether every passage is read anew, so that every question is timed.

    Raises:
        EmptyCorpus: If there is no document.
        GoldSetInvalid: If the file has faults, or holds no question of the selection.
    """
    started, load_before = datetime.now(UTC), load_average()
    with (
        open_remembering(settings, timed=timed) as (assistant, timer),
        Catalog.open(settings.data_dir) as catalog,
    ):
        if not catalog.chunk_count():
            raise EmptyCorpus(settings.data_dir)
        chosen = choose_questions(gold, selection, documents=catalog)
        inputs = RunInputs(
            gold=describe_gold(gold, selection),
            unconfirmed=chosen.unconfirmed,
            settings=settings,
            fingerprint=assistant.fingerprint(),
            documents=hash_documents(catalog.documents()),
            depth=RANKING_DEPTH,
        )
        journal = FileJournal(out, key=inputs.key()) if out else None
        run = run_questions(
            chosen.questions,
            asker=assistant,
            documents=catalog,
            progress=progress,
            journal=journal,
            timer=timer,
        )
    return finish_run(run, inputs, out=out, started=started, load_before=load_before)


def finish_run(
    run: Run, inputs: RunInputs, *, out: Path | None, started: datetime, load_before: list[float] | None
) -> FinishedRun:
    """Score a run and write it.

    Args:
        run: All its questions.
        inputs: What it was made from.
        out: Where to write it; None to write nothing.
        started: When it began.
        load_before: The load average then.
    """
    manifest = inputs.manifest(run, started=started, load_before=load_before)  # time and memory without the scoring's
    groups, latencies = score_groups(run.scored), score_latencies(run.scored)
    finished = FinishedRun(run=run, groups=groups, latencies=latencies, manifest=manifest)
    if out is not None:
        write_run(run, out, groups=finished.groups, latencies=finished.latencies, manifest=finished.manifest)
    return finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Questions of a gold set."""

    questions: Sequence[GoldQuestion]
    unconfirmed: int
    """Left out because no person has confirmed them."""


def choose_questions(gold: Path, selection: Selection, *, documents: Catalog) -> Chosen:
    """Read a gold set and choose the questions to ask.

    Args:
        gold: A gold file.
        selection: Which of its questions.
        documents: The corpus that it points into.

    Raises:
        GoldSetInvalid: If the file has faults, or holds no question of the selection.
    """
    every = load_gold(gold, documents=documents)
    questions = [question for question in every if selection.holds(question)]
    unconfirmed = sum(replace(selection, confirmed_only=False).holds(question) for question in every) - len(questions)
    if not questions:
        fault = f"no question of {selection.describe()}" if selection.describe() else "no question"
        hint = f"; {unconfirmed} are left out, --unconfirmed asks them too" if unconfirmed else ""
        raise GoldSetInvalid(gold, faults=[fault + hint])
    return Chosen(questions=questions, unconfirmed=unconfirmed)
