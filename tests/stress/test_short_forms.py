"""Each scenario for a fraction of a second. `python -m tests.stress` runs them for longer."""

import random

import effort
import limits
import pytest
from prefork import Prefork

from stress import TESTS
from stress.all_scenarios import ALL
from stress.runner import engines, outcome_of, repeat_command, run_scenario

CASES = [(each, engine) for each in ALL.values() for engine in engines() if engine in each.engines]
WITHOUT_SHORT_FORM = {"other_interpreters"}


PROGRAM = """
import sys
from stress.run_one import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def interpreters():
    """By engine: an interpreter with all scenarios, which forks for each."""
    path = {"PYTHONPATH": str(TESTS)}
    found = {engine: Prefork("stress.all_scenarios", POOLED_ENGINE=engine, **path) for engine in engines()}
    yield found
    for each in found.values():
        each.close()


def case(scenario, engine):
    """The parameters of a test."""
    marks = [pytest.mark.long] if scenario.name in WITHOUT_SHORT_FORM else []
    return pytest.param(scenario, engine, id=f"{scenario.name}-{engine}", marks=marks)


@pytest.mark.parametrize(("scenario", "chosen"), [case(*each) for each in CASES])
def test_short_form(scenario, chosen, interpreters):
    seed, seconds = random.randrange(1 << 32), effort.pick(short=0.2, long=0.7)
    if effort.is_long():
        outcome = run_scenario(scenario, chosen, seed, seconds, limit=120)
    else:
        status, text = interpreters[chosen].run(PROGRAM, scenario.name, f"--seed={seed}", f"--seconds={seconds}")
        *printed, report = text.splitlines() or [""]
        outcome = outcome_of(scenario, chosen, seed, (status, report, "\n".join(printed)))
    assert not outcome.failed, f"{outcome.text}\n{outcome.output}\nto repeat it: {repeat_command(outcome, seconds)}"
    if outcome.limit:
        limits.skip(outcome.limit)
