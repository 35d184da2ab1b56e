"""How well the reader reads a question's own passage: `python -m evals.reader.measuring`.

Asked are questions of squad2_half's articles that it did not learn from: those held back for development, or the test
third. The passage is the stretch of the question's own document that holds the answer.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from assistant.embedding import packaged_folder
from assistant.reader import FILE, PackagedReader, Reader, Text
from evals.matching import answer_is_right
from evals.reader.questions import TrainingPassage, TrainingQuestion, load_unseen
from evals.squad import exact_match, token_f1
from evals.statistics import auroc


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, default=Path("../shared/benchmarks"))
    parser.add_argument("--questions", type=int, default=520, help="How many, evenly over the set.")
    parser.add_argument("--test", action="store_true", help="Ask of the test third of the articles.")
    parser.add_argument("--weights", type=Path, default=FILE, help="The reader's file.")
    arguments = parser.parse_args()
    pairs = load_unseen(arguments.benchmarks, test=arguments.test)
    chosen = pairs[:: max(1, len(pairs) // arguments.questions)][: arguments.questions]
    reader = PackagedReader.from_folder(
        packaged_folder(),
        precision="auto",
        threads=0,
        weights=arguments.weights,
        sha256=hashlib.sha256(arguments.weights.read_bytes()).hexdigest(),
    )
    answers, scores = [], []
    for question, passage in chosen:
        answered, found = _read(reader, question, passage)
        answers.append((answered, float(bool(question.answers))))
        if question.answers:
            scores.append(found)
    f1, exact, sentence = np.mean(scores, axis=0)
    separated = float(auroc(np.array(answers), np.ones((1, len(answers))))[0])
    sys.stdout.write(
        f"{len(scores)} with and {len(answers) - len(scores)} without an answer: token F1 {f1:.3f}, exact match "
        f"{exact:.3f}, sentence {sentence:.3f}, AUROC of answers {separated:.3f}\n"
    )


def _read(
    reader: Reader, question: TrainingQuestion, passage: TrainingPassage
) -> tuple[float, tuple[float, float, float]]:
    """Read one passage: the logit of its answering; token F1, exact match and whether the best sentence is right."""
    (reading,) = reader.read(question.text, [Text(text=passage.text, sentences=passage.sentences)])
    read = [(found, span) for found, span in zip(reading.sentences, passage.sentences, strict=True) if found]
    words = max((found for found, _ in read), key=lambda found: found.span_score).span
    said = passage.text[words.start : words.end] if words else ""
    _, best = max(read, key=lambda pair: pair[0].score)
    wanted = question.answers or ("",)
    right = answer_is_right(passage.text[best.start : best.end], answers=wanted)
    return reading.answers, (token_f1(said, answers=wanted), exact_match(said, answers=wanted), right)


if __name__ == "__main__":
    main()
