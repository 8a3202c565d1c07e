"""The visible state of a value as plain data, for comparison with the other engine."""

import collections
import io
import re
import weakref

from field_kinds import state

DEEPEST = 4


class Observation:
    """One observation. It numbers containers and objects in the order in which it finds them.

    If two values are one object on this engine, they must be one on the other.
    """

    def __init__(self, side):
        self._side = side
        self._numbers = {}

    def at(self, value, depth=0):
        """The visible state of a value."""
        if value is None or isinstance(value, int | str | bytes):
            return value
        if isinstance(value, type):
            return "class", value.__name__
        if isinstance(value, tuple):
            return tuple(self.at(each, depth) for each in value)
        if isinstance(value, BaseException | weakref.ref):
            return text_of(value)
        cls = value.__class__
        # Other values, such as functions and iterators, differ by their class alone.
        # A proxy counts as the object behind it: an orphan gets a proxy when it is assigned.
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
            return sorted(map(repr, value))[:100], len(value)  # elements are hashed by value
        return None

    def _items(self, value, depth):
        return [(self.at(key, depth), self.at(each, depth)) for key, each in few(value.items())], len(value)

    def _attributes(self, value, depth):
        names = {*self._side.shape.names, *getattr(value, "__dict__", ())} if isinstance(value, self._side.ours) else ()
        return {name: self.at(getattr(value, name), depth) for name in sorted(names) if is_there(value, name)}


def state_or_error(file):
    """After a bare `__new__`, a file cannot be read before `__init__` runs."""
    try:
        return state(file)[1:]
    except ValueError as error:
        return text_of(error)


def few(values):
    """The first of many values: the same loop added the others."""
    return [each for each, _ in zip(values, range(100), strict=False)]


def is_there(obj, name):
    try:
        getattr(obj, name)
    except AttributeError:
        return False
    return True


def text_of(error):
    """An error as a string without addresses: a reference to it would keep the objects alive."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
