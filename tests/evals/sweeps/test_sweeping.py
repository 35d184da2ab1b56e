"""Configurations are run once, share what index they can, and are sorted with a word on the noise."""

import json

import pytest
from typer.testing import CliRunner

from assistant.errors import SettingsError
from assistant.settings import Settings
from evals.cli import app
from evals.facts import AnswerFacts, Judgement
from evals.folder import StoredRun
from evals.gold import Selection
from evals.metrics import METRICS
from evals.records import Record
from evals.sweeps.grid import Configuration
from evals.sweeps.sweeping import compare_configurations, conclude
from evals.sweeps.tables import sweep_json, tabulate_sweep
from evals.sweeps.targets import GoldTarget
from ingest import sync

RIGHT = [metric for metric in METRICS if metric.name == "answered right"]


def stored(tmp_path, rights):
    records = []
    for number, right in enumerate(rights):
        answer = AnswerFacts(
            right=right, exact_match=None, token_f1=None, words=1, sentences=1, sentences_cited=1, citations=1,
            citations_valid=1, citations_on_gold=0, quotes_cited=0, characters_cited=0, characters_on_gold=0,
        )  # fmt: skip
        judgement = Judgement(question_id=f"q{number}", split="dev", tags=("a",), answerable=True, answer=answer)
        records.append(Record(gold={}, judgement=judgement, answer=None, timing=None))
    return StoredRun(folder=tmp_path, manifest={}, records=tuple(records))


def compared(tmp_path, *runs):
    configurations = [Configuration(), *(Configuration(changes=(("top_k", str(n)),)) for n in range(1, len(runs)))]
    return compare_configurations(configurations, [stored(tmp_path, run) for run in runs], metrics=RIGHT)


def test_the_best_comes_first_and_the_rest_is_set_against_it(tmp_path):
    half, most, few = [True, False] * 50, [True] * 90 + [False] * 10, [True] * 10 + [False] * 90
    sweep = compared(tmp_path, half, few, most)
    assert [row.configuration.name for row in sweep.rows] == ["top_k=2", "default", "top_k=1"]
    assert "top_k=2 is better than the default" in conclude(sweep) and "flatters" in conclude(sweep)
    verdicts = [row[-1] for row in tabulate_sweep(sweep).rows]
    assert verdicts == ["best", "worse", "worse"]


def test_a_difference_inside_the_noise_is_no_reason_to_change(tmp_path):
    half = [True, False] * 50
    sweep = compared(tmp_path, half, [True, *half[1:-1], True])
    assert sweep.best.configuration.name == "top_k=1"
    assert "no reason to change it" in conclude(sweep)
    assert [row[-1] for row in tabulate_sweep(sweep).rows] == ["best", "inside the noise of the best"]
    document = json.loads(json.dumps(sweep_json(sweep)))
    assert document["configurations"][0]["from_default"]["verdict"] == "inside the noise"


def test_the_default_stays_where_nothing_beats_it(tmp_path):
    half = [True, False] * 50
    assert conclude(compared(tmp_path, half, half)).startswith("The default is the best by answered right.")


def test_settings_that_leave_the_index_alone_share_it(house, tmp_path):
    target = GoldTarget(gold=tmp_path / "g", selection=Selection(), base=house, work=tmp_path / "work")
    same = target.locate(house.model_copy(update={"top_k": 3}))
    other = target.locate(house.model_copy(update={"chunk_tokens": 64}))
    assert same.data_dir == house.data_dir
    assert other.data_dir.parent == tmp_path / "work" and other.models_dir == house.models_dir


@pytest.fixture
def house(tmp_path, models_dir):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "vell.txt").write_text("The harbour of Vell was opened in 1931. Ada Brandt designed the lighthouse.\n")
    (corpus / "bees.txt").write_text("Bees make honey. A colony of bees holds about 40,000 workers.\n")
    settings = Settings(data_dir=tmp_path / "data", corpus=corpus, models_dir=models_dir)
    sync([], settings=settings)
    return settings


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.jsonl"
    rows = [
        {
            "id": name, "question": question, "answers": [answer], "answerable": True, "tags": ["facts"],
            "evidence": [{"document": document, "quote": answer}], "split": "dev",
        }
        for name, question, answer, document in (
            ("q1", "Who designed the lighthouse?", "Ada Brandt", "vell.txt"),
            ("q2", "What do bees make?", "honey", "bees.txt"),
        )
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def sweep(house, gold, tmp_path, *options):
    places = ["--data-dir", house.data_dir, "--corpus", house.corpus, "--work", tmp_path / "work"]
    arguments = ["sweep", gold, "--out", tmp_path / "out", *places, *options]
    return CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)


def test_a_sweep_over_a_gold_file_runs_each_configuration_once(house, gold, tmp_path):
    options = ["--grid", "top_k=1", "--grid", "chunk_tokens=32"]
    first = sweep(house, gold, tmp_path, *options)
    assert first.exit_code == 0 and "2 configurations, sorted by answered right" in first.stdout
    assert len(list((tmp_path / "work").iterdir())) == 1
    again = sweep(house, gold, tmp_path, *options, "--json")
    assert again.stderr.count("finished before") == 2
    assert json.loads(again.stdout)["configurations"][0]["questions"] == 2
    other = sweep(house, gold, tmp_path, *options, "--set", "candidates=50")
    assert "finished before" not in other.stderr


def test_a_wrong_setting_or_metric_is_told_before_anything_runs(house, gold, tmp_path):
    with pytest.raises(SettingsError, match="top_k"):
        sweep(house, gold, tmp_path, "--grid", "top_k=5,none")
    wrong = sweep(house, gold, tmp_path, "--grid", "top_k=5", "--metric", "beauty")
    assert wrong.exit_code == 2 and "'beauty' is none of" in wrong.stderr
    assert not (tmp_path / "out").exists()
