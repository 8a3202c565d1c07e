"""Both engines run the same random programs side by side, and agree on every count and all that can be seen."""

import pytest
from conftest import is_built
from fuzz.machine import Agreeing
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test


def test_engines_agree(pytestconfig):
    if not is_built():
        pytest.skip("the native engine was not built")
    long = pytestconfig.getoption("--long")
    run_state_machine_as_test(
        Agreeing,
        settings=settings(
            max_examples=20_000 if long else 200,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            print_blob=True,
            report_multiple_bugs=False,
        ),
    )
