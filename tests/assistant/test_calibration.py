"""The confidence of answers: its formula, its file, what it holds for, and the bar that a setting makes of it."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import evidence
from assistant.calibration import (
    CALIBRATION_FILE,
    PACKAGED,
    SIGNALS,
    Calibration,
    Configuration,
    OperatingPoint,
    load_calibration,
    open_calibration,
    save_calibration,
)
from assistant.errors import CalibrationDamaged, DataDirDenied, MaxWrongUnreachable
from assistant.types import Method
from assistant.wiring import open_assistant

QUESTION = "Who designed the lighthouse of Vell?"
PRESENT = Configuration(embedder="e", reader=None, evidence=evidence.VERSION, signals=SIGNALS)
CURVE = (
    OperatingPoint(threshold=0.95, answers=3, wrong=0),
    OperatingPoint(threshold=0.8, answers=20, wrong=2),
    OperatingPoint(threshold=0.6, answers=40, wrong=8),
    OperatingPoint(threshold=0.4, answers=50, wrong=9),
    OperatingPoint(threshold=0.1, answers=100, wrong=50),
)


def calibration(**changes):
    fields = {
        "configuration": PRESENT, "intercept": -1.0, "weights": dict.fromkeys(SIGNALS, 0.5), "n": 100,
        "fitted_on": "made up", "curve": CURVE,
    }  # fmt: skip
    return Calibration(**(fields | changes))


# The probability


@given(st.lists(st.floats(-50, 50), min_size=len(SIGNALS), max_size=len(SIGNALS)), st.floats(-50, 50))
def test_the_confidence_is_the_logistic_function_of_the_weighted_signals(values, intercept):
    made = calibration(intercept=intercept, weights=dict(zip(SIGNALS, values, strict=True)))
    logit = intercept + sum(values)
    expected = 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
    assert made.confidence(dict.fromkeys(SIGNALS, 1.0)) == pytest.approx(expected, abs=1e-6)


def test_an_answer_and_an_abstention_have_a_confidence_and_talk_has_none(house, asking):
    answer = asking.ask(QUESTION)
    assert answer.confidence == load_calibration(PACKAGED).confidence(answer.signals)
    assert answer.notices == ()
    with open_assistant(house.model_copy(update={"abstain_below": 1.0})) as strict:
        assert strict.ask(QUESTION).confidence == answer.confidence
    talk = asking.ask("hello")
    assert (talk.method, talk.confidence, talk.signals) == (Method.CATALOG, None, None)


def test_the_packaged_calibration_holds_for_the_present_configuration(asking):
    """If not: assistant eval calibrate evals/gold/starter.jsonl --split dev --out src/assistant/calibration.json."""
    assert load_calibration(PACKAGED).configuration == asking.configuration


# The file


def test_a_calibration_is_read_as_it_was_written(tmp_path):
    save_calibration(calibration(), tmp_path / "one.json")
    assert load_calibration(tmp_path / "one.json") == calibration()
    save_calibration(load_calibration(tmp_path / "one.json"), tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one.json", "two.json"]


def test_the_packaged_file_is_what_would_be_written(tmp_path):
    save_calibration(load_calibration(PACKAGED), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == PACKAGED.read_bytes()


def test_a_folder_that_is_not_there_is_a_named_error(tmp_path):
    with pytest.raises(DataDirDenied, match=r"calibration\.json"):
        save_calibration(calibration(), tmp_path / "nowhere" / "calibration.json")


@pytest.fixture
def altered(tmp_path):
    """Write a calibration with some of its fields replaced."""

    def write(changes):
        path = tmp_path / "altered.json"
        save_calibration(calibration(), path)
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
        return path

    return write


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"intercept": "high"}, "intercept: "),
        ({"intercept": math.inf}, "intercept: "),
        ({"calibration": 2}, "calibration: "),
        ({"extra": 1}, "extra: "),
        ({"weights": {"cosine": 1.0}}, "don't belong together"),
        ({"fingerprint": "0"}, "don't belong together"),
        ({"curve": [{"threshold": 0.5, "answers": 1, "wrong": 2}]}, "more wrong answers than answers"),
    ],
)
def test_a_fault_of_the_file_is_a_named_error_that_says_what_to_do(altered, changes, fault):
    with pytest.raises(CalibrationDamaged, match=f"{fault}.*assistant eval calibrate"):
        load_calibration(altered(changes))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"calibration": 1}'])
def test_what_is_no_calibration_is_a_named_error(tmp_path, content):
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(CalibrationDamaged):
        load_calibration(tmp_path / "bad.json")


def test_a_file_that_is_not_there_is_a_named_error(tmp_path):
    with pytest.raises(CalibrationDamaged, match="No such file"):
        load_calibration(tmp_path / "none.json")


# What it holds for


@pytest.fixture
def own(settings):
    """Put a calibration into the data directory."""

    def put(content):
        settings.data_dir.mkdir(exist_ok=True)
        path = settings.data_dir / CALIBRATION_FILE
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            save_calibration(content, path)
        return settings

    return put


def test_the_calibration_of_the_data_directory_comes_before_the_packaged_one(own):
    opened = open_calibration(own(calibration()), embedder="e", reader=None)
    assert (opened.calibration, opened.notices, opened.threshold) == (calibration(), (), None)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"embedder": "other"}, "embedder"), ({"evidence": "0"}, "evidence"), ({"signals": ("cosine",)}, "signals")],
)
def test_one_that_was_fitted_under_another_configuration_is_not_used_and_that_is_said(own, changed, named):
    foreign = replace(PRESENT, **changed)
    stored = calibration(configuration=foreign, weights=dict.fromkeys(foreign.signals, 1.0))
    opened = open_calibration(own(stored), embedder="e", reader=None)
    assert opened.calibration is None
    assert f"another configuration ({named})" in opened.notices[0]
    assert "assistant eval calibrate" in opened.notices[0]


def test_a_damaged_one_is_not_used_and_that_is_said(own):
    opened = open_calibration(own(b"no json"), embedder="e", reader=None)
    assert opened.calibration is None
    assert "can't be used" in opened.notices[0]


def test_answers_without_a_usable_calibration_carry_the_notice(house, tmp_path):
    path = house.data_dir / CALIBRATION_FILE
    path.write_bytes(b"no json")
    try:
        with open_assistant(house) as assistant:
            answer = assistant.ask(QUESTION)
    finally:
        path.unlink()
    assert answer.confidence is None
    assert answer.citations
    assert "No confidence is given" in answer.notices[0]


def test_the_fingerprint_of_an_answer_follows_the_calibration(house, asking):
    path = house.data_dir / CALIBRATION_FILE
    save_calibration(replace(load_calibration(PACKAGED), intercept=0.25), path)
    try:
        with open_assistant(house) as other:
            assert other.fingerprint().config != asking.fingerprint().config
    finally:
        path.unlink()


# The bar


@pytest.mark.parametrize(("max_wrong", "threshold"), [(0.14, 0.8), (0.2, 0.4), (0.49, 0.4), (0.5, 0.1)])
def test_the_threshold_lets_the_most_answers_through_that_the_setting_allows(max_wrong, threshold):
    assert calibration().threshold(max_wrong) == threshold


def test_a_share_that_only_a_handful_of_answers_reaches_is_refused_by_name():
    with pytest.raises(MaxWrongUnreachable, match=r"max_wrong = 0.05 .* let expect 0.136 at the least"):
        calibration().threshold(0.05)


def test_without_a_usable_calibration_the_setting_is_refused_by_name(own):
    wanting = own(b"no json").model_copy(update={"max_wrong": 0.2})
    with pytest.raises(MaxWrongUnreachable, match="can't be used"):
        open_calibration(wanting, embedder="e", reader=None)


def test_the_setting_makes_the_confidence_decide(house, asking):
    usual = asking.ask(QUESTION)
    path = house.data_dir / CALIBRATION_FILE
    sure, unsure = usual.confidence - 0.01, usual.confidence + 0.01
    for threshold, abstains in [(sure, False), (unsure, True)]:
        curve = (OperatingPoint(threshold=threshold, answers=20, wrong=1),)
        save_calibration(replace(load_calibration(PACKAGED), curve=curve), path)
        try:
            settings = house.model_copy(update={"max_wrong": 0.1, "abstain_below": 0.0 if abstains else 1.0})
            with open_assistant(settings) as assistant:
                answer = assistant.ask(QUESTION)
        finally:
            path.unlink()
        assert (answer.abstention is not None) == abstains
        assert answer.confidence == usual.confidence
