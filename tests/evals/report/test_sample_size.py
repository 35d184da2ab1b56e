"""Which difference a set can show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.report.sample_size import smallest_difference


@given(st.integers(1, 5000))
def test_more_questions_show_smaller_differences(n):
    assert 0 < smallest_difference(n + 1) <= smallest_difference(n) <= 1


@pytest.mark.parametrize("n", [200, 400, 2000])
def test_the_difference_is_seen_in_about_four_of_five_simulated_comparisons(n):
    rng, flipping = np.random.default_rng(7), 0.1
    difference = smallest_difference(n, flipping=flipping)
    flips = max(flipping, difference)
    draws = rng.multinomial(n, [(flips + difference) / 2, (flips - difference) / 2, 1 - flips], size=4000)
    up, down = draws[:, 0], draws[:, 1]
    seen = np.abs(up - down) > 1.96 * np.sqrt(np.maximum(up + down, 1))
    assert 0.75 < seen.mean() < 0.87
