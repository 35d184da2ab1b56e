import json
import random
from dataclasses import replace

import pytest
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file
from tokenizers import Tokenizer

from assistant.acceleration import compile_model
from assistant.embedding import packaged_folder
from assistant.reader.graph import build_network
from assistant.reader.weights import load_reader_weights
from evals.reader.batches import draw_batches
from evals.reader.export import export_weights, load_learned
from evals.reader.network import load_packaged
from evals.reader.preparation import prepare
from evals.reader.questions import is_development, is_held_back, load_training_set, load_unseen
from evals.reader.training import Schedule, measure_losses, train
from evals.reader.wording import falsify, name_pools, reword

SETS = ("squad2_half", "nq_open_oracle", "ramdocs", "squadshifts_reddit", "squadshifts_amazon")
PLACES = ("Vell", "Brome", "Askar", "Tindra", "Lomma")


def article(number):
    """Find a title that falls into the part that is learned from."""
    titles = (f"{PLACES[number]} {serial}" for serial in range(1000))
    return next(title for title in titles if is_development(title) and not is_held_back(title))


@pytest.fixture(scope="module")
def benchmarks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    for name in SETS:
        rows = range(5) if name == "squad2_half" else ()
        documents = [
            {
                "id": f"d{n}",
                "title": article(n),
                "text": f"{PLACES[n]} is a port. Its bridge was built in {1900 + n} by Ada Brandt. It rains often.",
            }
            for n in rows
        ]
        questions = [
            {
                "question": f"When was the bridge of {PLACES[n]} {verb}?",
                "answers": [str(1900 + n)] if verb == "built" else [],
                "gold_docs": [f"d{n}"] if verb == "built" else [],
                "answerable": verb == "built",
                "meta": {"source_doc": f"d{n}"},
            }
            for n in rows
            for verb in ("built", "sold")
        ]
        (folder / name).mkdir()
        for file, lines in (("docs", documents), ("questions", questions)):
            (folder / name / f"{file}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def learned(benchmarks):
    training = load_training_set(benchmarks)
    return training, prepare(training, packaged_folder())


def batches(learned, rounds=40):
    tokenizer = Tokenizer.from_file(str(packaged_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    return draw_batches(*learned, tokenizer, seed=3, rounds=rounds)


def network():
    torch.manual_seed(5)
    return load_packaged(load_file(packaged_folder() / "model.safetensors"))


def test_the_graph_that_answers_computes_what_was_trained(tmp_path):
    packaged, trained = load_file(packaged_folder() / "model.safetensors"), network()
    with torch.no_grad():
        for parameter in trained.trained():
            parameter += 0.01 * torch.randn(parameter.shape)
    path = tmp_path / "reader.safetensors"
    sha256 = export_weights(trained, packaged, path)
    ids = torch.randint(1000, 20000, (2, 24), generator=torch.Generator().manual_seed(1))
    attended = torch.ones(2, 24, dtype=torch.bool)
    attended[1, 18:] = False
    types = torch.zeros(2, 24, dtype=torch.long)
    types[:, 9:] = 1
    with torch.no_grad():
        tokens, pair = trained(ids, types, attended)
    arrays = load_arrays(packaged_folder() / "model.safetensors")
    merged = load_reader_weights(path, sha256=sha256, packaged=arrays)
    graph = compile_model(build_network(merged), precision="f32", threads=1)
    made = graph({"ids": ids.numpy(), "types": types.numpy(), "mask": attended.float().numpy()})
    assert made[0][attended.numpy()] == pytest.approx(tokens[attended].numpy(), abs=0.02)
    assert made[1] == pytest.approx(pair.numpy(), abs=0.02)
    assert path.stat().st_size <= 12_000_000
    again = load_packaged(packaged)
    load_learned(again, path, packaged)
    with torch.no_grad():
        assert again(ids, types, attended)[1].numpy() == pytest.approx(pair.numpy(), abs=0.02)


def test_what_is_held_back_is_not_learned_from(benchmarks):
    training = load_training_set(benchmarks)
    assert len(training.questions) == 10
    assert all(is_development(p.text.splitlines()[0]) for p in training.passages)


def test_what_is_held_back_is_what_the_reader_is_measured_on(tmp_path):
    titles = (f"Vell {serial}" for serial in range(1000))
    kept = next(title for title in titles if is_development(title) and is_held_back(title))
    folder = tmp_path / "squad2_half"
    folder.mkdir()
    for number, title in enumerate((kept, article(0))):
        document = {"id": f"d{number}", "title": title, "text": "Vell is a port. It rains."}
        question = {"question": "What is Vell?", "answers": ["a port"], "gold_docs": [f"d{number}"]}
        question |= {"answerable": True, "meta": {"source_doc": f"d{number}"}}
        for file, row in (("docs", document), ("questions", question)):
            with (folder / f"{file}.jsonl").open("a") as lines:
                lines.write(json.dumps(row) + "\n")
    ((question, passage),) = load_unseen(tmp_path, test=False)
    assert question.answers == ("a port",)
    assert passage.text.startswith(f"{kept}\n")
    assert load_unseen(tmp_path, test=True) == []


def test_negatives_hold_no_answer_and_the_trap_comes_first(learned):
    training, prepared = learned
    for question, positives, negatives in zip(training.questions, prepared.positives, prepared.negatives, strict=True):
        held = [training.passages[number].text for number in negatives]
        assert not any(answer in text for answer in question.answers for text in held)
        assert bool(positives) == bool(question.answers)
        if question.traps:
            assert training.passages[negatives[0]].document_id == question.traps[0]


def test_targets_mark_the_answer_and_its_sentence(learned):
    for batch in batches(learned, rounds=1):
        assert batch.starts.any(1).tolist() == batch.holds.tolist()
        assert batch.starts.sum() == batch.ends.sum() == batch.sentence_right.sum() == batch.holds.sum()


@pytest.mark.slow
def test_training_learns_and_goes_on_where_it_stopped(learned, tmp_path):
    trained, batch = network(), next(batches(learned))
    before = sum(float(loss.detach()) for loss in measure_losses(trained.eval(), batch).values())
    for steps in (4, 10):
        trained = network()
        schedule = Schedule(steps=steps, minutes=5.0, learning_rate=3e-4)
        train(trained, batches(learned), schedule=schedule, checkpoint=tmp_path / "checkpoint.pt")
        assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == steps
    after = sum(float(loss.detach()) for loss in measure_losses(trained.eval(), batch).values())
    assert after < 0.8 * before


def test_rewording_takes_shared_words_and_leaves_names():
    said = {
        reword("When did Vell open the bridge?", "Vell opened a bridge.", {"bridge": ["viaduct"]}, random.Random(seed))
        for seed in range(30)
    }
    assert any("viaduct" in text for text in said)
    assert any("open" not in text.split() for text in said)
    assert all("Vell" in text and "When" in text for text in said)


def test_a_false_question_has_another_name_or_number_of_the_same_shape(learned):
    training, _ = learned
    pools = name_pools([*training.questions, replace(training.questions[0], text="Who led it in 1904, or in 1907?")])
    said = {
        falsify("Was Vell built in 1904 by Ada Brandt?", "Vell was built in 1904.", pools, random.Random(seed))
        for seed in range(20)
    }
    assert said == {f"Was {place} built in 1904 by Ada Brandt?" for place in PLACES[1:]} | {
        "Was Vell built in 1907 by Ada Brandt?"
    }
    assert falsify("Was it sold?", "It was sold.", pools, random.Random(1)) is None
