"""Small finished runs on disk, made by the real run, judged and written by the real code."""

from dataclasses import replace

import pytest

from assistant.types import Abstention, ConversationTurn
from evals.folder import SCHEMA, load_passages, load_run, write_run
from evals.report.contents import build_report
from evals.run import QuestionTimer, run_questions
from evals.scoring import score_groups, score_latencies

BEFORE = ConversationTurn(question="What ran?", answer="The program.")


class Script:
    """Answers from a table; ranks the passages that its answer read, or those of a table."""

    def __init__(self, answers, rankings):
        self._answers, self._rankings = answers, rankings

    def ask(self, question, *, history):
        return self._answers[question]

    def search(self, question, *, top_k):
        return self._rankings.get(question, self._answers[question].passages)[:top_k]


def clock():
    """Each look at it is a millisecond after the last."""
    ticks = iter(range(1_000_000))
    return lambda: next(ticks) / 1000


@pytest.fixture
def write_folder(tmp_path, maker):
    """Run questions and write the run's folder."""

    def write(questions, answers, *, rankings=None, name="run", documents=None, file="gold.jsonl", settings=None):
        run = run_questions(
            questions, asker=Script(answers, rankings or {}), documents=documents or maker.documents,
            progress=lambda done, total: None, timer=QuestionTimer(clock=clock()),
        )  # fmt: skip
        manifest = {
            "schema": SCHEMA, "documents": "d1", "questions": len(questions), "commit": "0123456789abcdef",
            "gold": {"file": file, "sha256": "00", "split": None, "tags": [], "confirmed_only": True},
            "settings": settings or {"top_k": 6}, "unconfirmed": 2,
        }  # fmt: skip
        folder = tmp_path / name
        write_run(
            run, folder, groups=score_groups(run.scored), latencies=score_latencies(run.scored), manifest=manifest
        )
        return folder

    return write


@pytest.fixture
def five_ways(maker):
    """Questions that fail in five ways, one that does not, one not to be answered, one without accepted answers."""
    ada, years = maker.evidence("a.md", "Ada wrote the first program."), maker.evidence("a.md", "It ran years later.")
    questions = [
        maker.question("Right?", id="right", answers=["Ada"], evidence=[ada]),
        maker.question("Lost?", id="lost", answers=["Ada"], evidence=[ada], tags=("names",)),
        maker.question("Unchosen?", id="unchosen", answers=["Ada"], evidence=[ada], split="test"),
        maker.question("Chosen?", id="chosen", answers=["1843"], evidence=[ada]),
        maker.question("Shy?", id="shy", answers=["Ada"], evidence=[ada]),
        maker.unanswerable("Bold?", id="bold", tags=("outside",)),
        maker.unanswerable("Quiet?", id="quiet", tags=("outside",)),
        maker.question("And then?", id="then", answers=(), evidence=[years], history=(BEFORE,)),
    ]
    whole, other = maker.passage("a.md", 0, 48), maker.passage("b.md", 0, 22)
    cite = maker.citation
    answers = {
        "Right?": maker.answer("Right?", cite("a.md", "Ada wrote the first program."), passages=[whole]),
        "Lost?": maker.answer("Lost?", cite("b.md", "Babbage built"), passages=[other]),
        "Unchosen?": maker.answer("Unchosen?", cite("a.md", "It ran years later."), passages=[whole]),
        "Chosen?": maker.answer("Chosen?", cite("a.md", "Ada wrote the first program."), passages=[whole]),
        "Shy?": maker.abstention("Shy?", passages=[whole]),
        "Bold?": maker.answer("Bold?", cite("b.md", "Babbage built"), passages=[other]),
        "Quiet?": maker.abstention("Quiet?"),
        "And then?": maker.answer("And then?", cite("a.md", "It ran years later."), passages=[whole]),
    }
    signals = {"Right?": 0.9, "Lost?": 0.8, "Unchosen?": 0.7, "Chosen?": 0.6, "Shy?": 0.2, "Bold?": 0.5, "Quiet?": 0.1}
    signals["And then?"] = 0.4
    answers = {text: replace(answer, evidence_score=signals[text]) for text, answer in answers.items()}
    rankings = {"Lost?": (other, replace(whole, rank=2))}
    return questions, answers, rankings


@pytest.fixture
def folder(write_folder, five_ways):
    questions, answers, rankings = five_ways
    return write_folder(questions, answers, rankings=rankings)


@pytest.fixture
def report_of():
    return lambda folder: build_report(load_run(folder), load_passages(folder))


HOSTILE = (
    "</title></textarea></style></script>--><script>window.hit=1</script>"
    '<img src="{beacon}/i.png" onerror="window.hit=1">'
    '<svg onload="window.hit=1"><image href="{beacon}/v.png"/></svg><style>@import url({beacon}/c.css);</style>'
    '<iframe src="{beacon}/f.html"></iframe><p style="background:url({beacon}/b.png)">x</p>'
    '<meta http-equiv="refresh" content="0;url={beacon}/r"> ![m]({beacon}/m.png) [j](javascript:window.hit=1) '
    '" onmouseover="window.hit=1" \' {{{{ 7 * 7 }}}} {{% raise %}} ${{window.hit=1}} $\\frac{{1}}{{0}}$ &lt;b&gt;'
    ' id="x" #0a0b01'
)


@pytest.fixture
def hostile_folder(maker, write_folder):
    """A run in which every text that comes from outside tries to run or to fetch something."""

    def make(beacon):
        text = HOSTILE.format(beacon=beacon)
        made = maker.over({"a.md": f"Ada wrote {text} the first program.", text: "Babbage."})
        evidence = made.evidence("a.md", f"Ada wrote {text}")
        passage = made.passage("a.md", 0, len(text) + 29)
        passage = replace(passage, title=text, chunk=replace(passage.chunk, section=(text, text)))
        questions = [
            made.question(f"1 {text}", id=f"1 {text}", answers=[text], evidence=[evidence], tags=(text,)),
            made.question(f"2 {text}", id=f"2 {text}", answers=[text], evidence=[evidence], tags=("b", text)),
        ]
        refused = replace(made.abstention(passages=[passage]), abstention=Abstention(reason=text))
        answers = {
            f"1 {text}": made.answer("?", made.citation(text, "Babbage."), passages=[passage]),
            f"2 {text}": refused,
        }
        return write_folder(questions, answers, documents=made.documents, file=f"{text}.jsonl", settings={text: text})

    return make
