"""What a gold set consists of."""

from evals.census import count_questions, tabulate_counts


def test_questions_are_counted_by_split_and_kind(maker):
    questions = [
        maker.question(id="a", evidence=[maker.evidence("a.md", "Ada")]),
        maker.question(id="b", split="test", tags=("facts", "unconfirmed")),
        maker.unanswerable(id="c", tags=()),
    ]
    counts = count_questions(questions)
    assert list(counts) == ["all", "split dev", "split test", "dev facts", "dev untagged", "test facts"]
    assert counts["all"].to_json() == {
        "questions": 3, "answerable": 2, "unanswerable": 1, "without_evidence": 1, "follow_ups": 0, "unconfirmed": 1,
    }  # fmt: skip
    assert tabulate_counts(counts).rows[0] == ("all", "3", "2", "1", "1", "0", "1")
