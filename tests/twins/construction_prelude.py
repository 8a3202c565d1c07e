"""What the classes and programs about construction use. Each twin has its own arguments, sentinels and defaults."""

import abc
import collections
import copy
import dataclasses
import functools
import gc
import pickle
import sys
import threading
import typing
import warnings
import weakref
from types import ModuleType
from unittest import mock

import attrs

HERE = __file__
STEP = "<step>"
ARGUMENTS = ("A0", "A1", "A2", "L1", "K1")
"""Names of arguments whose references are counted: no class and no default refers to them, unless a step says so."""


class Thing:
    """An object whose hash does not depend on its address."""

    def __init__(self, name="thing"):
        self.name = name

    def __hash__(self):
        return len(self.name)

    def __repr__(self):
        return self.name


class MyList(list):
    pass


class Mixin:
    pass


class SlotMixin:
    __slots__ = ()


class Registers:
    def __init_subclass__(cls, **kwargs):
        cls.registered = cls.__name__
        super().__init_subclass__(**kwargs)


class Cooperative:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


class Inert:
    """A class attribute that does nothing, until a step gives its class a `__set__`."""


class Name(str):
    """A keyword that is not a plain string."""

    __slots__ = ()


def frames():
    """The names of the functions that run, down to the step."""
    found, frame = [], sys._getframe(1)
    while frame is not None and frame.f_code.co_filename not in (STEP, HERE):
        found.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return found


def check(obj, attribute, value):
    """A validator."""
    if value == 2.5:
        raise ValueError(attribute.name)


def hook(obj, attribute, value):
    """A hook of `on_setattr`."""
    return value


def list_or(value):
    """A converter."""
    return [] if value is None else value


def fill(names, obj):
    """Put elements into the containers that an object has in its attributes. Its `__dict__` is not made for that."""
    for name in names:
        value = getattr(obj, name, None)
        for add in ("append", "add"):
            for number in range(12 if hasattr(value, add) else 0):
                getattr(value, add)(number)
        if isinstance(value, dict):
            value.update(dict.fromkeys(range(6), "of an earlier life"))


def in_threads(function, count):
    """The results of a function that runs on some threads at once."""
    results = [None] * count
    barrier = threading.Barrier(count)

    def call(number):
        barrier.wait()
        try:
            results[number] = function()
        except Exception as error:
            results[number] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def patched(owner, name, value, function):
    """The result of a function that runs while an attribute is patched."""
    with mock.patch.object(owner, name, value):
        return function()


def with_collector(function):
    """The result of a function during which the collector runs as often as it can."""
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    gc.enable()
    try:
        return function()
    finally:
        gc.disable()
        gc.set_threshold(*thresholds)


# ---- what tools see ----


def _is_ours(code):
    return code.co_filename != HERE


def traced(function):
    """What a trace function sees of a call, and the result."""
    events = []

    def trace(frame, event, arg):
        if not _is_ours(frame.f_code):
            return None
        events.append((event, frame.f_code.co_name, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = function()
    finally:
        sys.settrace(before)
    return events, result


def profiled(function):
    """What a profile function sees of a call, and the result."""
    events = []

    def profile(frame, event, arg):
        if _is_ours(frame.f_code):
            events.append(
                (event, frame.f_code.co_name, getattr(arg, "__qualname__", None) if event[0] == "c" else None)
            )

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        result = function()
    finally:
        sys.setprofile(before)
    return events, result


def monitored(function, names=("PY_START", "PY_RETURN", "CALL"), code=None):
    """What a tool of `sys.monitoring` sees of a call, and the result; with `code`, of this code object only."""
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return None
    events, tool = [], 3
    ids = [getattr(monitoring.events, name) for name in names]

    def callback(name):
        def see(seen, *args):
            if _is_ours(seen):
                shown = (
                    getattr(args[1], "__qualname__", None) if name == "CALL" else args[-1] if name == "LINE" else None
                )
                events.append((name, seen.co_name, shown))

        return see

    monitoring.use_tool_id(tool, "twins")
    try:
        for name, event in zip(names, ids, strict=True):
            monitoring.register_callback(tool, event, callback(name))
        if code is None:
            monitoring.set_events(tool, sum(ids))
        else:
            monitoring.set_local_events(tool, code, sum(ids))
        try:
            result = function()
        finally:
            monitoring.set_events(tool, 0)
            if code is not None:
                monitoring.set_local_events(tool, code, 0)
    finally:
        for event in ids:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)
    return events, result


# ---- what a module has ----

SHARED = {
    each.__name__: each
    for each in (
        *(abc, collections, copy, dataclasses, functools, gc, pickle, sys, typing, weakref, attrs, mock),
        *(collections.deque, collections.defaultdict, collections.OrderedDict, collections.Counter),
        *(Mixin, SlotMixin, Registers, Cooperative, Name, check, hook, list_or, frames),
        *(in_threads, patched, with_collector, traced, profiled, monitored),
    )
}


def namespace(name: str) -> dict:
    """The names of a new module."""
    log: list = []

    def make_list():
        log.append(frames())
        return []

    def warn():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.warn("text", stacklevel=3)
        log.append([(each.filename == STEP, each.lineno) for each in caught])

    class Data:
        """A data descriptor."""

        def __init__(self, name):
            self.name = name

        def __get__(self, obj, cls=None):
            return self if obj is None else obj.__dict__.get("data")

        def __set__(self, obj, value):
            log.append(("set", frames()))
            obj.__dict__["data"] = value

        def __delete__(self, obj):
            log.append("delete")

    module = ModuleType(name)
    scope = vars(module)
    scope.update(SHARED, log=log, make_list=make_list, warn=warn, Data=Data, T=typing.TypeVar("T"), free=0, other=None)
    scope.update(A0=Thing("A0"), A1=Thing("A1"), A2=Thing("A2"), L1=[1, 2], K1={"k": [1]})
    scope.update(S0=object(), S1=object(), D0=Thing("D0"), D1=Thing("D1"), L0=["L0"], K0={"K0": 0})
    scope.update(
        Inert=type("Inert", (), {}), Thing=Thing, MyList=MyList, x=None, y=None, z=None, xs=[], w=None, esc=None
    )
    return scope
