"""A pytest plugin for tools that slow Python down: hypothesis tries at most `POOLED_EXAMPLES` examples.

Use it as `POOLED_EXAMPLES=5 python -m pytest -p sanitize.few_examples`, with `tests` on the path.
"""

import os

import hypothesis
from hypothesis import HealthCheck, stateful

MOST = int(os.environ["POOLED_EXAMPLES"])

_run = stateful.run_state_machine_as_test


def run_few(machine, *, settings):
    few = min(settings.max_examples, MOST)
    _run(machine, settings=hypothesis.settings(settings, max_examples=few, suppress_health_check=list(HealthCheck)))


stateful.run_state_machine_as_test = run_few
hypothesis.settings.register_profile("few", max_examples=MOST, deadline=None, suppress_health_check=list(HealthCheck))
hypothesis.settings.load_profile("few")
