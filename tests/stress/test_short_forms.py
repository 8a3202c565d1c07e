"""Each scenario for a fraction of a second. `python -m tests.stress` runs them for longer."""

import random

import effort
import limits
import pytest

from stress.all_scenarios import ALL
from stress.runner import engines, repeat_command, run_scenario

CASES = [(each, engine) for each in ALL.values() for engine in engines() if engine in each.engines]


@pytest.mark.parametrize(("scenario", "chosen"), CASES, ids=[f"{each.name}-{engine}" for each, engine in CASES])
def test_short_form(scenario, chosen):
    seconds = effort.pick(short=0.2, long=0.7)
    outcome = run_scenario(scenario, chosen, random.randrange(1 << 32), seconds, limit=120)
    assert not outcome.failed, f"{outcome.text}\n{outcome.output}\nto repeat it: {repeat_command(outcome, seconds)}"
    if outcome.limit:
        limits.skip(outcome.limit)
