"""Tools see a construction as they see that of an undecorated class: tracers, profilers, monitoring, mocks, warnings.

The native engine carries out an `__init__` that it has read. As long as a tool observes Python code, or something that
the `__init__` uses is replaced, the `__init__` runs; afterwards it is carried out in C again. The tests compare what a
tool observes with an undecorated class of the same source. Coverage and pdb are in `test_coverage_and_pdb`.
"""

import contextlib
import cProfile
import gc
import sys
import threading
import warnings
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest import mock

import attrs
import limits
import pytest

WARM = 50
"""Enough constructions for the native engine to read an `__init__`."""


# ---- classes ----


def written(decorate):
    @decorate
    class Order:
        def __init__(self, topic, size=2, *, parts=None):
            self.topic = topic
            self.size = size
            self.parts = parts if parts is not None else []
            if topic is None:
                topic = ""
            self.shown = topic
            self.tags = list()  # noqa: C408 (a name that can be replaced)
            self.notes = {}

    return Order


def inherited(decorate):
    class Base:
        def __init__(self, topic, size=2):
            self.topic = topic
            self.size = size

    @decorate
    class Order(Base):
        def __init__(self, topic, size=2, *, parts=None):
            super().__init__(topic, size)
            self.parts = parts

    return Order


def generated(decorate):
    @decorate
    @dataclass
    class Order:
        topic: str
        size: int = 2
        parts: list = field(default_factory=list, kw_only=True)

    return Order


def with_slots(decorate):
    @decorate
    @attrs.define
    class Order:
        topic: str
        size: int = 2
        parts: list = attrs.field(factory=list, kw_only=True)

    return Order


DEFINITIONS = (written, inherited, generated, with_slots)


@pytest.fixture(params=DEFINITIONS, ids=lambda define: define.__name__)
def define(request):
    """Defines a class whose `__init__` has a plan."""
    return request.param


def twins(pooled, define):
    """The same class without and with a pool; both have made objects."""
    classes = define(lambda cls: cls), define(pooled.poolable(max=4))
    for cls in classes:
        warm(cls)
    return classes


def warm(cls):
    for _ in range(WARM):
        cls("warm")


def use(cls):
    """Constructs objects in each way: new ones, recycled ones, with keywords, with a wrong call."""
    one, other = cls("one"), cls("other", 3)
    del one
    one = cls(size=5, topic=None, parts=[1])
    with contextlib.suppress(TypeError):
        cls()
    return [(each.topic, each.size, each.parts) for each in (one, other)]


def in_c(pooled, cls):
    """How many objects the native engine has constructed in C; 0 where it does not do so."""
    if pooled.engine != "native":
        return 0
    return pooled.pool_of(cls)._store.inits()[0]


def assert_resumes(pooled, cls, calls=4):
    """Objects are constructed in C again after some calls, where the engine does so at all."""
    if pooled.engine != "native":
        return
    for _ in range(calls):
        cls("again")
    before = in_c(pooled, cls)
    cls("again")
    assert in_c(pooled, cls) == before + 1


@pytest.mark.needs_pool
def test_these_classes_are_constructed_in_c(pooled, define):
    assert_resumes(pooled, twins(pooled, define)[1])


# ---- tools ----


class Observer:
    """Collects events. On the reference engine, only those of code in this file or generated from it."""

    def __init__(self, pooled):
        self.sees_all = pooled.engine == "native"
        self.events = []

    def add(self, code, *event):
        if self.sees_all or code.co_filename == __file__ or code.co_filename.startswith("<"):
            self.events.append((code.co_name, *event))


@contextlib.contextmanager
def trace(observer, cls):
    def local(frame, event, _):
        frame.f_trace_opcodes = True
        observer.add(frame.f_code, event, frame.f_lineno, frame.f_lasti)
        return local

    before = sys.gettrace()
    sys.settrace(local)
    try:
        yield
    finally:
        sys.settrace(before)


@contextlib.contextmanager
def profile(observer, cls):
    before = sys.getprofile()
    sys.setprofile(
        lambda frame, event, arg: observer.add(frame.f_code, event, frame.f_lineno, getattr(arg, "__name__", None))
    )
    try:
        yield
    finally:
        sys.setprofile(before)


@contextlib.contextmanager
def count_calls(observer, cls):
    profiler = cProfile.Profile(builtins=False)
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        entries = [entry for entry in profiler.getstats() if not isinstance(entry.code, str)]
        for entry in sorted(entries, key=lambda entry: (entry.code.co_filename, entry.code.co_firstlineno)):
            observer.add(entry.code, entry.callcount, entry.reccallcount)


TOOL = 4


@contextlib.contextmanager
def monitor(observer, cls, names, *, local=False, once=False):
    """`sys.monitoring` with these events, of all code or of each `__init__` alone; with `once`, once for each place."""
    monitoring = sys.monitoring
    events = [getattr(monitoring.events, name) for name in names]
    codes = {base.__init__.__code__ for base in cls.__mro__[:-1]} if local else ()

    def callback(name, code, place, *_):
        observer.add(code, name, place)
        return monitoring.DISABLE if once else None

    def choose(chosen):
        for code in codes:
            monitoring.set_local_events(TOOL, code, chosen)
        if not codes:
            monitoring.set_events(TOOL, chosen)

    monitoring.use_tool_id(TOOL, "test")
    try:
        for name, event in zip(names, events, strict=True):
            monitoring.register_callback(TOOL, event, lambda *args, name=name: callback(name, *args))
        monitoring.restart_events()
        choose(sum(events))
        yield
    finally:
        choose(0)
        for event in events:
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)


EVENTS = ("PY_START", "PY_RETURN", "LINE", "INSTRUCTION", "JUMP", "CALL")
MONITORS = {
    "monitoring-all-events": {"names": EVENTS},
    "monitoring-starts": {"names": ["PY_START"]},
    "monitoring-exceptions": {"names": ["RAISE", "PY_UNWIND"]},
    "monitoring-lines-once": {"names": ["LINE"], "once": True},
    "monitoring-the-code": {"names": EVENTS, "local": True},
    "monitoring-lines-of-the-code": {"names": ["LINE"], "local": True},
    "monitoring-lines-of-the-code-once": {"names": ["LINE"], "local": True, "once": True},
}


def with_monitor(options):
    return lambda observer, cls: monitor(observer, cls, **options)


TOOLS = [
    pytest.param(trace, id="settrace"),
    pytest.param(profile, id="setprofile"),
    pytest.param(count_calls, id="cProfile"),
    *(
        pytest.param(with_monitor(options), id=name, marks=limits.skip_if("no-monitoring"))
        for name, options in MONITORS.items()
    ),
]


def observed(pooled, tool, cls, function=use):
    """The events of a use of the class, and its result."""
    observer = Observer(pooled)
    collects = gc.isenabled()
    gc.disable()  # a collection calls functions of other copies of the package
    try:
        with tool(observer, cls):
            result = function(cls)
    finally:
        if collects:
            gc.enable()
    return observer.events, result


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_sees_the_same_events(pooled, define, tool):
    plain, cls = twins(pooled, define)
    observed(pooled, tool, plain)  # on 3.12, the first time that code is traced shows other opcodes
    expected = observed(pooled, tool, plain)
    for _ in range(3):  # the tool comes and goes
        assert observed(pooled, tool, cls) == expected
        use(cls)
        use(cls)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_sees_the_init_of_a_class_that_is_read_meanwhile(pooled, define, tool):
    plain, cls = define(lambda cls: cls), define(pooled.poolable(max=4))
    assert observed(pooled, tool, cls, warm) == observed(pooled, tool, plain, warm)


@pytest.mark.needs_pool
@pytest.mark.parametrize("tool", TOOLS)
def test_construction_in_c_resumes_without_the_tool(pooled, define, tool):
    _, cls = twins(pooled, define)
    before = in_c(pooled, cls)
    observed(pooled, tool, cls)
    assert in_c(pooled, cls) == before or tool is count_calls
    assert_resumes(pooled, cls)


@limits.skip_if("no-monitoring")
@pytest.mark.needs_pool
def test_a_tool_that_monitors_other_code_stops_nothing(pooled, define):
    _, cls = twins(pooled, define)
    observer = Observer(pooled)
    with monitor(observer, type("Other", (), {"__init__": lambda self: None}), ["LINE"], local=True):
        assert_resumes(pooled, cls)


@limits.skip_if("no-trace-of-all-threads")
@pytest.mark.parametrize("set_for_all", ["settrace_all_threads", "setprofile_all_threads"])
def test_a_tool_that_is_set_for_threads_that_run(pooled, define, set_for_all):
    plain, cls = twins(pooled, define)

    def events(cls):
        observer = Observer(pooled)

        def function(frame, event, _):
            if frame.f_code.co_name == "__init__" and threading.current_thread() is thread:
                observer.add(frame.f_code, event, frame.f_lineno)
            return function

        started, is_set = threading.Event(), threading.Event()

        def work():
            warm(cls)
            started.set()
            is_set.wait()
            use(cls)

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        getattr(threading, set_for_all)(function)
        try:
            is_set.set()
            thread.join()
        finally:
            getattr(threading, set_for_all)(None)
        return observer.events

    expected = events(plain)
    assert len(expected) > 3
    assert events(cls) == expected


# ---- mocks ----


def test_a_patched_init(pooled, define):
    def scenario(cls):
        with mock.patch.object(cls, "__init__", autospec=True, return_value=None) as init:
            made = cls("one", size=3)
            seen = [(call.args[1:], call.kwargs) for call in init.call_args_list]
            is_blank = not hasattr(made, "topic")
        return seen, is_blank, use(cls)

    compare(pooled, define, scenario)


def test_an_init_that_a_mock_wraps(pooled, define):
    def scenario(cls):
        original, sizes = cls.__init__, []

        def init(self, *args, **kwargs):
            original(self, *args, **kwargs)
            sizes.append(self.size)
            self.size += 1

        with mock.patch.object(cls, "__init__", init):
            made = use(cls)
        return made, sizes, use(cls)

    compare(pooled, define, scenario)


@pytest.mark.parametrize("name", ["list", "dict"])
def test_a_patched_name_that_the_init_reads(pooled, name):
    def scenario(cls):
        marker = object()
        with mock.patch.dict(globals(), {name: lambda: marker}):
            patched = [cls("one").tags is marker for _ in range(3)]
        return patched, cls("two").tags

    assert compare(pooled, written, scenario) == ([name == "list"] * 3, [])


def test_a_patched_builtin(pooled):
    def scenario(cls):
        with mock.patch("builtins.list", return_value=("patched",)):
            patched = cls("one")
            again = cls("one")
        return patched.tags, again.tags, cls("two").tags

    assert compare(pooled, written, scenario) == (("patched",), ("patched",), [])


def test_patched_defaults(pooled):
    def scenario(cls):
        with mock.patch.object(cls.__init__, "__defaults__", (7,)):
            one = cls("one").size
        with mock.patch.dict(cls.__init__.__kwdefaults__, {"parts": "patched"}):
            other = cls("other").parts
        return one, other, use(cls)

    assert compare(pooled, written, scenario)[:2] == (7, "patched")


@pytest.mark.parametrize("define", [written, inherited, generated])
def test_an_attribute_patched_with_a_property(pooled, define):
    def scenario(cls):
        with mock.patch.object(cls, "size", new_callable=mock.PropertyMock, create=True) as size:
            cls("one")
            cls("other", 3)
            seen = size.call_args_list
        return seen, use(cls)

    assert compare(pooled, define, scenario)[0] == [mock.call(2), mock.call(3)]


@pytest.mark.parametrize("define", [written, inherited, generated])
def test_a_patched_setattr(pooled, define):
    def scenario(cls):
        with mock.patch.object(cls, "__setattr__", autospec=True) as setattr_:
            cls("one")
            seen = [call.args[-2:] for call in setattr_.call_args_list]
        return seen, use(cls)

    assert ("topic", "one") in compare(pooled, define, scenario)[0]


def test_the_whole_class_patched(pooled, define):
    def scenario(cls):
        holder = SimpleNamespace(cls=cls)
        with mock.patch.object(holder, "cls", autospec=True) as double:
            holder.cls("one", size=3)
            with pytest.raises(TypeError, match="missing a required argument: 'topic'"):
                holder.cls()
        return double.call_args, use(holder.cls)

    compare(pooled, define, scenario)


def compare(pooled, define, scenario):
    """Run a scenario three times with each of two twins; all results are the same, and C is used again."""
    plain, cls = twins(pooled, define)
    expected = scenario(plain)
    for _ in range(3):
        assert scenario(cls) == expected
        warm(cls)
    assert_resumes(pooled, cls, calls=1_000)
    return expected


# ---- warnings ----


class Deprecated:
    """A descriptor that warns the code that constructs the object."""

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, obj, value):
        warnings.warn(f"{self.name}={value!r}", DeprecationWarning, stacklevel=3)


def warns_itself(decorate):
    @decorate
    class Order:
        def __init__(self, topic):
            warnings.warn(f"topic={topic!r}", DeprecationWarning, stacklevel=2)
            self.topic = topic

    return Order


def inherits_what_warns(decorate):
    class Base:
        def __init__(self, topic):
            warnings.warn(f"topic={topic!r}", DeprecationWarning, stacklevel=3)

    @decorate
    class Order(Base):
        def __init__(self, topic):
            super().__init__(topic)
            self.topic = topic

    return Order


def has_a_descriptor(decorate):
    @decorate
    class Order:
        topic = Deprecated()

        def __init__(self, topic):
            self.topic = topic

    return Order


def gets_a_descriptor(decorate):
    @decorate
    class Order:
        def __init__(self, topic):
            self.topic = topic

    with warnings.catch_warnings():
        warm(Order)
    Order.topic = Deprecated()
    Order.topic.__set_name__(Order, "topic")
    return Order


def has_a_setattr(decorate):
    @decorate
    class Order:
        def __init__(self, topic):
            self.topic = topic

        def __setattr__(self, name, value):
            caller = sys._getframe(2)
            warnings.warn(f"{name}={value!r} by {caller.f_code.co_name}", DeprecationWarning, stacklevel=3)
            super().__setattr__(name, value)

    return Order


def has_a_factory(decorate):
    def make():
        warnings.warn("made", DeprecationWarning, stacklevel=3)
        return []

    @decorate
    @dataclass
    class Order:
        topic: str
        parts: list = field(default_factory=make)

    return Order


WARNING = (warns_itself, inherits_what_warns, has_a_descriptor, gets_a_descriptor, has_a_setattr, has_a_factory)


@pytest.mark.parametrize("define", WARNING, ids=lambda define: define.__name__)
def test_a_warning_names_the_line_that_constructs(pooled, define):
    if pooled.engine == "reference":
        limits.skip("frames-of-the-engine")

    def warned(cls):
        found = []
        for number in range(WARM):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                cls(number)
            found += [(str(each.message), each.filename, each.lineno) for each in caught]
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, cls = define(lambda cls: cls), define(pooled.poolable(max=4))
    expected = warned(plain)
    assert warned(cls) == expected
    assert {file for _, file, _ in expected} == {__file__}
    assert len(expected) == WARM
