import hashlib

import numpy as np
import pytest
from safetensors.numpy import save_file

from assistant.calibration import open_calibration
from assistant.embedding import packaged_folder
from assistant.errors import ModelError
from assistant.indexing import open_index
from assistant.lexical import Lexical
from assistant.pipeline import Assistant
from assistant.reader import FILE, PackagedReader, Text
from assistant.reader.graph import HIDDEN
from assistant.reader.runtime import REMEMBERED
from assistant.reader.weights import STEPS
from assistant.sentences import split_sentences
from assistant.types import Method
from assistant.wiring import open_assistant

QUESTION = "Who designed the lighthouse?"
LIGHTHOUSE = "The lighthouse stands on the cape. Ada Brandt designed it in 1904. It is white."
BREAD = "The dough of rye bread rests for sixteen hours before it goes into the oven."


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights of the right shapes that know nothing."""
    chance = np.random.default_rng(7)
    made = {}
    for name, rows in (("tokens", 3), ("pair", 2)):
        made |= {f"{name}.weight": chance.normal(0, 0.05, (rows, HIDDEN)), f"{name}.bias": chance.normal(0, 0.05, rows)}
    made = {name: array.astype(np.float16) for name, array in made.items()}
    matrix = "encoder.layer.0.attention.self.query.weight"
    made[matrix] = chance.integers(-127, 128, (HIDDEN, HIDDEN), dtype=np.int8)
    made[matrix + STEPS] = np.full((HIDDEN, 1), 1e-4, dtype=np.float32)
    path = tmp_path_factory.mktemp("reader") / "reader.safetensors"
    save_file(made, path)
    return path


@pytest.fixture(scope="module")
def reader(weights):
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    return PackagedReader.from_folder(packaged_folder(), precision="f32", threads=1, weights=weights, sha256=sha256)


def as_text(passage, context="The cape"):
    move = len(context) + 1
    spans = [type(span)(start=span.start + move, end=span.end + move) for span in split_sentences(passage)]
    return Text(text=f"{context}\n{passage}", sentences=tuple(spans))


def scores(reading):
    told = [(sentence.score, sentence.span_score) for sentence in reading.sentences]
    return np.array([reading.answers, reading.relevant, *np.ravel(told)])


def forget(reader):
    """Read so much else that nothing of before is remembered."""
    reader.read("Which?", [as_text(f"{BREAD} {number}") for number in range(REMEMBERED)])


def test_weights_of_another_version_are_refused(weights):
    with pytest.raises(ModelError, match="not the ones of this version"):
        PackagedReader.from_folder(packaged_folder(), precision="f32", threads=1, weights=weights, sha256="0" * 64)


def test_a_passage_is_read_the_same_alone_and_among_others(reader):
    alone = reader.read(QUESTION, [as_text(LIGHTHOUSE)])[0]
    forget(reader)
    among = reader.read(QUESTION, [as_text(BREAD), as_text(LIGHTHOUSE), as_text(LIGHTHOUSE * 4)])[1]
    assert scores(among) == pytest.approx(scores(alone), abs=2e-3)


def test_what_was_read_last_is_remembered_and_nothing_else(reader):
    texts = [as_text(LIGHTHOUSE), as_text(BREAD)]
    forget(reader)
    first, again = reader.read(QUESTION, texts), reader.read(QUESTION, texts)
    assert all(one is other for one, other in zip(first, again, strict=True))
    forget(reader)
    assert reader.read(QUESTION, texts) == first
    assert reader.read(QUESTION, texts)[0] is not first[0]


def test_a_passage_is_read_anew_for_another_question(reader):
    text = as_text(LIGHTHOUSE)
    first, other = (reader.read(asked, [text])[0] for asked in (QUESTION, "How old is it?"))
    forget(reader)
    again = reader.read(QUESTION, [text])[0]
    assert scores(again) == pytest.approx(scores(first), abs=1e-4)
    assert np.abs(scores(other) - scores(first)).max() > 0.01


def test_an_answer_lies_within_its_sentence(reader):
    text = as_text(LIGHTHOUSE)
    for sentence, read in zip(text.sentences, reader.read(QUESTION, [text])[0].sentences, strict=True):
        assert sentence.start <= read.span.start < read.span.end <= sentence.end


def test_what_is_beyond_the_window_is_not_scored(reader):
    read = reader.read(QUESTION, [as_text(" ".join([LIGHTHOUSE] * 30))])[0].sentences
    assert read[0] is not None
    assert read[-1] is None


def test_nothing_to_read_is_no_reading(reader):
    assert reader.read(QUESTION, []) == []


@pytest.mark.parametrize("read", [True, False])
def test_an_answer_says_whether_the_reader_had_a_part_in_it(house, embedder, reader, read):
    with (
        open_index(house) as index,
        Assistant(
            settings=house,
            catalog=index.catalog,
            index=index,
            lexical=Lexical(index.catalog.reading),
            embedder=embedder,
            calibrated=open_calibration(house, embedder=embedder.fingerprint, reader=None),
            reader=reader if read else None,
        ) as assistant,
    ):
        answer = assistant.ask(QUESTION)
    assert answer.method is (Method.READ if read else Method.EXTRACTIVE)
    assert all((passage.signals.rerank is not None) == read for passage in answer.passages)
    assert [passage.rank for passage in answer.passages] == list(range(1, len(answer.passages) + 1))


def test_the_shipped_reader_finds_the_passage_and_the_sentence_that_answer():
    shipped = PackagedReader.from_folder(packaged_folder(), precision="f32", threads=1)
    right, wrong = shipped.read(QUESTION, [as_text(LIGHTHOUSE), as_text(BREAD)])
    assert right.relevant > wrong.relevant
    assert right.answers > wrong.answers
    assert max(range(3), key=lambda number: right.sentences[number].score) == 1
    assert FILE.stat().st_size <= 12_000_000


@pytest.mark.parametrize(("passages", "method"), [(8, Method.READ), (0, Method.EXTRACTIVE)])
def test_a_setting_turns_the_reader_off(house, passages, method):
    with open_assistant(house.model_copy(update={"read_passages": passages})) as assistant:
        assert assistant.ask(QUESTION).method is method


def test_a_longer_ranking_begins_as_a_shorter_one_and_only_its_head_is_read(house):
    with open_assistant(house.model_copy(update={"read_passages": 2})) as assistant:
        two, three, five = (assistant.search("the lighthouse and the harbour", top_k=k) for k in (2, 3, 5))
    assert [passage.chunk.id for passage in five[:2]] == [passage.chunk.id for passage in two]
    assert [passage.chunk.id for passage in five[:3]] == [passage.chunk.id for passage in three]
    assert [passage.rank for passage in five] == [1, 2, 3, 4, 5]
    assert sum(passage.signals.rerank is not None for passage in five) < 5
