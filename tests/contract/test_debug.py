"""The debug mode: live objects and where they were taken, and objects that are not clean when they are taken."""

import copy
import dataclasses
import gc
import inspect
import io
import os
import pickle
import sys
import threading
import time
import warnings
import weakref
from types import SimpleNamespace

import attrs
import limits
import pytest
from conftest import current, load
from field_kinds import warm
from helpers import on_another_thread, run_python


@pytest.fixture(scope="module")
def debugged(engine):
    """The package in debug mode, with the engine under test; every take is recorded."""
    with current(load(POOLED_ENGINE=engine, POOLED_DEBUG="1", POOLED_GC_TRIM="off")) as package:
        yield package


@pytest.fixture
def thing(debugged):
    """A class whose objects are scrubbed."""

    @debugged.poolable
    class Thing:
        def __init__(self, a=None):
            self.a = a

    return Thing


@pytest.fixture
def decoder(debugged):
    """A class with a `reset` that keeps parts of the object."""

    @debugged.poolable(reset="reset")
    class Decoder:
        def __init__(self):
            self.seen, self.rows, self.count = {}, [], 0

        def reset(self):
            self.seen.clear()
            self.rows.clear()
            self.count = 0

    return Decoder


def line_here():
    """The line of the caller."""
    return inspect.currentframe().f_back.f_lineno


def only(debugged, cls):
    (found,) = debugged.live(cls)
    return found


# Live objects.


WAYS_OUT = {
    "call": lambda debugged, cls, pool: (cls(), line_here()),
    "take": lambda debugged, cls, pool: (debugged.take(cls), line_here()),
    "take with a value": lambda debugged, cls, pool: (debugged.take(cls, a=5), line_here()),
    "pool": lambda debugged, cls, pool: (debugged.pool_of(cls).take(), line_here()),
    "second pool": lambda debugged, cls, pool: (pool.take(), line_here()),
    "blank": lambda debugged, cls, pool: (cls.__new__(cls), line_here()),
    "copy": lambda debugged, cls, pool: (copy.copy(debugged.orphan(cls, 1)), line_here()),
}


@pytest.mark.needs_pool
@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("park", [0, 1], ids=["new", "recycled"])
def test_each_way_to_take_an_object_records_its_line(debugged, thing, way, park):
    second = debugged.GlobalPool(thing)
    debugged.pool_of(thing).prefill(park)
    second.prefill(park)
    obj, line = WAYS_OUT[way](debugged, thing, second)
    found = only(debugged, thing)
    assert (found.lineno, found.filename, found.function) == (line, __file__, "<lambda>")
    del obj
    assert debugged.live(thing) == []


def test_where_nothing_is_parked_nothing_is_taken(debugged, thing):
    assert debugged.try_take(thing) is None
    assert debugged.live(thing) == []


@pytest.mark.needs_pool
def test_a_borrowed_object_is_out_for_the_length_of_the_block(debugged, thing):
    pool = debugged.pool_of(thing)
    with pool.borrow() as obj:
        line = line_here() - 1
        assert only(debugged, thing).lineno == line
        del obj
    pool.clear()
    assert debugged.live(thing) == []


@limits.skip_if("no-pool")
def test_what_is_unpickled_is_out(debugged, importable):
    @importable(debugged.poolable)
    class Thing:
        pass

    text = pickle.dumps(Thing())
    obj, line = pickle.loads(text), line_here()
    assert only(debugged, Thing).lineno == line


@limits.skip_if("no-pool")
def test_a_part_is_taken_where_the_object_is_made(debugged, thing):
    @attrs.define
    class ByAttrs:
        part: object = attrs.field(factory=thing)

    @dataclasses.dataclass
    class ByDataclass:
        part: object = dataclasses.field(default_factory=thing)

    for cls in (ByAttrs, ByDataclass):
        obj, line = cls(), line_here()
        found = only(debugged, thing)
        assert (found.filename, found.lineno) == (__file__, line)
        del obj


@limits.skip_if("no-pool")
def test_a_method_that_takes_for_itself_is_where_it_was_taken(debugged, thing):
    class Owner:
        def __init__(self):
            self.part = thing()

    owner = Owner()
    assert only(debugged, thing).function.endswith("Owner.__init__")


@pytest.mark.needs_pool
def test_a_record_tells_all_there_is_to_know(debugged):
    @debugged.poolable(scope="global")
    class Thing:
        pass

    before = time.monotonic()
    obj = on_another_thread(Thing)
    after = time.monotonic()
    found = only(debugged, Thing)
    assert isinstance(found, debugged.Live)
    assert found.cls is Thing
    assert (found.pool, found.scope) == (debugged.pool_of(Thing).name, "global")
    assert (found.thread, found.thread_id != threading.get_ident()) == ("other", True)
    assert before <= found.since <= after
    assert 0 <= found.seconds <= time.monotonic() - before
    assert str(found).startswith(f"{Thing.__qualname__} taken at {found.filename}:{found.lineno} in ")
    assert str(found).endswith(" s ago, on other")
    with pytest.raises(AttributeError):
        found.lineno = 5


@pytest.mark.needs_pool
def test_the_oldest_come_first_and_may_be_asked_for_by_class(debugged, thing, decoder):
    class Child(thing):
        pass

    kept = [cls() for cls in (thing, decoder, thing, Child)]
    mine = [found.cls for found in debugged.live() if found.cls in (thing, decoder, Child)]
    assert mine == [thing, decoder, thing], "a subclass is not poolable"
    assert [found.cls for found in debugged.live(thing)] == [thing, thing]
    assert debugged.live(Child) == []
    sinces = [found.since for found in debugged.live()]
    assert sinces == sorted(sinces)


@pytest.mark.needs_pool
def test_a_pool_of_a_function_is_named_with_what_it_makes(debugged):
    pool = debugged.GlobalPool(lambda: [1], reset=list.clear, name="lists of mine")
    obj, line = pool.take(), line_here()
    (found,) = (found for found in debugged.live(list) if found.pool == "lists of mine")
    assert (found.cls, found.lineno) == (list, line)
    del obj
    assert [found for found in debugged.live(list) if found.pool == "lists of mine"] == []


@pytest.mark.needs_pool
def test_the_next_owner_of_an_object_has_a_record_of_its_own(debugged, thing):
    obj = thing()
    del obj
    obj, line = thing(), line_here()
    assert debugged.pool_of(thing).stats().hits == 1
    assert only(debugged, thing).lineno == line


@pytest.mark.needs_pool
def test_records_keep_nothing_alive(debugged, thing):
    obj = thing()
    watch = weakref.ref(obj)
    records = debugged.live(thing)
    del obj
    assert watch() is None
    assert debugged.pool_of(thing).stats().recycled == 1
    assert debugged.live(thing) == []


@pytest.mark.needs_pool
@pytest.mark.usefixtures("mortal_classes")
def test_a_class_can_be_collected_with_its_objects(debugged):
    @debugged.poolable
    class Thing:
        pass

    Thing.first = Thing()
    watch = weakref.ref(Thing)
    assert len(debugged.live(Thing)) == 1
    before = len(debugged.live())
    del Thing
    gc.collect()
    assert watch() is None
    assert len(debugged.live()) < before


def refuse_in_init(self, a=None):
    raise ValueError("no")


def keep_self(kept):
    return lambda self: kept.append(self)


def a_cycle(debugged, cls):
    obj = cls()
    obj.me = obj
    del obj
    gc.collect()


def a_cycle_of_proxies(debugged, cls):
    pair = [cls()]
    pair.append(pair)
    del pair
    gc.collect()


def a_failing_init(debugged, cls):
    with pytest.raises(ZeroDivisionError):
        cls(1 / 0)
    cls.__init__ = refuse_in_init
    with pytest.raises(ValueError, match="no"):
        cls()


def other_class(debugged, cls):
    obj = cls()
    try:
        obj.__class__ = type("Child", (cls,), {"__slots__": ()})
    except TypeError:
        assert sys.version_info >= (3, 15), "it refuses that"
    del obj


WAYS = {
    "recycled": lambda debugged, cls: cls() and None,
    "taken and recycled": lambda debugged, cls: [cls(), cls.__new__(cls), debugged.take(cls)].clear(),
    "detached": lambda debugged, cls: debugged.detach(cls()) and None,
    "orphaned": lambda debugged, cls: debugged.orphan(cls) and None,
    "in a cycle": a_cycle,
    "in a cycle of others": a_cycle_of_proxies,
    "init that raises": a_failing_init,
    "assigned": lambda debugged, cls: debugged.assign(cls(), debugged.GlobalPool(cls)) and None,
    "of another class": other_class,
    "on another thread": lambda debugged, cls: on_another_thread(lambda: cls() and None),
    "prefilled": lambda debugged, cls: debugged.pool_of(cls).prefill(3),
    "cleared": lambda debugged, cls: (cls() and None) or debugged.pool_of(cls).clear(),
}


@pytest.mark.needs_pool
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", [{}, {"max": 0}, {"scope": "global"}], ids=str)
def test_what_is_gone_is_out_no_more_however_it_went(debugged, way, options):
    @debugged.poolable(**options)
    class Thing:
        def __init__(self, a=None):
            self.a = a

    kept = Thing()
    WAYS[way](debugged, Thing)
    assert len(debugged.live(Thing)) == 1
    if way != "of another class":  # a pool is not notified of its death
        assert debugged.pool_of(Thing).stats().live == 1
    assert only(debugged, Thing).function.endswith("test_what_is_gone_is_out_no_more_however_it_went")


@pytest.mark.needs_pool
@pytest.mark.parametrize("way", ["escaped", "refused", "error", "large"])
def test_what_its_reset_or_capacity_keeps_from_the_pool_is_out_no_more(debugged, unraisable, way):
    kept = []

    @debugged.poolable(max_cap=5, reset="reset", capacity="capacity")
    class Thing:
        def reset(self):
            return {"escaped": lambda: kept.append(self), "refused": bool, "error": lambda: 1 / 0}.get(way, list)()

        def capacity(self):
            return 10

    obj = Thing()
    assert len(debugged.live(Thing)) == 1
    del obj
    assert debugged.live(Thing) == []
    stats = debugged.pool_of(Thing).stats()
    assert (stats.live, stats.discarded + stats.escaped) == (0, 1)
    kept.clear()
    assert debugged.live(Thing) == []


@pytest.mark.needs_pool
def test_an_object_that_is_assigned_stays_where_it_was_taken(debugged, thing):
    pool = debugged.GlobalPool(thing, name="second")
    obj, line = thing(), line_here()
    obj = debugged.assign(obj, pool)
    found = only(debugged, thing)
    assert (found.lineno, found.pool, found.scope) == (line, "second", "global")
    del obj
    assert debugged.live(thing) == []
    assert len(pool) == 1


@pytest.mark.needs_pool
def test_a_deep_chain_leaves_no_record(debugged, thing):
    head = None
    for _ in range(10_000):
        node = thing(head)
        head = node
    assert len(debugged.live(thing)) == 10_000
    del node, head
    assert debugged.live(thing) == []


def test_threads_take_and_drop(debugged, thing):
    start = threading.Barrier(4)

    def work():
        start.wait()
        for _ in range(300):
            obj = thing([])
            del obj
            debugged.live(thing)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert debugged.live(thing) == []


@pytest.mark.needs_pool
@limits.skip_if("no-fork")
def test_it_works_after_a_fork(debugged, thing):
    obj = thing()
    child = os.fork()
    if child == 0:
        other = thing()
        count = len(debugged.live(thing))
        del obj, other
        os._exit(count * 10 + len(debugged.live(thing)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 20
    assert len(debugged.live(thing)) == 1


# Objects that are not clean.


@pytest.mark.needs_pool
def test_a_part_that_somebody_kept_and_filled_is_told(debugged, decoder):
    first, line = debugged.take(decoder), line_here()
    seen = first.seen
    del first
    seen[1] = 2
    with pytest.warns(debugged.DirtyWarning) as caught:
        second, taken = debugged.take(decoder), line_here()
    (warning,) = caught
    text = str(warning.message)
    assert decoder.__qualname__ in text
    assert "its 'seen' was left with 0 elements and has 1" in text
    assert f"{__file__}:{line} in test_a_part" in text
    assert (warning.filename, warning.lineno) == (__file__, taken)
    assert second.seen == {}
    assert only(debugged, decoder).lineno == taken
    stats = debugged.pool_of(decoder).stats()
    assert (stats.hits, stats.misses, stats.recycled, stats.discarded_refused) == (1, 2, 1, 1)
    assert (stats.live, stats.parked) == (1, 0)


DIRT = {
    "filled": (lambda obj: obj.rows, lambda rows: rows.append(1), "its 'rows' was left with 0 elements and has 1"),
    "emptied": (lambda obj: obj.table, lambda table: table.clear(), "its 'table' was left with 2 elements and has 0"),
    "a buffer": (lambda obj: obj.buffer, lambda buffer: buffer.extend(b"1"), "with 3 elements and has 4"),
    "a slot": (lambda obj: obj.slot, lambda slot: slot.add(1), "its 'slot' was left with 0 elements and has 1"),
    "a pooled container": (lambda obj: obj.pooled, lambda part: part.add(1), "its 'pooled' was left with 0 elements"),
    "a file": (lambda obj: obj.file, lambda file: file.write(b"12"), "its 'file' was left with 0 elements and has 2"),
    "set anew": (lambda obj: obj.__dict__, lambda names: names.update(rows=[]), "its 'rows' has changed"),
    "an attribute more": (lambda obj: obj.__dict__, lambda names: names.update(x=1.5), "its 'x' has changed"),
    "an attribute less": (lambda obj: obj.__dict__, lambda names: names.pop("rows"), "that it had is gone"),
}


def borrow(debugged, cls):
    with debugged.pool_of(cls).borrow() as obj:
        del obj


TAKES = {
    "take": lambda debugged, cls: debugged.take(cls) and None,
    "try_take": lambda debugged, cls: debugged.try_take(cls),
    "pool": lambda debugged, cls: debugged.pool_of(cls).take() and None,
    "call": lambda debugged, cls: cls() and None,
    "borrow": borrow,
}


@pytest.mark.needs_pool
@pytest.mark.parametrize("dirt", DIRT)
@pytest.mark.parametrize("take", TAKES)
def test_each_kind_of_dirt_is_told_by_each_way_to_take(debugged, dirt, take):
    containers = sys.modules["pooled.containers"]
    get, change, expected = DIRT[dirt]

    class Base:
        __slots__ = ("slot",)

    @debugged.poolable(reset="reset")
    class Thing(Base):
        def __init__(self):
            self.rows, self.table, self.buffer, self.slot = [], {1: 1, 2: 2}, bytearray(b"123"), set()
            self.pooled, self.file = containers.Set(), io.BytesIO()

        def reset(self):
            pass

    pool = debugged.pool_of(Thing)
    part = get(Thing())
    change(part)
    with pytest.warns(debugged.DirtyWarning, match=expected):
        TAKES[take](debugged, Thing)
    pool.clear()
    stats = pool.stats()
    assert (stats.hits, stats.discarded_refused, stats.live) == (1, 1, 0)


@pytest.mark.needs_pool
def test_where_warnings_are_errors_the_taker_gets_it_whole(debugged, decoder):
    pool = debugged.pool_of(decoder)
    seen = decoder().seen
    seen[1] = 1
    with pytest.raises(debugged.DirtyWarning, match="'seen'"):
        debugged.take(decoder)
    assert (pool.stats().live, len(pool), debugged.live(decoder)) == (0, 0, [])
    seen = decoder().seen
    seen[1] = 1
    with pytest.raises(debugged.DirtyWarning, match="'seen'"):
        decoder()
    assert (pool.stats().live, len(pool), debugged.live(decoder)) == (0, 0, [])
    del seen
    obj = debugged.take(decoder)
    del obj
    assert debugged.take(decoder).seen == {}
    assert pool.stats().hits == 3


@pytest.mark.needs_pool
def test_only_what_is_dirty_is_discarded(debugged, decoder):
    pool = debugged.pool_of(decoder)
    first, second, third = decoder(), decoder(), decoder()
    seen = third.seen
    del first, second, third
    seen[1] = 1
    with pytest.warns(debugged.DirtyWarning):
        obj = pool.take()
    assert (len(pool), pool.stats().misses, obj.seen) == (1, 3, {})


@pytest.mark.needs_pool
def test_a_life_whose_object_was_prefilled_is_checked_too(debugged):
    made = []

    @debugged.poolable(reset="reset")
    class Thing:
        def __init__(self):
            self.rows = []
            made.append(self.rows)

        def reset(self):
            self.rows.clear()

    debugged.pool_of(Thing).prefill(1)
    line = line_here() - 1
    made[0].append(1)
    with pytest.warns(debugged.DirtyWarning, match=f":{line} in "):
        Thing()


@pytest.mark.needs_pool
def test_what_was_left_as_it_is_raises_no_alarm(debugged):
    shared = []

    @debugged.poolable(reset="reset", capacity="capacity")
    class Thing:
        def __init__(self):
            self.rows, self.shared = [], shared

        def reset(self):
            self.rows.clear()

        def capacity(self):
            self.measured = getattr(self, "measured", 0) + 1
            return 1

    shared.append(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            obj = debugged.take(Thing)
            kept = obj.rows
            kept.append(1)
            del obj
            shared.append(shared.pop())
    assert debugged.pool_of(Thing).stats().hits == 4


@pytest.mark.needs_pool
def test_a_pool_of_a_function_is_checked_too(debugged):
    pool = debugged.GlobalPool(lambda: SimpleNamespace(rows=[]), reset=lambda obj: obj.rows.clear())
    obj = pool.take()
    rows = obj.rows
    del obj
    rows.append(1)
    with pytest.warns(debugged.DirtyWarning, match="SimpleNamespace: .* its 'rows' was left with 0 elements and has 1"):
        obj = pool.take()
    assert obj.rows == []
    assert pool.stats().live == 1


@pytest.mark.needs_pool
def test_a_scrubbed_object_is_to_have_nothing(debugged, thing, engine):
    if engine == "native":
        limits.skip("reference-only")

    @debugged.poolable(keep=("rows",))
    class Keeps:
        def __init__(self):
            self.rows = []

    containers = sys.modules["pooled.containers"]
    for make, spoil, expected in (
        (thing, lambda obj: setattr(obj, "b", 1), "left without attributes and has 'b'"),
        (Keeps, lambda obj: obj.rows.append(1), "its 'rows' was left empty and has 1 elements"),
        (containers.List, lambda obj: obj.append(1), "left empty and has 1 elements"),
    ):
        debugged.clear()
        make()
        (obj,) = (obj for obj in gc.get_objects() if type(obj) is make)
        spoil(obj)
        del obj
        with pytest.warns(debugged.DirtyWarning, match=expected):
            make()


@pytest.mark.parametrize("options", [{}, {"keep": ("names",)}], ids=["constructed in C", "kept"])
def test_containers_that_objects_keep_raise_no_alarm(debugged, options):
    @debugged.poolable(**options)
    @attrs.define(slots=False)
    class Thing:
        rows: list = attrs.field(factory=list)
        names: dict = attrs.field(factory=dict)
        size: int = 3

    warm(Thing)
    for _ in range(5):
        obj = Thing()
        obj.rows.append(1)
        kept = obj.rows
        obj.names[1] = 1
        del obj
        kept.append(1)
        obj = debugged.take(Thing)
        obj.names[1] = 1
        del obj
        obj = Thing(size=5)
        assert (obj.rows, obj.names, obj.size) == ([], {}, 5)
        del obj
    assert debugged.pool_of(Thing).stats().live == 0


# The setting.


@pytest.mark.needs_pool
def test_one_take_in_n_is_recorded(engine):
    with current(load(POOLED_ENGINE=engine, POOLED_DEBUG="3")) as package:

        @package.poolable(reset="reset")
        class Thing:
            def __init__(self):
                self.rows = []

            def reset(self):
                self.rows.clear()

        kept = [Thing() for _ in range(9)]
        assert len(package.live(Thing)) == 3
        parts = [obj.rows for obj in kept]
        kept.clear()
        for part in parts:
            part.append(1)
        with pytest.warns(package.DirtyWarning) as caught:
            kept = [Thing() for _ in range(9)]
        assert len(caught) == 3, "what was not recorded is not checked"


def test_when_it_is_off_nothing_is_there(engine):
    code = (
        "import sys, pooled; "
        "print('pooled._debug.lifetimes' in sys.modules, 'pooled._engine.native._native_debug' in sys.modules)"
    )
    for value in ("", "0"):
        assert run_python(code, POOLED_ENGINE=engine, POOLED_DEBUG=value) == (0, "False False\n")
    code = "import pooled; pooled.live()"
    status, text = run_python(code, POOLED_ENGINE=engine, POOLED_DEBUG="")
    assert status == 1
    assert "RuntimeError: live(): nothing is recorded; set POOLED_DEBUG=1 in the environment" in text


def test_live_is_asked_for_a_class(debugged):
    with pytest.raises(TypeError, match="cls=5: expected a class, got int"):
        debugged.live(5)


@pytest.mark.parametrize(("value", "expected"), [("yes", "an int of 0 or more"), ("-1", "0 or more")])
def test_a_setting_that_cannot_be_followed_stops_the_import(value, expected, tmp_path):
    status, text = run_python("import pooled", POOLED_DEBUG=value)
    assert status == 1
    assert "ConfigurationError" in text
    assert f"POOLED_DEBUG={value!r}: debug={value if value == '-1' else repr(value)}: expected {expected}" in text
    path = tmp_path / "pooled.toml"
    path.write_text(f"[defaults]\ndebug = {value if value == '-1' else repr(value)}\n")
    status, text = run_python("import pooled", POOLED_CONFIG=str(path))
    assert status == 1
    assert "[defaults]: debug=" in text


@pytest.mark.needs_pool
def test_the_file_may_say_it(engine, tmp_path):
    path = tmp_path / "pooled.toml"
    path.write_text("[defaults]\ndebug = 1\nmax = 5\n")
    code = "import pooled\nfrom pooled.containers import List\nrows = List()\nprint(len(pooled.live()))"
    assert run_python(code, POOLED_ENGINE=engine, POOLED_CONFIG=str(path), POOLED_DEBUG="") == (0, "1\n")
    assert run_python(code, POOLED_ENGINE=engine, POOLED_CONFIG=str(path), POOLED_DEBUG="0")[0] == 1


def test_the_interpreter_ends_quietly(engine):
    code = """
import pooled
from pooled.containers import List, Dict
@pooled.poolable(reset="reset")
class Thing:
    def __init__(self): self.rows = []
    def reset(self): self.rows.clear()
    def __del__(self): Thing and Thing.__name__
rows, thing, kept = List(), Thing(), [Thing(), Dict()]
kept.append(kept)
del rows
"""
    assert run_python(code, POOLED_ENGINE=engine, POOLED_DEBUG="1") == (0, "")
