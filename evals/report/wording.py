"""What metrics and diagnoses mean, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evals.facts import Diagnosis, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisWords:
    """How a diagnosis is explained to somebody who has not read the code."""

    meaning: str
    look_at: str
    """The stage to look at, and what to try there."""


DIAGNOSES: Mapping[Diagnosis, DiagnosisWords] = {
    Diagnosis.NOT_RETRIEVED: DiagnosisWords(
        meaning="The passages that were read for the answer do not hold all of the gold evidence.",
        look_at="Retrieval: chunking, the embedding model, the weight of words against meaning, top_k.",
    ),
    Diagnosis.NOT_CHOSEN: DiagnosisWords(
        meaning="The gold evidence was among the passages that were read, but other sentences were chosen.",
        look_at="Answering: how sentences are scored against the question, and how many are kept.",
    ),
    Diagnosis.CHOSEN_BUT_WRONG: DiagnosisWords(
        meaning="The answer cites the gold evidence and yet holds none of the accepted answers.",
        look_at="Answering, or the gold set: is another wording of the answer right too?",
    ),
    Diagnosis.WRONGLY_ABSTAINED: DiagnosisWords(
        meaning="All of the gold evidence was read, and no answer was given.",
        look_at="Abstention: the bar is too high for this question.",
    ),
    Diagnosis.WRONGLY_ANSWERED: DiagnosisWords(
        meaning="The documents hold no answer, and one was given.",
        look_at="Abstention: the bar is too low for this question.",
    ),
    Diagnosis.NO_EVIDENCE_KNOWN: DiagnosisWords(
        meaning="The answer is wrong, and the gold set names no evidence by which to tell where it was lost.",
        look_at="The gold set: give the question a quote.",
    ),
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.RIGHT: "answered, and the answer holds an accepted one",
    Outcome.RIGHTLY_ABSTAINED: "the documents hold no answer, and none was given",
    Outcome.WRONG: "answered, and the answer holds no accepted one",
    Outcome.WRONGLY_ABSTAINED: "the documents hold an answer, and none was given",
    Outcome.WRONGLY_ANSWERED: "the documents hold no answer, and one was given",
}

METRICS: Mapping[str, str] = {
    "recall@5 of quotes": "share of the gold quotes that the first 5 passages hold",
    "recall@10 of quotes": "share of the gold quotes that the first 10 passages hold",
    "recall@5 per question": "the same, averaged over the questions instead of over the quotes",
    "recall@10 per question": "the same over the first 10 passages",
    "evidence read": "share of the gold quotes within the passages that were read for the answer",
    "all evidence@5": "share of the questions with every gold quote in the first 5 passages",
    "precision@5": "share of the first 5 passages that hold a gold quote",
    "MRR@10": "1 / rank of the first passage with a gold quote, on average",
    "nDCG@10": "how near the top the gold quotes stand; 100 % is the best order",
    "token recall@5": "share of the words of the quotes that the first 5 passages hold",
    "token precision@5": "share of the words of the first 5 passages that belong to a quote",
    "token IoU@5": "words that both share, of the words that either holds",
    "answered right": "share of the answerable questions whose answer holds an accepted one",
    "right of those answered": "the same, of the questions that were answered at all",
    "evidence chosen": "of the gold quotes that were read, the share that the answer cites",
    "exact match, abstentions counted": "exact match over all questions; where there is no answer, abstaining is one",
    "token F1, abstentions counted": "token F1 over all questions, abstaining counted in the same way",
    "exact match": "the short answer is an accepted one, word for word",
    "token F1": "overlap in words between answer and accepted answer",
    "answer on gold evidence": "share of the cited characters that lie on a gold quote",
    "words per answer": "length of an answer",
    "sentences per answer": "length of an answer",
    "citations valid": "the cited place still holds exactly the quoted text",
    "sentences cited": "share of the answers' sentences with a citation",
    "citation precision": "share of the citations that lie on a gold quote",
    "citation recall": "share of the gold quotes that the citations hold",
    "wrongly abstained": "share of the answerable questions without an answer (less is better)",
    "abstention recall": "share of the unanswerable questions that were left unanswered",
    "abstention precision": "share of the abstentions that were right",
    "abstention F1": "harmonic mean of the two",
    "AUROC of answerable": "how well the signal tells answerable from unanswerable; 50 % is chance",
    "risk-coverage area": "share of wrong answers, averaged over all bars for abstaining (less is better)",
    "calibration error": "how far the confidence lies from the truth, on average (less is better)",
    "tokens read": "tokens of the passages read for one question (less is better)",
    "latency p50": "half of the questions take no longer",
    "latency p95": "19 of 20 questions take no longer",
}
