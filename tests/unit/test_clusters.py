"""The common code of `pooled.contrib.dask` and `pooled.contrib.ray`, without Dask and Ray: see tests/clusters."""

import pickle
import sys

import pytest
from helpers import run_python

from pooled import ConfigurationError, Stats
from pooled.contrib import _worker_config
from pooled.contrib._cluster_stats import added_up, process_stats
from pooled.contrib._worker_config import WorkerConfig

APPLY = """
import pickle
import sys

import pooled
from pooled.contrib._cluster_stats import process_stats
from pooled.contrib._worker_config import instrumented

config = pickle.loads(bytes.fromhex(sys.argv[1]))
config.put_in_force()
import decimal
import textwrap
config.put_in_force()
for number in range(5):
    textwrap.TextWrapper(number)
limit = pooled.pool_of(textwrap.TextWrapper).policy.max
print(limit, pooled.pool_of(textwrap.TextWrapper).stats().hits, pooled.configure().max)
"""

CONFIG = {"defaults": {"max": 5}, "instrument": {"textwrap:TextWrapper": {"max": 3}}}


@pytest.fixture(autouse=True)
def this_copy(monkeypatch):
    """Let pickles find the class of this copy of the package; other tests import other copies."""
    monkeypatch.setitem(sys.modules, _worker_config.__name__, _worker_config)


def sent(process, *, notes=(), **pools):
    counts = {name: Stats(hits=hits, misses=1, recycled=hits, parked=1).asdict() for name, hits in pools.items()}
    return {"process": process, "pools": counts, "notes": list(notes)}


def test_statistics_add_up():
    first, second = sent("a", Order=3, Line=5), sent("b", Order=4)
    stats = added_up([("one", first, False), ("two", second, True)])
    assert dict(stats) == {
        "Order": Stats(hits=7, misses=2, recycled=7, parked=2),
        "Line": Stats(hits=5, misses=1, recycled=5, parked=1),
    }
    assert stats.total == stats["Order"] + stats["Line"]
    assert [pools["Order"].hits for pools in stats.processes.values()] == [3, 4]
    assert (list(stats.processes), stats.ended) == (["one", "two"], {"two"})


def test_a_process_counts_once():
    stats = added_up([("one", sent("a", Order=3), False), ("two", sent("a", Order=3), False)])
    assert (stats["Order"].hits, list(stats.processes)) == (3, ["one"])


def test_two_processes_of_one_name():
    """For example, a process gets the number of an earlier one."""
    stats = added_up([("one", sent("a", Order=3), False), ("one", sent("b", Order=3), True)])
    assert (stats["Order"].hits, list(stats.processes)) == (6, ["one", "one (b)"])


def test_the_report():
    note = "not poolable: shop:Basket: it is an enum"
    stats = added_up(
        [("one", sent("a", Order=3, notes=[note]), False), ("two", sent("b", Order=4, notes=[note]), True)]
    )
    assert str(stats).splitlines() == [
        "2 processes, of which 1 ended",
        "",
        "pool   hits  misses  recycled  discarded  escaped  collected  detached  live  parked",
        "Order     7       2         7          0        0          0         0     2       2",
        "",
        "process      taken  hits  hit rate  live  parked",
        "one              4     3     75.0%     1       1",
        "two (ended)      5     4     80.0%     1       1",
        "",
        note,
    ]
    assert "ended={'two'}" in repr(stats).replace("['two']", "{'two'}")


def test_a_report_of_nothing():
    assert str(added_up([])) == "0 processes\n\nno objects were taken from a pool"


def test_what_a_process_sends_is_plain():
    """Only plain data travels, so the classes of two versions of the package need not agree."""
    here = process_stats([])
    assert {type(count) for counts in here["pools"].values() for count in counts.values()} <= {int}
    assert process_stats([])["process"] == here["process"]


@pytest.mark.parametrize(
    ("config", "error", "text"),
    [
        (3, TypeError, "config=3: expected a mapping of the sections of a configuration file, or the path"),
        ({"classes": {"shop": {}}}, ConfigurationError, r"config: \[classes.'shop'\]: expected a class as"),
        ({"defaults": {"max": -1}}, ConfigurationError, r"config: \[defaults\]: max=-1"),
        ("no/such.toml", ConfigurationError, "config='no/such.toml': cannot be read"),
    ],
)
def test_an_invalid_configuration(config, error, text):
    """The program that creates the configuration refuses it, not the workers."""
    with pytest.raises(error, match=text):
        WorkerConfig(config)


def test_a_later_change_of_the_mapping():
    config = {"defaults": {"max": 5}}
    checked = WorkerConfig(config)
    config["defaults"]["max"] = -1
    assert pickle.loads(pickle.dumps(checked))._document == {"defaults": {"max": 5}}


@pytest.mark.parametrize("is_file", [False, True])
def test_a_configuration_in_another_process(tmp_path, is_file):
    config = CONFIG
    if is_file:
        config = tmp_path / "pooled.toml"
        config.write_text('[defaults]\nmax = 5\n[instrument."textwrap:TextWrapper"]\nmax = 3\n', encoding="utf-8")
    pickled = pickle.dumps(WorkerConfig(config)).hex()
    if is_file:
        config.unlink()  # the workers do not have it
    assert run_python(APPLY, pickled) == (0, "3 4 5\n")


def test_the_environment_takes_precedence():
    pickled = pickle.dumps(WorkerConfig(CONFIG)).hex()
    assert run_python(APPLY, pickled, POOLED_MAX="7") == (0, "3 4 7\n")


def test_a_class_that_cannot_be_pooled():
    pickled = pickle.dumps(WorkerConfig({"instrument": {"decimal:Decimal": {}}})).hex()
    status, output = run_python(APPLY, pickled)
    assert status == 1
    assert "ImportError: config: [instrument.'decimal:Decimal']: " in output


@pytest.mark.parametrize(("module", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_a_package_that_is_not_installed(module, package):
    status, output = run_python(f"import sys; sys.modules['{package}'] = None; import pooled.contrib.{module}")
    assert status == 1
    assert f"ImportError: pooled.contrib.{module} needs {package}, which is not installed: pip install" in output
