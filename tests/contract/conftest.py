"""The parameters of the tests of classes with fields: kinds of classes, and containers."""

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


@pytest.fixture(params=CONTAINERS, ids=str)
def container(request):
    """A container that a field's factory makes."""
    return request.param
