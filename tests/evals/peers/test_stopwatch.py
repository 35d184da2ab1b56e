"""Stages don't count twice, and wrapped methods do what they did."""

import threading

import pytest

from evals.peers.stopwatch import MemoryWatch, Stopwatch, peak_mib


class Clock:
    """Tells the time that it is set to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Engine:
    """Something that is measured."""

    def __init__(self, clock):
        self.clock = clock

    def write(self, texts, *, seconds):
        self.clock.now += seconds
        return self.embed(texts)

    def embed(self, texts):
        self.clock.now += len(texts)
        return [text.upper() for text in texts]


@pytest.fixture
def clock():
    return Clock()


def test_an_inner_stage_stops_the_outer_one(clock):
    class Measured(Engine):
        pass

    watch = Stopwatch(clock=clock)
    watch.wrap(Measured, "write", stage="write")
    watch.wrap_embedding(Measured, "embed")
    assert Measured(clock).write(["a", "b", "c"], seconds=2) == ["A", "B", "C"]
    assert watch.seconds == {"write": 2.0, "embed": 3.0}
    assert watch.embedded == ["a", "b", "c"]


def test_what_another_thread_embeds_hides_the_stages_that_run_meanwhile(clock):
    watch, began, go_on = Stopwatch(clock=clock), threading.Event(), threading.Event()

    class Measured:
        def embed(self, texts):
            began.set()
            go_on.wait()
            return texts

    watch.wrap_embedding(Measured, "embed")
    thread = threading.Thread(target=Measured().embed, args=(["a"],))
    with watch.stage("chunk"):
        clock.now += 1
        thread.start()
        began.wait()
        clock.now += 10  # The model works meanwhile.
        go_on.set()
        thread.join()
        clock.now += 2
    assert watch.seconds == {"chunk": 3.0, "embed": 10.0}


def test_nothing_is_noted_once_questions_are_asked(clock):
    class Measured(Engine):
        pass

    watch = Stopwatch(clock=clock)
    watch.wrap_embedding(Measured, "embed")
    watch.recording = False
    assert Measured(clock).embed(["a"]) == ["A"]
    assert (watch.seconds, watch.embedded) == ({}, [])


def test_the_wait_for_each_item_counts(clock):
    def slow():
        for item in range(3):
            clock.now += 5
            yield item

    watch = Stopwatch(clock=clock)
    for _ in watch.each(slow(), stage="parse"):
        clock.now += 100
    assert watch.seconds == {"parse": 15.0}


def test_a_stage_that_fails_is_ended(clock):
    watch = Stopwatch(clock=clock)
    with pytest.raises(KeyError), watch.stage("read"):
        clock.now = 4
        raise KeyError
    with watch.stage("write"):
        clock.now = 5
    assert watch.seconds == {"read": 4.0, "write": 1.0}


def test_memory_is_seen():
    if peak_mib() is None:
        pytest.skip("this system does not tell how much memory a process holds")
    memory = MemoryWatch()
    held = bytearray(1 << 20)
    while memory.peak_with_children_mib is None:
        assert held is not None
    memory.stop()
    assert peak_mib() > 1
    assert memory.peak_with_children_mib > 1
