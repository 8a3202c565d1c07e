"""Contract lines 1 and 10: classes of one tree can be made poolable in any order, or only some of them."""

import copy
import dataclasses
import itertools
import pickle
from functools import partial

import effort
import pytest

TREES = {
    "two levels": {"A": "", "B": "A"},
    "three levels": {"A": "", "B": "A", "C": "B"},
    "diamond": {"A": "", "B": "A", "C": "A", "D": "BC"},
}


def plain(pooled):
    class Root:
        def __init__(self, value=0):
            self.value = value

    return Root


def with_slots(pooled):
    class Root:
        __slots__ = ("value",)

        def __init__(self, value=0):
            self.value = value

        def __getstate__(self):
            return self.value, vars(self)

        def __setstate__(self, state):
            self.value = state[0]
            vars(self).update(state[1])

    return Root


def dataclass(pooled):
    @dataclasses.dataclass
    class Root:
        value: int = 0

    return Root


def container(pooled):
    class Root(dict):
        def __init__(self, value=0):
            self["value"] = value

        @property
        def value(self):
            return self["value"]

    return Root


def reducing(pooled):
    class Root(plain(pooled)):
        def __reduce_ex__(self, protocol):
            return super().__reduce_ex__(protocol)

    return Root


ROOTS = [plain, with_slots, dataclass, container, reducing]


def line(tree, name):
    """The names of a class and its bases."""
    return {name}.union(*(line(tree, base) for base in tree[name]))


def family(tree, name):
    """The names of a class and its subclasses; none without a name."""
    return {other for other in tree if name in line(tree, other)}


def cases(tree):
    """Which class and its subclasses are under `PooledMeta`, if any, and which others are decorated, in which order."""
    for meta in ("", *tree):
        left = sorted(tree.keys() - family(tree, meta))
        for count in range(min(len(left), effort.pick(short=3, long=4)) + 1):
            for order in itertools.permutations(left, count):
                if meta or order:
                    yield meta, order


def define(pooled, importable, tree, root, meta):
    """The classes of a tree by their names, not yet decorated."""
    made = {}
    for name, bases in tree.items():
        metaclass = pooled.PooledMeta if name == meta else type
        cls = metaclass(name, tuple(made[base] for base in bases) or (root(pooled),), {})
        made[name] = importable(lambda cls: cls)(cls)
    return made


def pickled(protocol, obj):
    return pickle.loads(pickle.dumps(obj, protocol))


WAYS = [partial(pickled, 0), partial(pickled, pickle.HIGHEST_PROTOCOL), copy.copy, copy.deepcopy]


@pytest.mark.needs_pool
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_every_order_of_decoration(pooled, importable, tree, root):
    for meta, order in cases(tree):
        classes = define(pooled, importable, tree, root, meta)
        for name in order:
            classes[name] = importable(pooled.poolable)(classes[name])
        for name, cls in classes.items():
            for way in WAYS:
                original = cls(1)
                original.extra = [name]
                again = way(original)
                told = (again.value, again.extra, again.__class__, again is original)
                assert told == (1, [name], cls, False), (meta, order, name, way)
                del original, again
        for name in (*order, *family(tree, meta)):
            stats = pooled.pool_of(classes[name]).stats()
            assert (stats.live, stats.taken) == (0, 2 * len(WAYS)), (meta, order, name)
            assert stats.hits > 0, (meta, order, name)


def test_a_wrapper_around_the_inherited_reduction(pooled, importable):
    """As a decorator of methods, or a mock, puts it into the class."""
    cls = importable(pooled.poolable)(plain(pooled))
    cls.__reduce_ex__ = lambda self, protocol, inherited=cls.__reduce_ex__: inherited(self, protocol)
    for way in WAYS:
        assert way(cls(1)).value == 1
