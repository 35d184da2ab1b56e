"""Trains the reader, going on where it stopped: `python -m evals.reader --benchmarks DIR --work DIR`."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from assistant.embedding import packaged_folder
from assistant.environment import prepare_environment
from assistant.reader import FILE
from evals.reader.batches import draw_batches
from evals.reader.export import export_weights, load_learned
from evals.reader.network import load_packaged
from evals.reader.preparation import Prepared, prepare
from evals.reader.questions import TrainingSet, load_training_set
from evals.reader.training import Schedule, train

logger = logging.getLogger(__name__)

SEED = 20261124


def main() -> None:
    """Prepare what is learned from, unless that was done, and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, default=Path("../shared/benchmarks"))
    parser.add_argument("--work", type=Path, default=Path(".run/reader"))
    parser.add_argument("--steps", type=int, default=1970)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=170.0)
    parser.add_argument("--review-documents", type=int, nargs=2, default=(0, 800), metavar=("FIRST", "STOP"))
    parser.add_argument("--begin", type=Path, help="A reader's weights to go on from.")
    parser.add_argument("--learning-rate", type=float, default=1.2e-4)
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    prepare_environment()
    torch.set_num_threads(1)  # the loop keeps two threads busy with a batch each
    arguments.work.mkdir(parents=True, exist_ok=True)
    folder = packaged_folder()
    path = arguments.work / "prepared.pt"
    if not path.exists():
        found = load_training_set(arguments.benchmarks, review_documents=range(*arguments.review_documents))
        torch.save((found, prepare(found, folder)), path)
    training: TrainingSet
    prepared: Prepared
    training, prepared = torch.load(path, weights_only=False)  # written by the line above
    torch.manual_seed(SEED)
    packaged = load_file(folder / "model.safetensors")
    network = load_packaged(packaged)
    if arguments.begin:
        load_learned(network, arguments.begin, packaged)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    batches = draw_batches(training, prepared, tokenizer, seed=SEED, rounds=arguments.rounds)
    schedule = Schedule(steps=arguments.steps, minutes=arguments.minutes, learning_rate=arguments.learning_rate)
    train(network, batches, schedule=schedule, checkpoint=arguments.work / "checkpoint.pt")
    logger.info("wrote %s, SHA-256 %s", arguments.out, export_weights(network, packaged, arguments.out))


if __name__ == "__main__":
    main()
