"""What earlier runs have read is not read again, and nothing else of a run changes."""

from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import EmptyCorpus
from assistant.reader import Reading, SentenceReading, Text
from assistant.settings import Settings
from assistant.types import Span
from evals import readings
from evals.gold import Selection
from evals.readings import FILE, RememberedReadings
from evals.run import QuestionTimer
from evals.session import run_gold

SENTENCE = "The lighthouse stands on the cape."
TEXT = Text(text=SENTENCE, sentences=(Span(start=0, end=len(SENTENCE)),))
OTHER = Text(text="It is white.", sentences=(Span(start=0, end=12), Span(start=12, end=12)))
READINGS = {
    TEXT: Reading(
        answers=1.25,
        relevant=-0.5,
        sentences=(SentenceReading(score=0.125, span_score=-3.0, span=Span(start=4, end=14)),),
    ),
    OTHER: Reading(answers=0.0, relevant=2.0, sentences=(SentenceReading(score=1.0, span_score=2.0, span=None), None)),
}


class CountingReader:
    """Reads two texts, and notes what it was shown."""

    fingerprint = "reader@1"

    def __init__(self):
        self.shown = []

    def read(self, question, texts):
        self.shown += [(question, text) for text in texts]
        return [READINGS[text] for text in texts]


@pytest.fixture
def database():
    with closing(readings.open_database(Path(":memory:"))) as opened:
        yield opened


@pytest.fixture
def begin_run(database):
    """Begin a run of its own over the same memory."""

    def begin(conditions="this machine", fingerprint="reader@1"):
        reader = CountingReader()
        reader.fingerprint = fingerprint
        return RememberedReadings(reader, database=database, conditions=conditions), reader

    return begin


def test_the_next_run_reads_only_what_is_new(begin_run):
    first, _ = begin_run()
    first.read("Where?", [TEXT])
    second, reader = begin_run()
    assert second.read("Where?", [OTHER, TEXT]) == [READINGS[OTHER], READINGS[TEXT]]
    assert (reader.shown, second.taken) == ([("Where?", OTHER)], 1)
    third, reader = begin_run()
    assert third.read("Where?", [TEXT, OTHER]) == [READINGS[TEXT], READINGS[OTHER]]
    assert (reader.shown, third.taken) == ([], 2)


def test_a_run_takes_nothing_from_itself(begin_run):
    remembered, reader = begin_run()
    remembered.read("Where?", [TEXT])
    remembered.read("Where?", [TEXT])
    assert (len(reader.shown), remembered.taken) == (2, 0)


@pytest.mark.parametrize("changed", [{"conditions": "another machine"}, {"fingerprint": "reader@2"}])
def test_another_reader_or_machine_takes_nothing(begin_run, changed):
    begin_run()[0].read("Where?", [TEXT])
    remembered, reader = begin_run(**changed)
    remembered.read("Where?", [TEXT])
    assert (len(reader.shown), remembered.taken) == (1, 0)


@pytest.mark.parametrize(
    ("question", "text"),
    [("When?", TEXT), ("Where?", OTHER), ("Where?", Text(text=TEXT.text, sentences=(Span(start=0, end=3),)))],
)
def test_another_question_passage_or_cut_is_read_anew(begin_run, monkeypatch, question, text):
    monkeypatch.setitem(READINGS, text, READINGS[TEXT])
    begin_run()[0].read("Where?", [TEXT])
    remembered, reader = begin_run()
    remembered.read(question, [text])
    assert reader.shown == [(question, text)]


def test_the_oldest_readings_are_dropped(begin_run, monkeypatch):
    begin_run()[0].read("Where?", [TEXT, OTHER])
    monkeypatch.setattr(readings, "MOST", 1)
    remembered, reader = begin_run()
    remembered.read("Where?", [TEXT, OTHER])
    assert [text for _, text in reader.shown] == [TEXT]


def test_a_question_is_timed_only_if_nothing_was_looked_up():
    taken, ticks = iter([0, 0, 0, 2]), iter([1.0, 1.5, 2.0, 2.5])
    timer = QuestionTimer(taken=lambda: next(taken), clock=lambda: next(ticks))
    assert timer.time(lambda: "answer") == ("answer", 500.0)
    assert timer.time(lambda: "answer") == ("answer", None)


@pytest.fixture
def ask(bridge_settings, bridge_gold, tmp_path, models_dir):
    """Run the gold set with models, and so with a memory, of its own."""
    (tmp_path / "models").mkdir()
    for folder in models_dir.iterdir():
        if folder.is_dir():
            (tmp_path / "models" / folder.name).symlink_to(folder)
    settings = bridge_settings.model_copy(update={"models_dir": tmp_path / "models"})

    def call(**options):
        quiet = {"out": None, "progress": lambda *state: None}
        return run_gold(bridge_gold, settings=settings, selection=Selection(), **(quiet | options))

    return call


def test_a_second_run_gives_the_same_records_without_times(ask, tmp_path):
    first, second = ask(out=tmp_path / "a"), ask(out=tmp_path / "b")
    for name in ("records.jsonl", "passages.jsonl", "scores.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "models" / FILE).is_file()
    assert (first.untimed, second.untimed) == (0, 4)
    assert all(record.timing is None for record in second.run.records)
    assert all(score.value is None for score in second.latencies)


def test_a_timed_run_reads_everything_anew(ask):
    ask()
    assert ask(timed=True).untimed == 0


@pytest.mark.parametrize("damage", [lambda file: file.mkdir(), lambda file: file.write_bytes(b"no database" * 99)])
def test_readings_that_cannot_be_used_are_named_and_everything_is_read(ask, tmp_path, caplog, damage):
    damage(tmp_path / "models" / FILE)
    assert ask().untimed == 0
    assert f"{tmp_path / 'models' / FILE} can't be used, so every passage is read anew" in caplog.text


def test_a_data_directory_that_is_empty_stays_so(bridge_gold, tmp_path, models_dir):
    settings = Settings(data_dir=tmp_path / "data", corpus=tmp_path, models_dir=None)
    with pytest.raises(EmptyCorpus):
        run_gold(bridge_gold, settings=settings, selection=Selection(), out=None, progress=lambda *state: None)
    assert not (tmp_path / "data").exists()
