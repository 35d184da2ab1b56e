"""The same documents ingested in another way give the same run."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evals.benches.variants import Variant, compare_variant, draw_variants
from evals.gate import Gate

FILES = [Path(name) for name in "abcdefg"]


@given(st.lists(st.sampled_from("abcdefghij"), min_size=1, unique=True), st.integers(0, 2**32))
def test_every_variant_ingests_every_file_once(names, seed):
    for variant in draw_variants([Path(name) for name in names], 3, seed=seed):
        assert sorted(str(file) for step in variant.steps for file in step) == sorted(names)
        assert all(variant.steps)


def test_variants_are_the_same_for_the_same_seed_and_differ_from_each_other():
    drawn = draw_variants(FILES, 20)
    assert drawn == draw_variants(FILES, 20)
    assert len({variant.describe() for variant in drawn}) > 15


def test_a_variant_is_named_by_its_steps_batch_and_threads():
    variant = Variant(steps=((FILES[0],), tuple(FILES[1:])), embedding_batch=8, threads=2)
    assert variant.describe() == "1+6 files, batch 8, threads 2"


def test_a_run_beside_itself_is_equal_and_passes(facts):
    run = facts.run(facts.judgement(1, answer=facts.answer()), facts.judgement(2))
    gate = Gate(path=Path("gate.toml"), tolerances={"answered right": 0.0}, floors={})
    varied = compare_variant(draw_variants(FILES, 1)[0], run, run, gate=gate)
    assert (varied.records, varied.differing, varied.otherwise_judged, varied.trips) == (2, 0, 0, ())
    assert varied.line().endswith("2 of 2 records equal, 0 judged otherwise, gate passes")


def test_another_signal_is_another_record_but_not_judged_otherwise(facts):
    before, after = (facts.run(facts.judgement(signal=signal)) for signal in (0.5, 0.5000001))
    gate = Gate(path=Path("gate.toml"), tolerances={}, floors={"answered right": 0.5})
    varied = compare_variant(draw_variants(FILES, 1)[0], before, after, gate=gate)
    assert (varied.differing, varied.otherwise_judged, len(varied.trips)) == (1, 0, 1)
    assert "gate fails: answered right: 0.0% is under its floor" in varied.line()
