"""Short documents are cut from those of benchmarks, within their length and without a word changed."""

import json

from evals.benches.passages import cut_passages, draw_passages, write_passages
from evals.benchmarks.loading import load_benchmark

SENTENCES = [f"The {word} probe sent its first picture home." for word in ("red", "blue", "green", "grey", "black")]
TEXT = " ".join([*SENTENCES[:3], "A sentence of far too many words " * 5 + "stands here.", *SENTENCES[3:]])


def count_words(text):
    return len(text.split())


def make_set(folder):
    folder.mkdir()
    documents = [
        {"id": "d1", "title": "Probes", "text": TEXT},
        {"id": "d2", "title": "", "text": "Too short."},
        {"id": "d3", "title": "", "text": TEXT.replace(" ", "\x14 ")},
    ]
    questions = [
        {"id": f"q{at}", "question": "Which?", "answers": ["x"], "gold_docs": [gold], "answerable": True}
        for at, gold in enumerate(("d1", "d2"), start=1)
    ]
    for name, rows in (("docs", documents), ("questions", questions)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_benchmark(folder)


def test_passages_are_whole_sentences_that_follow_one_another_within_the_length(tmp_path):
    made = make_set(tmp_path / "set")
    found = list(cut_passages(made, count_tokens=count_words, tokens=range(15, 20)))
    assert [one.text for one in found] == [" ".join(SENTENCES[:2]), " ".join(SENTENCES[3:])]
    assert {(one.title, one.origin) for one in found} == {("Probes", "set/d1")}


def test_they_are_written_as_a_benchmark_with_the_questions_that_they_can_answer(tmp_path):
    made = make_set(tmp_path / "set")
    drawn = draw_passages([made, made], count=5, count_tokens=lambda text: 20 * count_words(text))
    assert len({one.text for one in drawn}) == len(drawn) == 5
    write_passages([made], tmp_path / "out", drawn=drawn)
    written = load_benchmark(tmp_path / "out")
    assert [document.text for document in written.documents] == SENTENCES
    (question,) = written.questions
    assert (question.id, set(question.grades)) == ("set/q1", {f"set/d1/{number}" for number in range(5)})
