"""The parameters of the tests of classes with fields: kinds of classes, containers, new and recycled objects."""

from pathlib import Path

import pytest
from contract.single_thread import reason_for_one_thread
from field_kinds import CONTAINERS, KINDS

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        reason = reason_for_one_thread(item) if item.path.parent == HERE else None
        if reason is not None:
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))


@pytest.fixture(params=KINDS, ids=str)
def kind(request):
    """A way to define a class with fields."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if not kind.frozen], ids=str)
def mutable_kind(request):
    """A kind of class with assignable fields."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if not kind.slots], ids=str)
def dict_kind(request):
    """A kind of class whose objects have a `__dict__`."""
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if kind.package == "attrs"], ids=str)
def attrs_kind(request):
    return request.param


@pytest.fixture(params=[kind for kind in KINDS if kind.package == "dataclass"], ids=str)
def dataclass_kind(request):
    return request.param


@pytest.fixture(params=CONTAINERS, ids=str)
def container(request):
    """A container that a field's factory makes."""
    return request.param


@pytest.fixture(params=["new", pytest.param("recycled", marks=pytest.mark.needs_pool)])
def park(pooled, request):
    """Creates an object and drops it, so that the next one is recycled, if the test is about recycled objects."""

    def make(cls, /, **fields):
        if request.param == "recycled":
            cls(**fields)
            assert len(pooled.pool_of(cls)) == 1

    return make
