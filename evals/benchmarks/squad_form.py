"""SQuAD 1.1 and 2.0 files. Each paragraph is a document, titled as its article.

Source: Rajpurkar, Jia and Liang, "Know What You Don't Know: Unanswerable Questions for SQuAD", ACL 2018.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from evals.benchmarks.rows import Faults, check_contents, read_file
from evals.benchmarks.types import Benchmark, BenchmarkDocument, BenchmarkQuestion, Form


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True)
    text: str


class _Question(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str = Field(min_length=1)
    question: str
    answers: list[_Answer]
    is_impossible: bool = False


class _Paragraph(BaseModel):
    model_config = ConfigDict(strict=True)
    context: str
    qas: list[_Question]


class _Article(BaseModel):
    model_config = ConfigDict(strict=True)
    title: str = ""
    paragraphs: list[_Paragraph]


class _File(BaseModel):
    model_config = ConfigDict(strict=True)
    data: list[_Article]


def load_squad(path: Path) -> Benchmark:
    """Load a SQuAD file.

    Args:
        path: The JSON file.

    Returns:
        Paragraphs as documents, numbered within their article's title, and all questions that have a word. An
        unanswerable one has no gold document: it is certified against its own paragraph only.

    Raises:
        BenchmarkInvalid: If anything in it is malformed; every fault is named.
    """
    faults = Faults(path)
    file = read_file(path, _File, faults)
    paragraphs = list(_paragraphs(file)) if file else []
    documents = [(document.id, document) for document, _ in paragraphs]
    questions = [(f"question {row.id!r}", _question(row, document)) for document, rows in paragraphs for row in rows]
    blank = [pair for pair in questions if not pair[1].question.strip()]
    asked = [pair for pair in questions if pair[1].question.strip()]
    check_contents(documents, asked, faults)
    return Benchmark(
        name=path.stem,
        path=path,
        form=Form.SQUAD,
        documents=tuple(document for _, document in documents),
        questions=tuple(question for _, question in asked),
        notices=(f"{len(blank)} questions without a word were left out.",) if blank else (),
    )


def _paragraphs(file: _File) -> Iterator[tuple[BenchmarkDocument, list[_Question]]]:
    numbers: Counter[str] = Counter()
    for article in file.data:
        for paragraph in article.paragraphs:
            numbers[article.title] += 1
            name = f"{article.title}/{numbers[article.title]}"
            title = article.title.replace("_", " ")
            yield BenchmarkDocument(id=name, title=title, text=paragraph.context), paragraph.qas


def _question(row: _Question, document: BenchmarkDocument) -> BenchmarkQuestion:
    answers = tuple(dict.fromkeys(answer.text for answer in row.answers if answer.text.strip()))
    answerable = bool(answers) and not row.is_impossible
    return BenchmarkQuestion(
        id=row.id,
        question=row.question,
        answers=answers if answerable else (),
        grades={document.id: 1} if answerable else {},
        answerable=answerable,
        kind="factoid" if answerable else "unanswerable",
    )
