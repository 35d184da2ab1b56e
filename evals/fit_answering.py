"""Fits the weights of `assistant.evidence` and `assistant.abstention` on development questions alone.

Run it as `python -m evals.fit_answering --benchmarks DIR --starter-data DIR`; it logs the constants to copy. It needs
the sets squad2_half and nq_open_oracle, and a data directory in which the starter corpus was ingested. Development
questions are: of squad2_half those of two thirds of its articles, of nq_open_oracle every second one, of the starter
gold set its development half. Where the reader's weights are there, its signals are fitted too, on the part of the
public questions that it did not learn from (`evals.reader.questions`).
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.abstention import AnswerabilitySignals, measure
from assistant.embedding import Embedder, open_embedder, packaged_folder
from assistant.evidence import ScoredSentence
from assistant.evidence_signals import EvidenceSignals
from assistant.indexing import Index, open_index
from assistant.lexical import Lexical
from assistant.lookup import Findings, Lookup
from assistant.questions import Question, read_question
from assistant.reader import FILE, PackagedReader, Reader
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.short_answers import ShortAnswerSignals, read_words
from assistant.types import Filters
from evals.gold import load_gold
from evals.logistic import ROUNDS, Matrix, fit_logistic
from evals.matching import answer_is_right
from evals.reader.questions import HELD_BACK_STEP, is_development, is_held_back
from evals.squad import token_f1
from ingest import add_texts, document_from_text
from ingest.applying import known_build

logger = logging.getLogger(__name__)

RIDGE = 1e-3
READ = 6
MOST_QUESTIONS = 1000
FAR_QUESTIONS = 300
SHORT_F1 = 0.5
"""Token F1 with an accepted answer from which on a short answer counts as right."""
_SHORT_RIDGE = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """One development question, looked up."""

    group: str
    answerable: bool
    sentences: Matrix
    """Evidence signals, one row a sentence."""
    right: NDArray[np.bool_]
    """Which of them hold the answer."""
    answerability: Matrix
    """Abstention signals."""
    short: tuple[Matrix, bool] | None = None
    """Signals of the short answer and whether it is right; None where few words can't answer."""


def main() -> None:
    """Look the development questions up and print the fitted constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, required=True)
    parser.add_argument("--starter-data", type=Path, required=True)
    parser.add_argument("--gold", type=Path, default=Path("evals/gold/starter.jsonl"))
    parser.add_argument("--work", type=Path, default=Path(".assistant-fit"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cases = list(_cases(arguments))
    names = [field.name for field in fields(EvidenceSignals)]
    _report(
        "evidence_signals.READ_WEIGHTS" if FILE.is_file() else "evidence_signals.WEIGHTS", names, fit_softmax(cases)
    )
    signals = ["INTERCEPT", *(field.name for field in fields(AnswerabilitySignals))]
    logit = fit_answerability(cases)
    _report("abstention.READ_WEIGHTS" if FILE.is_file() else "abstention.WEIGHTS", signals, logit)
    if shorts := [case.short for case in cases if case.short is not None and case.group != "far"]:
        names = ["INTERCEPT", *(field.name for field in fields(ShortAnswerSignals))]
        _report("short_answers.WEIGHTS", names, fit_short_answers(shorts))
    for group in sorted({case.group for case in cases}):
        _report_separation(group, [case for case in cases if case.group == group], logit)


def fit_softmax(cases: Sequence[Case]) -> Matrix:
    """Fit weights under which the softmax over a question's sentences finds those that hold the answer.

    Where several do, which of them counts is a hidden variable: expectation maximisation, Newton's step in each round.
    """
    usable = [case for case in cases if case.right.any() and not case.right.all()]
    weights = np.zeros(usable[0].sentences.shape[1])
    size = len(weights)
    for _ in range(ROUNDS):
        gradient, hessian = -RIDGE * len(usable) * weights, RIDGE * len(usable) * np.eye(size)
        for case in usable:
            score = case.sentences @ weights
            chance = np.exp(score - score.max())
            target = np.where(case.right, chance, 0) / chance[case.right].sum()
            chance = chance / chance.sum()
            gradient += case.sentences.T @ (target - chance)
            mean = chance @ case.sentences
            hessian += (case.sentences * chance[:, None]).T @ case.sentences - np.outer(mean, mean)
        weights = weights + np.linalg.solve(hessian, gradient)
    return np.asarray(weights)


def fit_answerability(cases: Sequence[Case]) -> Matrix:
    """Fit a logistic regression of "has an answer", each group's two classes weighing the same; intercept first."""
    rows = np.array([np.concatenate([[1.0], case.answerability]) for case in cases])
    truth = np.array([case.answerable for case in cases], dtype=float)
    sizes: dict[tuple[str, bool], int] = {}
    for case in cases:
        sizes[case.group, case.answerable] = sizes.get((case.group, case.answerable), 0) + 1
    shares = np.array([len(cases) / len(sizes) / sizes[case.group, case.answerable] for case in cases])
    return fit_logistic(rows, truth, shares=shares, ridges=np.full(rows.shape[1], RIDGE * len(cases)))


def fit_short_answers(shorts: Sequence[tuple[Matrix, bool]]) -> Matrix:
    """Fit a logistic regression of "the words are right"; intercept first."""
    rows = np.array([np.concatenate([[1.0], signals]) for signals, _ in shorts])
    truth = np.array([right for _, right in shorts], dtype=float)
    return fit_logistic(rows, truth, shares=np.ones(len(rows)), ridges=np.full(rows.shape[1], _SHORT_RIDGE))


def _cases(arguments: argparse.Namespace) -> Iterator[Case]:
    models_dir = arguments.starter_data / "models"
    embedder = open_embedder(Settings(data_dir=arguments.starter_data, models_dir=models_dir))
    reader = PackagedReader.from_folder(packaged_folder(), precision="auto", threads=0) if FILE.is_file() else None
    squad, nq = arguments.benchmarks / "squad2_half", arguments.benchmarks / "nq_open_oracle"
    nq_questions = list(read_rows(nq / "questions.jsonl"))[:: 2 * HELD_BACK_STEP if FILE.is_file() else 2][
        :MOST_QUESTIONS
    ]
    with open_store(squad, arguments.work / "squad", models_dir=models_dir) as index:
        yield from _squad_cases(squad, nq_questions[:FAR_QUESTIONS], _lookup(index, embedder, reader))
    with open_store(nq, arguments.work / "nq", models_dir=models_dir) as index:
        yield from _removed_cases(nq_questions, _lookup(index, embedder, reader))
    with open_index(Settings(data_dir=arguments.starter_data)) as index:
        yield from _starter_cases(arguments.gold, _lookup(index, embedder, reader))


def _squad_cases(squad: Path, foreign: Sequence[dict[str, Any]], lookup: Lookup) -> Iterator[Case]:
    """Adversarial questions about the corpus ("squad"), and questions of another corpus against plain ones ("far")."""
    articles = {row["id"]: row["title"] for row in read_rows(squad / "docs.jsonl")}
    questions = [row for row in read_rows(squad / "questions.jsonl") if _is_fitted(articles[source_of(row)])]
    for row in questions[::2][:MOST_QUESTIONS]:
        yield _case("squad", row, lookup)
    for row in foreign:
        yield _case("far", {**row, "answerable": False, "answers": []}, lookup)
    for row in questions[1::4][:FAR_QUESTIONS]:
        if row["answerable"]:
            yield _case("far", row, lookup)


def _removed_cases(questions: Sequence[dict[str, Any]], lookup: Lookup) -> Iterator[Case]:
    """Real questions, every second one with its own document taken away."""
    everything = [record.document_id for record in lookup.catalog.documents()]
    for number, row in enumerate(questions):
        if number % 2:
            others = Filters(documents=tuple(name for name in everything if name not in row["gold_docs"]))
            yield _case("removed", {**row, "answerable": False, "answers": []}, lookup, filters=others)
        else:
            yield _case("removed", row, lookup)


def _starter_cases(gold: Path, lookup: Lookup) -> Iterator[Case]:
    for question in load_gold(gold, documents=lookup.catalog):
        if question.split == "dev" and not question.history:
            quotes = [item.quote for item in question.evidence if item.quote]
            row = {
                "question": question.question,
                "answerable": question.answerable,
                "quotes": quotes,
                "answers": question.answers or tuple(part for parts in question.answer_parts for part in parts),
            }
            yield _case("starter", row, lookup)


def _case(group: str, row: dict[str, Any], lookup: Lookup, *, filters: Filters = Filters()) -> Case:  # noqa: B008
    question = read_question(row["question"])
    with lookup.catalog.snapshot():
        found: Findings = lookup.find(question, filters=filters, k=READ)
        scored = lookup.score(found.whole, found.passages)
    answerability = measure(scored, found.passages)
    return Case(
        group=group,
        answerable=bool(row["answerable"]),
        sentences=np.array([astuple(sentence.signals) for sentence in scored]),
        right=np.array([_is_right(sentence, row) for sentence in scored], dtype=bool),
        answerability=np.array(astuple(answerability)),
        short=_short(question, scored, row),
    )


def _short(question: Question, scored: Sequence[ScoredSentence], row: dict[str, Any]) -> tuple[Matrix, bool] | None:
    words = read_words(question, scored) if scored else None
    if words is None:
        return None
    right = bool(row["answerable"]) and token_f1(words.text, answers=row["answers"]) >= SHORT_F1
    return np.array(astuple(words.signals)), right


def _is_right(sentence: ScoredSentence, row: dict[str, Any]) -> bool:
    if "quotes" in row:
        return any(sentence.text in quote or quote in sentence.text for quote in row["quotes"])
    in_gold = row["answerable"] and sentence.passage.document_id in row["gold_docs"]
    return bool(in_gold and answer_is_right(sentence.text, answers=row["answers"]))


def _lookup(index: Index, embedder: Embedder, reader: Reader | None) -> Lookup:
    lexical = Lexical(index.catalog.reading)
    retriever = Retriever(catalog=index.catalog, dense=index, lexical=lexical, settings=Settings())
    return Lookup(
        catalog=index.catalog,
        retriever=retriever,
        lexical=lexical,
        embedder=embedder,
        reader=reader,
        read=Settings().read_passages,
    )


def open_store(benchmark: Path, data_dir: Path, *, models_dir: Path) -> Index:
    """Index a benchmark's documents, unless that was done before."""
    settings = Settings(data_dir=data_dir, models_dir=models_dir)
    rows = read_rows(benchmark / "docs.jsonl")
    documents = [document_from_text(row["id"], row["text"], title=row["title"]) for row in rows]
    add_texts(documents, source=benchmark.name, settings=settings)
    return open_index(settings, build=known_build(settings))


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON Lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def source_of(row: dict[str, Any]) -> str:
    """Name the document that a question of squad2_half was asked about, whether it answers it or not."""
    return str(row["meta"]["source_doc"])


def _is_fitted(title: str) -> bool:
    """Tell whether an article is for development and, where there is a reader, was kept from it."""
    return is_development(title) and (not FILE.is_file() or is_held_back(title))


def _report(title: str, names: Sequence[str], weights: Matrix) -> None:
    logger.info("%s", title)
    for name, weight in zip(names, weights, strict=True):
        logger.info("    %s: %.2f", name, weight)


def _report_separation(group: str, cases: Sequence[Case], weights: Matrix) -> None:
    """Say how many unanswerable questions score below the lowest tenth of the answerable ones."""
    scores = np.array([weights[0] + case.answerability @ weights[1:] for case in cases])
    answerable = np.array([case.answerable for case in cases])
    bar = np.quantile(scores[answerable], 0.1)
    caught = float((scores[~answerable] < bar).mean())
    logger.info("%s: n %d, unanswerable below the bar %.3f (bar %.2f)", group, len(cases), caught, bar)


if __name__ == "__main__":
    main()
