"""Which difference between two runs a set of this size can show."""

from __future__ import annotations

import math

FLIPPING = 0.1
"""The share of questions assumed to flip in one direction or the other between two runs."""
_CONFIDENT = 1.959964
_POWER = 0.841621
"""Normal quantiles: a two-sided 95 % interval, seen in 4 of 5 comparisons."""


def smallest_difference(n: int, *, flipping: float = FLIPPING) -> float:
    """Compute the smallest change of a share that a paired comparison of `n` questions is likely to show.

    Args:
        n: Questions, at least 1.
        flipping: The share of them whose outcome changes in either direction; more if the change itself is greater.

    Returns:
        A difference in 0..1 that lies outside the noise in four of five comparisons; 1 where none would.

    Source: Connor, "Sample Size for Testing Differences in Proportions for the Paired-Sample Design", Biometrics 1987.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _is_shown(middle, n=n, flipping=flipping) else (middle, high)
    return high


def _is_shown(difference: float, *, n: int, flipping: float) -> bool:
    flips = max(flipping, difference)
    needed = _CONFIDENT * math.sqrt(flips) + _POWER * math.sqrt(max(flips - difference**2, 0.0))
    return math.sqrt(n) * difference >= needed
