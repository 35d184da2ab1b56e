"""The training loop: a step's batches on threads of one core each, a checkpoint every so often."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from evals.reader.batches import Batch
from evals.reader.network import Network

logger = logging.getLogger(__name__)

_BATCHES_A_STEP = 2
_REPORT_EVERY, _SAVE_EVERY = 20, 100
_WARM_UP = 0.06
_WEIGHTS = {"span": 1.0, "answers": 0.5, "relevant": 0.7, "sentence": 0.7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long to train."""

    steps: int
    minutes: float
    """The learning rate falls to 0 after so many steps or minutes, whichever comes first."""
    learning_rate: float


def train(network: Network, batches: Iterator[Batch], *, schedule: Schedule, checkpoint: Path) -> None:
    """Train layers and heads, going on from a checkpoint if there is one.

    Args:
        network: Changed in place.
        batches: The same ones in the same order at every start.
        schedule: How long, and how fast.
        checkpoint: Where progress is kept.
    """
    decayed = [parameter for parameter in network.trained() if parameter.dim() > 1]
    plain = [parameter for parameter in network.trained() if parameter.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        betas=(0.9, 0.98),
        fused=True,
    )
    step, spent = _resume(network, optimizer, checkpoint)
    for _ in range(step * _BATCHES_A_STEP):
        next(batches)
    network.train()
    began, sums, pairs = time.monotonic() - spent, dict.fromkeys(_WEIGHTS, 0.0), 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        while chosen := [batch for _, batch in zip(range(_BATCHES_A_STEP), batches, strict=False)]:
            progress = max(step / schedule.steps, (time.monotonic() - began) / 60 / schedule.minutes)
            if progress >= 1:
                break
            rate = schedule.learning_rate * min(1.0, (step + 1) / (_WARM_UP * schedule.steps)) * (1 - progress)
            done = list(pool.map(lambda batch: _gradients(network, batch), chosen))
            _apply(network, optimizer, [gradients for _, gradients in done], rate=rate)
            step += 1
            pairs += sum(len(batch.holds) for batch in chosen)
            for losses, _ in done:
                for name, value in losses.items():
                    sums[name] += value / _BATCHES_A_STEP / _REPORT_EVERY
            if step % _REPORT_EVERY == 0:
                logger.info(
                    "step %d, %.1f min, %d pairs, %s", step, (time.monotonic() - began) / 60, pairs,
                    " ".join(f"{name} {value:.3f}" for name, value in sums.items()),
                )  # fmt: skip
                sums = dict.fromkeys(sums, 0.0)
            if step % _SAVE_EVERY == 0:
                _save(network, optimizer, checkpoint, step=step, spent=time.monotonic() - began)
    _save(network, optimizer, checkpoint, step=step, spent=time.monotonic() - began)
    logger.info("finished after %d steps, %d pairs", step, pairs)


def _gradients(network: Network, batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
    losses = measure_losses(network, batch)
    total = sum((_WEIGHTS[name] * loss for name, loss in losses.items()), torch.zeros(()))
    gradients = torch.autograd.grad(total, list(network.trained()))
    return {name: loss.item() for name, loss in losses.items()}, list(gradients)


def _apply(
    network: Network, optimizer: torch.optim.Optimizer, done: Sequence[Sequence[Tensor]], *, rate: float
) -> None:
    for at, parameter in enumerate(network.trained()):
        parameter.grad = torch.stack([gradients[at] for gradients in done]).mean(0)
    torch.nn.utils.clip_grad_norm_(network.trained(), 1.0)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()


def measure_losses(network: Network, batch: Batch) -> dict[str, Tensor]:
    """Measure what is learned: the span or its absence, whether a passage answers, which one does, which sentence."""
    tokens, pair = network(batch.ids, batch.types, batch.attended)
    null = tokens[:, 0]
    spans = [_span_loss(null[:, at], tokens[..., at], mark, batch) for at, mark in ((0, batch.starts), (1, batch.ends))]
    answers = torch.nn.functional.binary_cross_entropy_with_logits(pair[:, 0], batch.holds.float())
    return {
        "span": (spans[0] + spans[1]) / 2,
        "answers": answers,
        "relevant": _listwise(pair[:, 1], batch.group, batch.holds),
        "sentence": _listwise(pool_sentences(tokens[..., 2], batch), batch.sentence_group, batch.sentence_right),
    }


def pool_sentences(scores: Tensor, batch: Batch) -> Tensor:
    """Average token scores over each sentence."""
    inside = batch.sentences >= 0
    numbers, size = batch.sentences[inside], len(batch.sentence_group)
    sums = torch.zeros(size).index_add(0, numbers, scores[inside])
    counts = torch.zeros(size).index_add(0, numbers, torch.ones(len(numbers)))
    return sums / counts.clamp(min=1)


def _span_loss(null: Tensor, scores: Tensor, marked: Tensor, batch: Batch) -> Tensor:
    options = torch.cat([null[:, None], scores.masked_fill(~batch.body, -math.inf)], dim=1)
    right = torch.cat([~batch.holds[:, None], marked], dim=1)
    known = right.any(1)
    if not known.any():
        return scores.sum() * 0
    options, right = options[known], right[known]  # a row without a target would make its gradient NaN
    return (options.logsumexp(1) - options.masked_fill(~right, -math.inf).logsumexp(1)).mean()


def _listwise(scores: Tensor, group: Tensor, right: Tensor) -> Tensor:
    losses = []
    for number in sorted(set(group.tolist())):
        mine = group == number
        hits = mine & right
        if hits.any() and not bool((hits == mine).all()):
            losses.append(scores[mine].logsumexp(0) - scores[hits].logsumexp(0))
    return torch.stack(losses).mean() if losses else scores.sum() * 0


def _save(network: Network, optimizer: torch.optim.Optimizer, path: Path, *, step: int, spent: float) -> None:
    made = path.with_suffix(".tmp")
    torch.save(
        {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "spent": spent}, made
    )
    made.replace(path)


def _resume(network: Network, optimizer: torch.optim.Optimizer, path: Path) -> tuple[int, float]:
    if not path.exists():
        return 0, 0.0
    kept = torch.load(path, weights_only=True)
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    logger.info("going on from step %d", kept["step"])
    return int(kept["step"]), float(kept["spent"])
