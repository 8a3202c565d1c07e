"""How much a test tries: a short form by default, the long form with `pytest --all`.

The short form has to find every defect that the long form finds for certain; the long form also has a chance to find
rare ones. A test that has no short form has the marker `long`, and runs with `--all` only.
"""

import pytest

_LONG: list[bool] = []


def choose_long() -> None:
    """Choose the long forms; pytest calls this, before it imports the tests, if it was given `--all`."""
    _LONG.append(True)


def is_long() -> bool:
    return bool(_LONG)


def examples(count: int) -> int:
    """How many random examples a test tries: a quarter of them in the short form."""
    return pick(short=max(count // 4, 10), long=count)


def pick(*, short, long):
    """The value for the form that runs."""
    return long if _LONG else short


def some(cases, *, every):
    """The cases as parameters of a test: the short form runs one in `every`. The keys of a dict name its values."""
    named = cases.items() if isinstance(cases, dict) else ((None, case) for case in cases)
    return [
        pytest.param(case, id=name, marks=[pytest.mark.long] if number % every else [])
        for number, (name, case) in enumerate(named)
    ]
