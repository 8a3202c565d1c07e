"""Rounds of random programs."""

import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from fuzz.machine import Agreeing

PROGRAMS = 100
"""The number of programs of a round."""


def run(seed, programs=PROGRAMS):
    """Run random programs on both engines. If the engines differ, raise with the shortest program that shows it."""

    @hypothesis.seed(seed)
    class Seeded(Agreeing):
        pass

    run_state_machine_as_test(
        Seeded,
        settings=settings(
            max_examples=programs,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
    return programs
