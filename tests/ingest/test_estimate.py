"""The estimate of the time that is left."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.estimate import Estimate


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_nothing_is_said_before_anything_is_done():
    assert Estimate(10, clock=Clock()).remaining_seconds() is None


def test_it_counts_down_between_two_steps():
    clock = Clock()
    estimate = Estimate(10, clock=clock)
    clock.now += 2
    estimate.advance(1)
    assert estimate.remaining_seconds() == 18
    clock.now += 5
    assert estimate.remaining_seconds() == 13
    clock.now += 50
    assert estimate.remaining_seconds() == 0


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.1, 10)), min_size=1, max_size=30))
def test_it_converges_whatever_the_speed(steps):
    clock = Clock()
    estimate = Estimate(sum(work for work, _ in steps), clock=clock)
    passed, done = 0.0, 0
    for work, seconds in steps:
        clock.now += seconds
        passed, done = passed + seconds, done + work
        estimate.advance(work)
        left = sum(work for work, _ in steps) - done
        assert abs(estimate.remaining_seconds() - passed * left / done) < 1e-6
    assert estimate.remaining_seconds() == 0
