"""Looks: all that can be seen of a value, as plain data to be compared with what is seen on the other side."""

import collections
import io
import re
import weakref

from field_kinds import state

DEEPEST = 4


class Observation:
    """What is seen in one glance: containers and objects are numbered in the order in which they are met.

    So two that are one on this side have to be one on the other.
    """

    def __init__(self, side):
        self._side = side
        self._numbers = {}

    def at(self, value, depth=0):
        """All that can be seen of a value."""
        if value is None or isinstance(value, int | str | bytes):
            return value
        if isinstance(value, type):
            return "class", value.__name__
        if isinstance(value, tuple):
            return tuple(self.at(each, depth) for each in value)
        if isinstance(value, BaseException | weakref.ref):
            return text_of(value)
        cls = value.__class__
        # What is in no container is told apart by its class alone: functions, iterators.
        # A proxy and what it stands for are one: an orphan that is assigned has none before, and has one afterwards.
        number = self._numbers.setdefault(id(getattr(value, "__wrapped__", value)), len(self._numbers))
        if depth == DEEPEST:
            return cls.__name__, number
        return cls.__name__, number, self._inside(value, depth + 1), self._attributes(value, depth + 1)

    def _inside(self, value, depth):
        if isinstance(value, io.BytesIO | io.StringIO):
            return state_or_error(value)
        if isinstance(value, collections.defaultdict):
            return self._items(value, depth), self.at(value.default_factory, depth)
        if isinstance(value, dict):
            return self._items(value, depth)
        if isinstance(value, collections.deque):
            return [self.at(each, depth) for each in few(value)], len(value), value.maxlen
        if isinstance(value, list):
            return [self.at(each, depth) for each in few(value)], len(value)
        if isinstance(value, bytearray):
            return bytes(value[:100]), len(value)
        if isinstance(value, set):
            return sorted(map(repr, value))[:100], len(value)  # only of what is hashed by its value
        return None

    def _items(self, value, depth):
        return [(self.at(key, depth), self.at(each, depth)) for key, each in few(value.items())], len(value)

    def _attributes(self, value, depth):
        names = {*self._side.shape.names, *getattr(value, "__dict__", ())} if isinstance(value, self._side.ours) else ()
        return {name: self.at(getattr(value, name), depth) for name in sorted(names) if is_there(value, name)}


def state_or_error(file):
    """One that was made by a bare `__new__` cannot be read before its `__init__` has run."""
    try:
        return state(file)[1:]
    except ValueError as error:
        return text_of(error)


def few(values):
    """The first of many: what comes later was put in by the same loop."""
    return [each for each, _ in zip(values, range(100), strict=False)]


def is_there(obj, name):
    try:
        getattr(obj, name)
    except AttributeError:
        return False
    return True


def text_of(error):
    """An error as a string, without addresses: keeping it would keep the objects."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
