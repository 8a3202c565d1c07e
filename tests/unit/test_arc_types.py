"""The handles in C look like those in Python: names, parameters and docstrings."""

import inspect

import limits
import pytest
from conftest import is_built, load


def look(cls):
    """The names of a class, with the parameters and docstrings of those that are public."""
    names = [name for name in dir(cls) if not name.startswith("_")]
    found = {name: (inspect.getdoc(getattr(cls, name)), parameters(getattr(cls, name))) for name in names}
    return {**found, "class": (inspect.getdoc(cls), None if cls.__name__ == "Weak" else parameters(cls))}


def parameters(function):
    return [(each.name, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", ["Arc", "TArc", "Weak"])
def test_both_engines_have_the_same_handles(name):
    if not is_built():
        limits.skip("not-built")
    one, two = (look(getattr(load(POOLED_ENGINE=engine)["pooled.arc"], name)) for engine in ("reference", "native"))
    assert one.keys() == two.keys()
    for each in one:
        assert one[each] == two[each]
