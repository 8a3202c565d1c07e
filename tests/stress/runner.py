"""Run scenarios, each in its own process, and return their outcomes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import attrs
import limits

import pooled

from . import TESTS
from .scenario import Scenario


@attrs.frozen
class Outcome:
    """The outcome of a scenario. `text` begins with "ok", "skipped" or "FAILED"."""

    name: str
    engine: str
    seed: int
    operations: int
    seconds: float
    text: str
    output: str = ""
    limit: str | None = None
    """Why the scenario cannot run on this interpreter or system, as a name in `limits.py`."""

    @property
    def failed(self) -> bool:
        return self.text.startswith("FAILED")


def engines() -> tuple[str, ...]:
    """The engines to test; if the environment requires the native engine, it must be built."""
    if pooled.engine != "native" and os.environ.get("POOLED_BUILD_NATIVE") != "1":
        return ("reference",)
    return ("native", "reference")


def run_scenario(scenario: Scenario, engine: str, seed: int, seconds: float, limit: float) -> Outcome:
    """Run a scenario, for at most `limit` seconds."""
    command = [sys.executable, "-P", "-X", "faulthandler", "-m", "stress.run_one", scenario.name]
    process = subprocess.Popen(
        [*command, "--seed", str(seed), "--seconds", str(seconds)],
        env={**os.environ, "POOLED_ENGINE": engine, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its children can be killed with it
    )
    try:
        output, errors = process.communicate(timeout=limit)
        text = None
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # faulthandler prints the stack of each thread
        text = f"FAILED: not done after {limit:.0f} s"
        output, errors = _last_words(process)
    return outcome_of(scenario, engine, seed, (process.returncode, output, errors), text)


def outcome_of(
    scenario: Scenario, engine: str, seed: int, process: tuple[int, str, str], text: str | None = None
) -> Outcome:
    """The outcome of a scenario whose process ended with this status, output and errors."""
    status, output, errors = process
    report = _report(output)
    text = text or _verdict(status, errors, report)
    return Outcome(
        name=scenario.name,
        engine=engine,
        seed=seed,
        operations=report.get("operations", 0),
        seconds=report.get("seconds", 0.0),
        text=text,
        output=output + errors if text.startswith("FAILED") else "",
        limit=report.get("limit"),
    )


def _last_words(process: "subprocess.Popen[str]") -> tuple[str, str]:
    try:
        return process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()


def _report(output: str) -> dict[str, object]:
    try:
        return json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        return {}


def _verdict(status: int, errors: str, report: dict[str, object]) -> str:
    if status < 0:
        return f"FAILED: crashed, {signal.Signals(-status).name}"
    if status > 0 or not report:
        return f"FAILED: exit status {status}"
    if errors.strip():
        return "FAILED: printed on stderr"
    return f"skipped: {limits.reason(report['limit'])}" if report["limit"] else "ok"


def repeat_command(outcome: Outcome, seconds: float) -> str:
    """The command that repeats an outcome."""
    options = f"--seconds {seconds:g} --seed {outcome.seed} --engine {outcome.engine} --only {outcome.name}"
    return f"{sys.executable} -m tests.stress {options}"


def run_all(
    scenarios: list[Scenario], engine: str | None, seed: int, seconds: float, limit: float
) -> Iterator[Outcome]:
    """Run each scenario on each of its engines, for at most `limit` seconds in all."""
    ends = time.monotonic() + limit
    for scenario in scenarios:
        for name in [engine] if engine else engines():
            if name not in scenario.engines:
                continue
            left = ends - time.monotonic()
            if left <= seconds:
                yield Outcome(scenario.name, name, seed, 0, 0.0, f"FAILED: not run, the {limit:.0f} s were over")
                continue
            yield run_scenario(scenario, name, seed, seconds, min(left, 60 + 10 * seconds))
