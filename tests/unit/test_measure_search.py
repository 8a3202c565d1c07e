"""`python -m pooled advise --measure`: the recommendations for runs with made-up costs and outputs."""

import json
from types import SimpleNamespace

import attrs
import pytest

from pooled._cli.measure import budget, candidates
from pooled._cli.measure.launcher import Run
from pooled._cli.measure.process import Usage
from pooled._cli.measure.report import Report
from pooled._cli.measure.search import Search
from pooled._cli.measure.trials import Trials
from pooled._cli.table import Screen

MEMORY = 100 << 20


@attrs.define
class Launcher:
    """A launcher that runs nothing: a run costs 10 s, multiplied by the factors of its settings.

    Attributes:
        folder: where the outputs are.
        factors: the factor of each setting, which is the name of a class or of a key of [gc].
        broken: the output with a setting.
        memory: the factor of the memory with a setting.
        noise: factors of the runs, in turn.
        latencies: those of a plain run.
        stops_at: the number of the run in which Ctrl-C is pressed.
    """

    folder: object
    factors: dict
    broken: dict = attrs.Factory(dict)
    memory: dict = attrs.Factory(dict)
    noise: tuple = (1.0,)
    latencies: tuple = ()
    outputs: tuple = ("same\n",)
    stops_at: int = 0
    start: float = 0.0
    cost: float = 10.0
    runs: list = attrs.Factory(list)
    clock: float = 0.0

    def plain(self, limit):
        return self._run("plain", [], limit)

    def with_settings(self, candidate, limit):
        return self._run("with", [piece.name for piece in candidate.pieces], limit)

    def start_up(self, candidate):
        return self.start

    def watched(self, limit):
        classes = [name for name in self.factors if not name.startswith("gc ")]
        written = "".join(f'[instrument."{name}"]\nmax = 16\n' for name in classes)
        facts = {"seconds": 10, "gc": {"seconds": 1 if len(classes) < len(self.factors) else 0, **self.pauses(2)}}
        return facts, written, self._run("advise", [], limit)

    def pauses(self, milliseconds):
        """The pauses, as in the JSON of `advise` and `run`."""
        return {"pauses": [{"longest": 0.0}, {"longest": milliseconds / 1000}]}

    def _run(self, kind, names, limit):
        self.runs.append((kind, names))
        number = len(self.runs)
        self.clock += 10
        if number == self.stops_at:
            raise KeyboardInterrupt
        cost = self.cost * self.noise[number % len(self.noise)]
        memory = MEMORY
        cost += self.start if names else 0.0
        for name in names:
            cost *= self.factors.get(name, 1.0)
            memory *= self.memory.get(name, 1)
        output = self.folder / f"output{number}"
        changes = [self.broken[name] for name in names if name in self.broken]
        output.write_text(changes[0] if changes else self.outputs[number % len(self.outputs)])
        usage = Usage(status=0, cpu=cost, wall=cost * 10 / self.cost, memory=memory, timed_out=False)
        latencies = [each * cost / 10 for each in self.latencies]
        pauses = {"seconds": 0.5, **self.pauses(1)} if kind == "with" else None
        return Run(usage=usage, outputs={"standard output": output}, latencies=latencies, pauses=pauses)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Measure a program with these costs, and return the launcher, the report as text and the report as JSON."""
    monkeypatch.setattr(candidates, "read_file", lambda *_: None)  # no such classes exist

    def measure(factors, *, rounds=3, limit=None, without=(), **options):
        launcher = Launcher(tmp_path, factors, **options)
        monkeypatch.setattr(budget, "monotonic", lambda: launcher.clock)
        trials = Trials(launcher, SimpleNamespace(show=lambda *_: None), limit)
        search = Search(trials, rounds=rounds, without=without)
        first = trials.first()
        search.measure()
        report = Report(
            command="p.py", findings=search.findings, facts=search.facts, driven=bool(first.latencies), written=None
        )
        return launcher, report.text(Screen(200, colours=False)), json.loads(report.json(0))

    return measure


def test_settings_that_gain_are_measured_once_more_in_fresh_rounds(measured):
    launcher, text, found = measured({"gc threshold": 0.8, "m:A": 0.9})
    assert found["basis"] == "measurement"
    assert found["chosen"]["groups"] == ["gc", "pools"]
    assert found["chosen"]["gain"] == pytest.approx(1 / 0.72)
    assert "Use the collector's settings and pools of objects: 1.39 times as fast (1.39 to 1.39 in 3 rounds)" in text
    paused = "under advise for 1.00 s, at most 2.0 ms at once; with these settings for 0.50 s, at most 1.0 ms at once."
    assert paused in text
    assert launcher.clock <= 25 * 10
    again = [kind for kind, _ in launcher.runs[-9:]]
    assert sorted(again) == ["plain"] * 3 + ["with"] * 6
    assert again[0] != again[3]  # every other round is reversed


@pytest.mark.parametrize(
    ("factors", "groups", "said"),
    [
        ({"gc threshold": 0.8, "m:A": 1.2}, ["gc"], "Use the collector's settings alone: 1.25 times as fast"),
        ({"gc threshold": 0.8, "m:A": 0.995}, ["gc"], "Use the collector's settings alone"),
        ({"gc threshold": 1.0, "m:A": 0.8}, ["pools"], "Use pools of objects: 1.25 times as fast"),
        ({"gc threshold": 0.98, "m:A": 0.98}, ["gc", "pools"], "1.04 times as fast"),  # only together 3 %
        ({"gc threshold": 0.8, "gc freeze": 1.1}, ["gc"], "Use the collector's settings: 1.25 times as fast"),
        ({"m:A": 0.8, "m:B": 1.6}, ["pools"], "Use pools of objects: 1.25 times"),  # bisected
    ],
)
def test_settings_that_do_not_gain_are_left_out(measured, factors, groups, said):
    _, text, found = measured(factors)
    assert found["chosen"]["groups"] == groups
    assert said in text
    assert all(factors.get(setting, 1) <= 1 for setting in found["chosen"]["settings"])


@pytest.mark.parametrize(
    ("factors", "options", "said"),
    [
        ({}, {}, "p.py: no settings make it faster; there were none to test."),
        ({"m:A": 0.98}, {}, "p.py: no settings make it faster; the best settings made it 1.02 times as fast."),
        ({"m:A": 1.5}, {}, "p.py: no settings make it faster; the best settings made it 0.67 times as fast."),
        ({"m:A": 0.95}, {"noise": (1.0, 1.1, 0.9, 1.05, 0.93)}, "p.py: no settings make it faster; "),
        ({"m:A": 0.5}, {"without": ("pools",)}, "p.py: no settings make it faster; there were none to test."),
        ({"m:A": 0.5}, {"memory": {"m:A": 3}}, "p.py: no settings make it faster; "),
    ],
)
def test_one_line_where_nothing_is_to_be_gained(measured, factors, options, said):
    _, text, found = measured(factors, **options)
    assert found["chosen"] is None
    assert text.startswith(said)
    assert len(text.splitlines()) == 1


def test_settings_that_change_the_output_are_found_and_left_out(measured):
    _, text, found = measured(dict.fromkeys("abcdefgh", 0.95), broken={"d": "other\n", "e": "other\n"})
    assert set(found["chosen"]["settings"]) == set("abcfgh")
    assert [each["names"] for each in found["dropped"]] == [["d"], ["e"]]
    assert "Left out: d: standard output, line 1: 'other' instead of 'same'." in text


def test_outputs_that_vary_are_not_compared(measured):
    launcher, text, found = measured({"m:A": 0.8}, outputs=("one\n", "two\n"), broken={"m:A": "three\n"})
    assert found["compared"] == ["exit status"]
    assert "Not compared, because it also varies without settings: standard output, line 1: 'one' instead of" in text
    assert "Identical with these settings and without: exit status." in text
    assert [kind for kind, _ in launcher.runs[:3]] == ["plain", "plain", "advise"]


def test_the_latencies_of_a_server_decide(measured):
    _, text, found = measured({"m:A": 0.8}, latencies=(0.1, 0.2, 0.3))
    assert found["cost"] == "mean latency"
    assert found["chosen"]["plain"] == pytest.approx(0.2)
    assert found["chosen"]["p99"] == pytest.approx(0.8)
    assert "by mean latency" in text


@pytest.mark.parametrize(("cost", "gains"), [(1.0, True), (4.0, False)])
def test_the_start_of_run_is_left_out_for_short_programs(measured, cost, gains):
    _, _, found = measured({"m:A": 0.95}, cost=cost, start=0.2 * cost)
    assert (found["chosen"] is not None) == gains


@pytest.mark.parametrize("limit", [60, 120, 200])
def test_the_time_limit_holds(measured, limit):
    launcher, text, _ = measured({"gc threshold": 0.8, "m:A": 0.9}, limit=limit, rounds=10)
    assert launcher.clock <= limit
    assert "The time limit ended the measuring early." in text


@pytest.mark.parametrize("stops_at", [2, 5, 6, 9, 10, 14, 18])
def test_interrupted_measurements_report_what_is_known(measured, stops_at):
    _, text, found = measured({"gc threshold": 0.8, "m:A": 0.9}, stops_at=stops_at)
    assert "Ctrl-C ended the measuring early." in text
    assert (found["chosen"] is not None) == (stops_at > 9)
    if stops_at <= 5:
        assert text.startswith("p.py: nothing was compared.")
    elif stops_at <= 9:
        assert text.startswith("p.py: there were too few runs; the best settings made it 1.")
    elif not found["measured_again"]:
        assert "This was not measured a second time." in text
