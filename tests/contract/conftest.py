"""What the tests of classes with fields run over: each kind of class, new objects and recycled ones."""

from pathlib import Path

import pytest
from contract.single_thread import why_alone
from field_kinds import KINDS, PARTS

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        reason = why_alone(item) if item.path.parent == HERE else None
        if reason is not None:
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    """A way to define a class from its fields."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if not kind.frozen], ids=str)
def mutable_kind(request):
    """A kind whose objects' fields can be assigned."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if not kind.slots], ids=str)
def dict_kind(request):
    """A kind whose objects have a `__dict__`."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if kind.package == "attrs"], ids=str)
def attrs_kind(request):
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if kind.package == "dataclass"], ids=str)
def dataclass_kind(request):
    return request.param


@pytest.fixture(params=PARTS, ids=str)
def stock(request):
    """A container that a field's factory makes."""
    return request.param


@pytest.fixture(params=["new", "recycled"])
def park(pooled, request):
    """Makes an object of a class and drops it, where the test is about recycled ones."""

    def make(cls, /, **fields):
        if request.param == "recycled":
            cls(**fields)
            assert len(pooled.pool_of(cls)) == 1

    return make
