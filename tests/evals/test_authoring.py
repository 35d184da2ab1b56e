"""Questions are added whole or not at all, and confirmed by their ids."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.serialization import answer_to_json, to_json_text
from evals.authoring import (
    Draft,
    Quoted,
    add_question,
    choose_split,
    confirm_questions,
    find_unconfirmed,
    make_id,
    read_answer,
)
from evals.errors import AnswerFileInvalid, GoldSetInvalid, QuestionExists, QuestionNotFound
from evals.gold import Selection, load_gold


def draft(question="Who wrote the first program?", **changes):
    fields = {"answers": ("Ada",), "answerable": True, "evidence": (Quoted(document="a.md", quote="Ada wrote"),)}
    return Draft(question=question, **(fields | changes))


def test_a_question_is_added_unconfirmed_and_left_out_of_runs(maker, tmp_path):
    path = tmp_path / "new" / "gold.jsonl"
    added = add_question(path, draft(tags=("facts",)), documents=maker.documents)
    assert (added.id, added.tags) == ("who-wrote-first-program", ("facts", "unconfirmed"))
    assert load_gold(path, documents=maker.documents) == (added,)
    assert not Selection().holds(added)
    assert Selection(confirmed_only=False).holds(added)
    assert find_unconfirmed([added]) == (added,)
    assert [one.name for one in path.parent.iterdir()] == ["gold.jsonl"]


def test_what_the_file_holds_stays_byte_for_byte(maker, write_gold):
    path = write_gold({}, "", {"id": "second"})
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    before = path.read_bytes()
    add_question(path, draft(), documents=maker.documents)
    assert path.read_bytes().startswith(before + b"\n{")


def test_every_fault_is_named_and_nothing_is_written(maker, write_gold):
    path = write_gold({})
    before = path.read_bytes()
    evidence = (Quoted(document="a.md", quote="Eve wrote"), Quoted(document="z.md", quote=None))
    with pytest.raises(GoldSetInvalid, match="2 faults") as caught:
        add_question(path, draft(evidence=evidence), documents=maker.documents)
    assert [fault.split(": ")[0] for fault in caught.value.faults] == [
        "line 2, evidence.0.quote", "line 2, evidence.1.document",
    ]  # fmt: skip
    assert path.read_bytes() == before


def test_what_is_no_text_is_a_fault(maker, tmp_path):
    with pytest.raises(GoldSetInvalid, match="line 1"):
        add_question(tmp_path / "gold.jsonl", draft("Who \udcff?"), documents=maker.documents)


def test_the_same_words_are_refused_by_name_but_not_those_of_a_follow_up(maker, write_gold):
    follow_up = {"question": "And when?", "history": [{"question": "Who?", "answer": "Ada."}]}
    path = write_gold({"question": "Who wrote it?"}, follow_up)
    with pytest.raises(QuestionExists, match="'q1' on line 1"):
        add_question(path, draft("WHO wrote  it"), documents=maker.documents)
    assert add_question(path, draft("And when?"), documents=maker.documents).id == "and-when"


def test_ids_are_readable_and_never_taken():
    assert make_id("What is the name of the ship?", taken=[]) == "what-is-name-of-ship"
    assert make_id("What is the name of the ship?", taken=["what-is-name-of-ship", "what-is-name-of-ship-2"]).endswith(
        "-3"
    )
    assert make_id("¿?", taken=[]) == "question"
    assert make_id("何ですか", taken=[]) == "何ですか"


@given(st.text(), st.sets(st.text(max_size=8), max_size=5))
def test_an_id_is_new_and_the_same_for_the_same_question(question, taken):
    made = make_id(question, taken=taken)
    assert made == make_id(question, taken=taken)
    assert made
    assert made not in taken
    assert make_id(question, taken=taken | {made}) not in taken | {made}


def test_the_halves_stay_about_equal():
    splits = [choose_split(f"What is thing number {number}?") for number in range(1000)]
    assert 440 < splits.count("dev") < 560
    assert choose_split("Who?") == choose_split("Who?")


def test_confirming_takes_the_mark_off_and_leaves_the_other_lines(maker, write_gold):
    path = write_gold({}, {"tags": ["facts", "unconfirmed"]}, {"tags": ["unconfirmed"]})
    lines = path.read_bytes().split(b"\n")
    confirm_questions(path, ["q2"], documents=maker.documents)
    after = path.read_bytes().split(b"\n")
    assert (after[0], after[2:]) == (lines[0], lines[2:])
    assert json.loads(after[1]) == json.loads(lines[1]) | {"tags": ["facts"]}
    with pytest.raises(QuestionNotFound, match=r"'q2' is no unconfirmed question .* These are: q3\."):
        confirm_questions(path, ["q3", "q2"], documents=maker.documents)
    assert path.read_bytes().split(b"\n") == after


def test_an_answer_becomes_a_question_with_its_citations_as_evidence(maker):
    answer = maker.answer("Who?", maker.citation("a.md", "Ada wrote"), maker.citation("a.md", "Ada wrote", marker=2))
    given_answer = read_answer(to_json_text(answer_to_json(answer)).encode(), name="answer.json")
    assert given_answer.question == "Who?"
    assert given_answer.answer == answer.text
    assert given_answer.evidence == (Quoted(document="a.md", quote="Ada wrote"),)


def test_an_abstention_has_no_answer(maker):
    content = to_json_text(answer_to_json(maker.abstention("Why?"))).encode()
    assert read_answer(content, name="-").answer is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": 2}', b"\xff", b"[" * 100_000])
def test_what_is_no_answer_is_a_named_error(content):
    with pytest.raises(AnswerFileInvalid, match=r"'x\.json' holds no answer"):
        read_answer(content, name="x.json")
