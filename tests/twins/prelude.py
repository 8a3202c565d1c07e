"""What the random classes and programs use."""

import collections
import copy
import dataclasses
import functools
import gc
import inspect
import pickle
import threading
import typing
import weakref
from unittest import mock

import attrs

MODULES = (attrs, collections, copy, dataclasses, functools, inspect, pickle, typing, weakref)
"""Modules that look at the classes."""


class Mixin:
    """A base without a constructor."""

    def greet(self):
        return "hello"


class Counts:
    """A base with a constructor, which takes part in cooperative inheritance."""

    made = 0

    def __init__(self, *args, **kwargs):
        type(self).made += 1
        super().__init__(*args, **kwargs)


class Registers:
    """A base that adds an attribute to its subclasses."""

    def __init_subclass__(cls, **kwargs):
        cls.registered = cls.__name__
        super().__init_subclass__(**kwargs)


class Meta(type):
    """A metaclass with an attribute."""

    shouted = True


def collect():
    """Collect garbage."""
    gc.collect()  # its result is the number of all objects that it freed


def in_thread(function):
    """The result of a function that runs on another thread; an error that it raises is raised here."""
    results = []

    def call():
        try:
            results.append((function(), None))
        except Exception as error:
            results.append((None, error))

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    result, error = results.pop()
    if error is not None:
        raise error
    return result


def with_(obj):
    """Whether an object is the value of its `with` statement."""
    with obj as entered:
        return entered is obj


def patched(cls, name, value, function):
    """The result of a function that runs while an attribute of a class is patched."""
    with mock.patch.object(cls, name, value):
        return function()


def dispatch(cls, obj):
    """Whether a generic function finds the implementation for a class."""
    function = functools.singledispatch(lambda _: "any")
    function.register(cls, lambda _: "the class")
    return function(obj)


FUNCTIONS = (collect, in_thread, with_, patched, dispatch)

NAMES = {each.__name__: each for each in (*MODULES, *FUNCTIONS, Mixin, Counts, Registers, Meta)}
"""What the classes and programs refer to."""
