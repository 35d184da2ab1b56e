"""Every failed question comes with what is needed to see why."""

from dataclasses import replace

from evals.facts import Diagnosis
from evals.folder import load_passages, load_run, write_baseline
from evals.report.failures import find_failures


def failures_of(folder):
    found = find_failures(load_run(folder).records, load_passages(folder))
    return {failure.id: failure for failure in found}


def test_every_failed_question_is_there_in_the_order_of_the_diagnoses(folder):
    found = failures_of(folder)
    assert {one: failure.diagnosis for one, failure in found.items()} == {
        "lost": Diagnosis.NOT_RETRIEVED,
        "unchosen": Diagnosis.NOT_CHOSEN,
        "chosen": Diagnosis.CHOSEN_BUT_WRONG,
        "shy": Diagnosis.WRONGLY_ABSTAINED,
        "bold": Diagnosis.WRONGLY_ANSWERED,
    }
    assert list(found) == ["lost", "unchosen", "chosen", "shy", "bold"]


def test_the_gold_quote_is_marked_where_a_passage_holds_it(folder):
    found = failures_of(folder)
    (passage,) = found["unchosen"].passages
    assert [piece.text for piece in passage.pieces if piece.gold] == ["Ada wrote the first program."]
    assert [piece.text for piece in passage.pieces if piece.cited] == ["It ran years later."]
    assert passage.holds_gold
    assert not found["lost"].passages[0].holds_gold


def test_the_rank_of_the_gold_is_that_of_retrieval_alone(folder):
    found = failures_of(folder)
    assert ([one.rank for one in found["lost"].gold], found["lost"].ranked) == ([2], 2)
    assert found["bold"].gold == ()


def test_what_was_expected_and_what_was_said(folder):
    found = failures_of(folder)
    assert found["chosen"].expected == (("1843",),)
    assert found["bold"].expected == ()
    assert (found["shy"].answer, found["shy"].reason) == (None, "No.")
    assert found["chosen"].citations[0].quote == "Ada wrote the first program."


def test_in_a_copy_of_the_document_the_quote_is_found_by_its_words(maker, write_folder):
    passage = replace(maker.passage("a.md", 0, 48), document_id="copy.md")
    question = maker.question("Shy?", id="shy", evidence=[maker.evidence("a.md", "It ran years later.")])
    found = failures_of(write_folder([question], {"Shy?": maker.abstention("Shy?", passages=[passage])}))
    assert [piece.text for piece in found["shy"].passages[0].pieces if piece.gold] == ["It ran years later."]


def test_the_title_is_not_said_again_as_the_first_heading(maker, write_folder):
    passage = maker.passage("a.md", 0, 48)
    passage = replace(passage, title="T", chunk=replace(passage.chunk, section=("T", "One", "T")))
    question = maker.question("Shy?", id="shy", evidence=[maker.evidence("a.md", "It ran years later.")])
    found = failures_of(write_folder([question], {"Shy?": maker.abstention("Shy?", passages=[passage])}))
    assert (found["shy"].passages[0].title, found["shy"].passages[0].section) == ("T", "One › T")


def test_a_run_that_was_stored_without_texts_still_has_its_failures(folder, tmp_path):
    write_baseline(load_run(folder), tmp_path / "slim")
    found = failures_of(tmp_path / "slim")
    assert set(found) == {"lost", "unchosen", "chosen", "shy", "bold"}
    assert all(failure.passages == () for failure in found.values())
