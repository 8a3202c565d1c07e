"""The model of global pools without a GIL: no order of steps breaks a rule, and the checker finds planted bugs."""

import depot_model
import effort
import pytest


@pytest.mark.parametrize("name", effort.some({name: name for name in depot_model.SCENARIOS}, every=6))
def test_no_order_of_steps_breaks_a_rule(name):
    states, _ = depot_model.explore(name)
    assert states > 500


@pytest.mark.parametrize("bug", depot_model.BUGS)
def test_the_checker_finds_a_planted_bug(bug):
    assert depot_model.find(bug)
