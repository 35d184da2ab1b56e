from dataclasses import fields, replace

import pytest

from assistant.explanation import PASSAGE_COLUMNS, SENTENCE_COLUMNS, explain_passages, explain_sentences
from assistant.signals import SentenceSignals, Signals
from assistant.types import AnswerSentence, Chunk, Passage, Support

PLACE = "document, page, section"
CHUNK = Chunk(
    id="c", digest="d", ordinal=0, start=5, end=10, text="Rain.", context="", page=None, section=("On rain", "Spring")
)
ADAPTIVE = Signals(dense=0.5, lexical=2.25, lexical_scaled=1.1, sentence=0.625, coverage=1.0, pairs=0.0, fused=0.4)
PASSAGE = Passage(document_id="a.md", title="On rain", chunk=CHUNK, rank=1, score=1.0, signals=ADAPTIVE)
SENTENCE = AnswerSentence(
    text="Rain fell.",
    citations=(1,),
    support=Support.VERBATIM,
    signals=SentenceSignals(score=9.5, passage_rank=2, cosine=0.5, coverage=0.75, answer_type=-1.0, reader=1.25),
)


def column(explanation, heading):
    return [row[explanation.headings.index(heading)] for row in explanation.rows]


def test_a_passage_has_a_column_for_each_signal_that_ranked_it():
    found = explain_passages([PASSAGE])
    assert found.headings == (
        "rank", "score", "meaning", "sentence", "words", "pairs", "held", "sum", PLACE,
    )  # fmt: skip
    assert found.rows == (
        ("1", "1.000", "0.500", "0.625", "2.250", "0.000", "1.000", "0.400", "a.md · Spring"),
    )  # fmt: skip


def test_the_legend_is_one_line_that_names_each_column_of_figures():
    found = explain_passages([PASSAGE])
    assert "\n" not in found.legend
    assert [part.partition(":")[0] for part in found.legend.split(" · ")] == list(found.headings[1:-1])


def test_a_signal_that_one_passage_lacks_is_a_dash_and_one_that_all_lack_no_column():
    wordless = replace(PASSAGE, rank=2, score=0.5, signals=replace(ADAPTIVE, lexical=None))
    assert column(explain_passages([PASSAGE, wordless]), "words") == ["2.250", "–"]
    assert "words" not in explain_passages([wordless]).headings


def test_scores_of_min_max_are_not_called_a_sum_of_what_they_did_not_look_at():
    found = explain_passages([replace(PASSAGE, signals=Signals(dense=0.5, lexical=2.0, fused=1.0))])
    assert found.headings == ("rank", "score", "meaning", "words", PLACE)
    assert found.legend.startswith("score: meaning and words, each stretched")


def test_ranks_that_do_not_follow_the_scores_are_explained():
    other = replace(PASSAGE, rank=2, score=0.5)
    assert "in turn" not in explain_passages([PASSAGE, other]).legend
    assert (
        "in turn; figures compare within each"
        in explain_passages([PASSAGE, other, replace(PASSAGE, rank=3, score=0.75)]).legend
    )


@pytest.mark.parametrize(
    ("page", "section", "where"),
    [(3, ("Spring",), "a.md · page 3 · Spring"), (3, (), "a.md · page 3"), (None, (), "a.md · characters 5–10")],
)
def test_a_passage_says_where_it_stands(page, section, where):
    passage = replace(PASSAGE, chunk=replace(CHUNK, page=page, section=section))
    assert column(explain_passages([passage]), PLACE) == [where]


def test_no_passages_are_an_empty_table():
    assert explain_passages([]).rows == ()


def test_a_sentence_says_why_it_was_chosen():
    found = explain_sentences([SENTENCE])
    assert found.headings == ("sentence", "score", "meaning", "held", "read", "kind", "passage", "text")
    assert found.rows == (("[1]", "9.500", "0.500", "0.750", "1.250", "no", "2", "Rain fell."),)
    assert "–:" not in found.legend


def test_a_sentence_that_was_not_weighed_has_dashes_and_the_legend_says_why():
    found = explain_sentences([SENTENCE, replace(SENTENCE, citations=(2,), signals=None)])
    assert found.rows[1] == ("[2]", "–", "–", "–", "–", "–", "–", "Rain fell.")
    assert "–: taken along with another sentence" in found.legend


@pytest.mark.parametrize(
    ("columns", "signals", "said_otherwise"),
    [(PASSAGE_COLUMNS, Signals, {"lexical_scaled"}), (SENTENCE_COLUMNS, SentenceSignals, {"score", "passage_rank"})],
)
def test_every_signal_is_explained(columns, signals, said_otherwise):
    assert {one.name for one in columns} | said_otherwise == {field.name for field in fields(signals)}
