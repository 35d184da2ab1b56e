"""Fits the packaged calibration: how sure an answer is, on development questions of collections that weigh the same.

Run it as `python -m evals.fit_confidence --benchmarks DIR --starter-data DIR`; it writes `calibration.json` of the
package. It needs the sets squad2_half and nq_open_oracle, and a data directory in which the starter corpus was
ingested. No question is asked that the reader learned from, and none of those that are reported on; `--test` asks these
and says what the calibration that is packaged is worth on them.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.calibration import PACKAGED, Calibration, Configuration, load_calibration, save_calibration
from assistant.catalog import Catalog
from assistant.environment import prepare_environment
from assistant.pipeline import Assistant
from assistant.settings import Settings
from assistant.types import Answer, ConversationTurn, Filters, Passage
from evals.calibrating import Examples, collect_examples, fit_calibration, perfect_calibration_error
from evals.fit_answering import open_store, read_rows, source_of
from evals.gold import GoldQuestion, load_gold
from evals.reader.questions import HELD_BACK_STEP, is_development, is_held_back
from evals.readings import open_remembering
from evals.statistics import auroc, calibration_error

logger = logging.getLogger(__name__)

MOST_QUESTIONS = 400
"""Of a collection, drawn evenly."""
STARTER, SQUAD, NATURAL = "starter", "squad2_half", "nq_open_oracle"
FITTED_ON = "development questions of starter.jsonl, squad2_half and nq_open_oracle"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asker:
    """Asks an assistant; some questions over all documents but those that answer them."""

    assistant: Assistant
    without: dict[str, Filters]
    """By question."""

    def ask(self, question: str, *, history: Sequence[ConversationTurn]) -> Answer:
        return self.assistant.ask(question, history=history, filters=self._filters(question))

    def search(self, question: str, *, top_k: int) -> tuple[Passage, ...]:
        return self.assistant.search(question, filters=self._filters(question), top_k=top_k)

    def _filters(self, question: str) -> Filters:
        return self.without.get(question, Filters())


def main() -> None:
    """Ask, fit and write; or ask the questions that are reported on, and say what the packaged one is worth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, required=True)
    parser.add_argument("--starter-data", type=Path, required=True)
    parser.add_argument("--gold", type=Path, default=Path("evals/gold/starter.jsonl"))
    parser.add_argument("--work", type=Path, default=Path(".assistant-fit"))
    parser.add_argument("--test", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("assistant").setLevel(logging.WARNING)
    prepare_environment()
    found: dict[str, Examples] = {}
    for name, settings, questions, without in _collections(arguments):
        with open_remembering(settings) as (assistant, _), Catalog.open(settings.data_dir) as catalog:
            asker, configuration = _Asker(assistant=assistant, without=without), assistant.configuration
            found[name] = collect_examples(questions, asker=asker, documents=catalog, progress=_silent)
        logger.info("%s: %d answers, %d right", name, len(found[name].right), int(found[name].right.sum()))
    if not arguments.test:
        save_calibration(_fit(found, configuration), PACKAGED)
    _report(found, load_calibration(PACKAGED))


def _fit(found: dict[str, Examples], configuration: Configuration) -> Calibration:
    together = Examples.of_collections(list(found.values()))
    fitted = fit_calibration(together, configuration=configuration, fitted_on=FITTED_ON)
    logger.info(
        "ten folds, n %d: calibration error %.3f (%.3f by chance), AUROC of right %.3f",
        len(together.right), fitted.error, fitted.perfect_error, fitted.auroc,
    )  # fmt: skip
    return fitted.calibration


def _report(found: dict[str, Examples], calibration: Calibration) -> None:
    names = calibration.configuration.signals
    for name, examples in found.items():
        rows = [dict(zip(names, row, strict=True)) for row in examples.signals.tolist()]
        confidences = np.array([calibration.confidence(row) for row in rows])
        points, once = np.column_stack([confidences, examples.right]), np.ones((1, len(confidences)))
        logger.info(
            "%s, n %d: %.1f %% right, confidence %.3f in the mean, calibration error %.3f (%.3f by chance), AUROC %.3f",
            name, len(confidences), 100 * examples.right.mean(), confidences.mean(),
            calibration_error(points, once)[0], perfect_calibration_error(confidences), auroc(points, once)[0],
        )  # fmt: skip


def _collections(
    arguments: argparse.Namespace,
) -> Iterator[tuple[str, Settings, list[GoldQuestion], dict[str, Filters]]]:
    """Give the collections: name, settings, questions, and what some of them are asked without."""
    models_dir = arguments.starter_data / "models"
    for name, choose in ((SQUAD, squad_rows), (NATURAL, natural_rows)):
        benchmark, data_dir = arguments.benchmarks / name, arguments.work / name
        with open_store(benchmark, data_dir, models_dir=models_dir) as index:
            everything = [record.document_id for record in index.catalog.documents()]
        rows = draw_evenly(list(choose(benchmark, test=arguments.test)))
        removed = [row for row in rows if row.get("removed")]
        without = {
            row["question"]: Filters(documents=tuple(one for one in everything if one not in row["gold_docs"]))
            for row in removed
        }
        settings = _talkative(Settings(data_dir=data_dir, models_dir=models_dir))
        yield name, settings, [_question(row) for row in rows], without
    starter = _talkative(Settings(data_dir=arguments.starter_data))
    with Catalog.open(arguments.starter_data) as catalog:
        split = "test" if arguments.test else "dev"
        questions = [one for one in load_gold(arguments.gold, documents=catalog) if one.split == split]
    yield STARTER, starter, questions, {}


def _talkative(settings: Settings) -> Settings:
    return settings.model_copy(update={"abstain_below": 0.0, "max_wrong": None})


def squad_rows(benchmark: Path, *, test: bool) -> Iterator[dict[str, Any]]:
    """Give the questions of the test third of the articles, or of those that are for development and held back."""
    titles = {row["id"]: row["title"] for row in read_rows(benchmark / "docs.jsonl")}
    for row in read_rows(benchmark / "questions.jsonl"):
        title = titles[source_of(row)]
        if not is_development(title) if test else is_development(title) and is_held_back(title):
            yield row


def natural_rows(benchmark: Path, *, test: bool) -> Iterator[dict[str, Any]]:
    """Give questions of the test half, or those held back of the other; every second one loses its documents."""
    rows = list(read_rows(benchmark / "questions.jsonl"))
    for number, row in enumerate(rows[1::2] if test else rows[:: 2 * HELD_BACK_STEP]):
        yield {**row, "answerable": False, "removed": True} if number % 2 else row


def draw_evenly(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw at most so many; an odd step, since every second row may be of a kind."""
    step = -(-len(rows) // MOST_QUESTIONS)
    return rows[:: step + (step > 1 and step % 2 == 0)]


def _question(row: dict[str, Any]) -> GoldQuestion:
    return GoldQuestion(
        id=row["id"],
        question=row["question"],
        answerable=row["answerable"],
        answers=tuple(row["answers"]) if row["answerable"] else (),
        answer_parts=(),
        evidence=(),
        history=(),
        tags=(),
        split="dev",
    )


def _silent(_done: int, _total: int) -> None:
    """Tell nobody."""


if __name__ == "__main__":
    main()
