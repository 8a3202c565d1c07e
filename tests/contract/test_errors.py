"""Contract line 6: errors of hooks go to `sys.unraisablehook`, never to the code that dropped the object."""

import sys

import limits
import pytest


def faulty(pooled, **methods):
    """A class with the given function as `reset` or `capacity`."""
    hooks = {name: name for name in ("reset", "capacity") if name in methods}
    return pooled.poolable(**hooks)(type("Faulty", (), methods))


def raising(error):
    def method(self):
        raise error

    return method


@pytest.mark.needs_pool
@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt("no"), RecursionError("no"), SystemExit("no")])
@pytest.mark.parametrize("method", ["reset", "capacity"])
def test_an_error_goes_to_the_hook_and_the_object_is_discarded(pooled, unraisable, method, error):
    cls = faulty(pooled, **{method: raising(error)})
    obj = cls()
    del obj
    stats = pooled.pool_of(cls).stats()
    assert (stats.discarded_error, stats.parked) == (1, 0)
    assert unraisable == [f"{type(error).__name__}: no"]


@limits.skip_if("no-pool")
def test_the_hook_is_told_what_happened(pooled, monkeypatch):
    notes = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: notes.extend(args.exc_value.__notes__))
    cls = faulty(pooled, reset=raising(ValueError("no")))
    cls()
    assert len(notes) == 1
    assert "Faulty" in notes[0]


@pytest.mark.needs_pool
@pytest.mark.parametrize("answer", ["large", None, 1.5])
def test_a_capacity_that_is_no_number_is_an_error(pooled, unraisable, answer):
    cls = faulty(pooled, capacity=lambda self: answer)
    cls()
    assert pooled.pool_of(cls).stats().discarded_error == 1
    assert unraisable[0].startswith("TypeError")


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    ("answer", "kept"), [(False, False), (True, True), (None, True), (0, True), ("", True), (NotImplemented, True)]
)
def test_only_false_means_do_not_keep_me(pooled, answer, kept):
    cls = faulty(pooled, reset=lambda self: answer)
    cls()
    stats = pooled.pool_of(cls).stats()
    assert (stats.recycled, stats.discarded_refused) == ((1, 0) if kept else (0, 1))


@limits.skip_if("no-pool")
def test_an_error_being_handled_stays_as_it_is(pooled, unraisable):
    cls = faulty(pooled, reset=raising(ValueError("no")))
    obj = cls()
    with pytest.raises(KeyError) as caught:
        try:
            raise KeyError("mine")
        except KeyError:
            del obj
            assert sys.exc_info()[0] is KeyError
            raise
    assert caught.value.__context__ is None
    assert unraisable == ["ValueError: no"]


@limits.skip_if("no-pool")
def test_an_error_on_its_way_out_drops_its_objects_and_arrives(pooled, unraisable):
    cls = faulty(pooled, reset=raising(ValueError("no")))

    def work():
        obj = cls()
        return [][0], obj

    with pytest.raises(IndexError):
        work()
    assert unraisable == ["ValueError: no"]


def test_the_discarded_object_dies(pooled, unraisable):
    died = []
    cls = faulty(pooled, reset=lambda self: 1 / 0, __del__=lambda self: died.append(1))
    cls()
    assert died == [1]


@pytest.mark.needs_pool
def test_a_pool_works_on_after_errors(pooled, unraisable):
    trouble = [True]

    @pooled.poolable(reset="reset")
    class Moody:
        def reset(self):
            if trouble[0]:
                raise ValueError("no")

    Moody()
    trouble[0] = False
    Moody()
    Moody()
    stats = pooled.pool_of(Moody).stats()
    assert (stats.discarded_error, stats.recycled, stats.hits, stats.live) == (1, 2, 1, 0)


@limits.skip_if("no-pool")
def test_functions_given_to_the_decorator(pooled, unraisable):
    @pooled.poolable(reset=raising(ValueError("no")))
    class Thing: ...

    @pooled.poolable(capacity=lambda obj: obj.missing)
    class Other: ...

    Thing()
    Other()
    assert [line.partition(":")[0] for line in unraisable] == ["ValueError", "AttributeError"]
