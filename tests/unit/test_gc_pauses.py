"""The recording of the garbage collector's pauses, and of the objects that trigger it."""

import gc
import weakref

import limits
import pytest
from helpers import run_python

import pooled
from pooled._gc import pauses, python_recorder


@pytest.fixture(autouse=True, params=["C", "Python"])
def only_collections_of_the_test(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.setattr(pauses, "Recorder", python_recorder.Recorder)
    elif not pauses.IS_UNSEEN:
        limits.skip("pooled._gc.recorder")
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_pauses_by_generation():
    with pooled.record_gc() as recording:
        assert recording.is_running
        for generation in (0, 1, 2, 2):
            gc.collect(generation)
    assert not recording.is_running
    pauses = recording.pauses
    assert sum(each.count for each in pauses.values()) == 4
    full = pauses[2]
    assert isinstance(full, pooled.GcPauses)
    assert full.count == (4 if limits.FREE_THREADED else 2)
    assert 0 < full.p50 <= full.p99 <= full.longest <= full.seconds
    assert sum(count for _, count in full.histogram) == full.count
    bounds = [bound for bound, _ in full.histogram]
    assert bounds == sorted(bounds)
    assert full.longest <= bounds[-1] < max(5e-6, 5 * full.longest)
    gc.collect()
    assert recording.pauses == pauses


def test_there_is_nothing_before_a_collection():
    with pooled.record_gc() as recording:
        pass
    assert set(recording.pauses.values()) == {pooled.GcPauses()}
    assert recording.types == {}


def test_two_recordings_and_their_callbacks():
    before = list(gc.callbacks)
    first, second = pooled.record_gc(), pooled.record_gc()
    assert isinstance(first, pooled.GcRecording)
    assert len(gc.callbacks) == len(before) + 2
    first.stop()
    first.stop()
    gc.collect()
    assert [each.pauses[2].count for each in (first, second)] == [0, 1]
    gc.callbacks[:] = before  # like a program that removes unknown callbacks
    second.stop()
    assert gc.callbacks == before


@limits.skip_if("no-young-objects")
def test_the_types_that_woke_the_collector():
    class Meta(type):
        def __hash__(cls):
            raise AssertionError

        __module__ = property(lambda cls: 1 / 0)

    class Node(metaclass=Meta):
        pass

    nodes = [Node() for _ in range(3_000)]
    watched = weakref.ref(nodes[0])
    with pooled.record_gc() as recording:
        gc.collect(0)
    name, count = next(iter(recording.types.items()))
    assert name.endswith("Node")
    assert 2_000 <= count <= 4_000
    del nodes
    assert watched() is None


def test_a_recording_may_go_on_at_exit():
    code = "import gc, pooled; recording = pooled.record_gc(); gc.collect(); assert recording.pauses[2].count"
    assert run_python(code) == (0, "")
