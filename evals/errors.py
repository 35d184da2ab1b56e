"""Everything of the evals that can go wrong and that the person can act on.

AssistantError
├── GoldSetInvalid           a gold file, by line and field
├── QuestionExists           a question that a gold file has already
├── QuestionNotFound         an id that is no unconfirmed question of a gold file
├── TooFewToCalibrate        a gold set that can't tell how sure an answer is
├── AnswerFileInvalid        a file that is not what `ask --json` prints
├── RunInvalid               a folder without a finished eval run
├── RunsNotComparable        eval runs over different questions or documents
├── GateInvalid              a gate's file of tolerances and floors
└── BenchmarkError           a public benchmark
    ├── BenchmarkUnknown     nothing of a known form
    └── BenchmarkInvalid     malformed, by file, line and field

One class per remedy, as in `assistant.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.errors import AssistantError


class GoldSetInvalid(AssistantError):
    """A gold set has faults."""

    def __init__(self, path: Path, *, faults: Sequence[str]) -> None:
        shown = "\n  ".join(faults[:20])
        more = f"\n  … and {len(faults) - 20} more" if len(faults) > 20 else ""
        super().__init__(f"{len(faults)} faults in {str(path)!r}. Mend them and run again:\n  {shown}{more}")
        self.path, self.faults = path, tuple(faults)


class QuestionExists(AssistantError):
    """A question that is to be added to a gold file is in it already."""

    def __init__(self, path: Path, *, question_id: str, line: int) -> None:
        super().__init__(
            f"{str(path)!r} has that question already: {question_id!r} on line {line}. Change it there, or ask "
            "something else."
        )
        self.path, self.question_id, self.line = path, question_id, line


class QuestionNotFound(AssistantError):
    """A question that is to be confirmed is not in the gold file, or is confirmed already."""

    def __init__(self, path: Path, *, question_id: str, unconfirmed: Sequence[str]) -> None:
        left = f"These are: {', '.join(unconfirmed)}." if unconfirmed else "Every question in it is confirmed."
        super().__init__(f"{question_id!r} is no unconfirmed question of {str(path)!r}. {left}")
        self.path, self.question_id, self.unconfirmed = path, question_id, tuple(unconfirmed)


class TooFewToCalibrate(AssistantError):
    """Too few answers could be judged to fit a calibration, or nearly all of them are right or wrong."""

    def __init__(self, *, n: int, right: int, fewest: int, of_a_kind: int) -> None:
        super().__init__(
            f"{n} answers could be judged, {right} right and {n - right} wrong. A calibration needs at least {fewest}, "
            f"{of_a_kind} of each. Add questions with `assistant eval new`, some without an answer among them, or "
            "leave the packaged calibration in use."
        )
        self.n, self.right = n, right


class AnswerFileInvalid(AssistantError):
    """A file that should hold an answer as `ask --json` prints it does not."""

    def __init__(self, name: str, *, detail: str) -> None:
        super().__init__(
            f"{name!r} holds no answer: {detail}. Write one with `assistant ask QUESTION --json > answer.json`."
        )
        self.name, self.detail = name, detail


class RunInvalid(AssistantError):
    """A folder holds no finished eval run that this version can read."""

    def __init__(self, folder: Path, *, detail: str) -> None:
        super().__init__(
            f"{str(folder)!r} holds no finished run: {detail}. Write one with `assistant eval run GOLD --out {folder}`."
        )
        self.folder, self.detail = folder, detail


class RunsNotComparable(AssistantError):
    """Two eval runs were made over different questions or documents."""

    def __init__(self, *, detail: str) -> None:
        super().__init__(
            f"These runs can't be compared: {detail}. Run both over the same gold set and documents, or compare the "
            "questions that they share with --intersection."
        )
        self.detail = detail


class GateInvalid(AssistantError):
    """A gate's file of tolerances and floors has faults."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(f"The gate {str(path)!r} can't be used: {detail}. Mend it and run again.")
        self.path, self.detail = path, detail


class BenchmarkError(AssistantError):
    """A public benchmark can't be used."""


class BenchmarkUnknown(BenchmarkError):
    """A path holds no benchmark of a known form."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"No benchmark at {str(path)!r}: {detail}. Name a folder with docs.jsonl and questions.jsonl, a BEIR "
            "folder (corpus.jsonl, queries.jsonl, qrels/*.tsv), a SQuAD file, or a LlamaIndex rag_dataset.json."
        )
        self.path, self.detail = path, detail


class BenchmarkInvalid(BenchmarkError):
    """A benchmark of a known form is malformed."""

    def __init__(self, path: Path, *, faults: Sequence[str]) -> None:
        shown = "\n  ".join(faults[:20])
        more = f"\n  … and {len(faults) - 20} more" if len(faults) > 20 else ""
        super().__init__(f"{len(faults)} faults in {str(path)!r}. Mend them, or get it again:\n  {shown}{more}")
        self.path, self.faults = path, tuple(faults)
