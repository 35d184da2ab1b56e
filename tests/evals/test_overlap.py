"""What a question shares with its evidence."""

import json

import pytest

from evals.overlap import content_words, main, measure_overlap


def stems(text):
    return [word.stem for word in content_words(text)]


def test_stop_words_numbers_and_words_with_digits_are_no_content():
    assert stems("Which of the 13 founders met in 2025, three times, on Tianwen-1?") == [
        "founder",
        "met",
        "time",
        "tianwen",
    ]


def test_inflections_share_a_stem():
    assert measure_overlap("Who is founding it?", ["It was founded by them."]).shared == ("founding",)


def test_names_and_acronyms_are_not_counted():
    overlap = measure_overlap("Where does IDSEA meet in Hefei?", ["IDSEA has its seat in Hefei."])
    assert overlap.shared == ()
    assert overlap.names == ("IDSEA", "Hefei")


def test_a_name_that_opens_the_question_is_a_name_if_the_evidence_says_so():
    quote = "The station is called Tiangong."
    assert measure_overlap("Tiangong orbits how high?", [quote]).names == ("Tiangong",)
    assert measure_overlap("Station modules: how many?", [quote]).shared == ("Station",)


def test_part_of_a_name_written_as_a_plain_word_counts():
    quote = "It is the International Deep Space Exploration Association."
    assert measure_overlap("Which body deals with deep space?", [quote]).shared == ("deep", "space")


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_possessives_and_names_with_an_apostrophe_are_one_word(apostrophe):
    question = f"When did Chang{apostrophe}e fly for China{apostrophe}s agency?"
    assert [word.stem for word in content_words(question)] == ["chang'", "fli", "china", "agenc"]


def test_the_command_prints_each_question_and_the_total(tmp_path, capsys):
    gold = tmp_path / "gold.jsonl"
    row = {
        "id": "q1",
        "question": "Who pays?",
        "answerable": True,
        "evidence": [{"document": "a", "quote": "Funding."}],
    }
    gold.write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "q2", "answerable": False}))
    assert main([str(gold)]) == 0
    assert "1 of 1 answerable questions share no content word but names (100.0%)" in capsys.readouterr().out
