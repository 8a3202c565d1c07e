"""The rules for Prometheus and the dashboard for Grafana: their metrics exist, and promtool accepts and tests them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import limits
import pytest
from guide_pages import GUIDES

pytestmark = pytest.mark.long

yaml = limits.require("yaml")
limits.require("prometheus_client")

RULES = GUIDES / "monitoring" / "pooled-rules.yml"
DASHBOARD = GUIDES / "monitoring" / "pooled-dashboard.json"
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
OTHERS = {"process_resident_memory_bytes"}
"""Metrics that prometheus_client itself has."""


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads(DASHBOARD.read_text())


def queries():
    """The expressions of the dashboard, with values for its variables."""
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "5m")
            yield re.sub(r"\$(job|pool)", ".*", expression)


def names():
    """The names of all series, those that the rules record among them."""
    from pooled.contrib.prometheus import PoolCollector

    exported = {f"{each.name}{suffix}" for each in PoolCollector().describe() for suffix in SUFFIXES[each.type]}
    return exported | {rule["record"] for rule in rules() if "record" in rule}


@pytest.mark.parametrize("expressions", [[rule["expr"] for rule in rules()], list(queries())], ids=["rules", "panels"])
def test_the_metrics_exist(expressions):
    for expression in expressions:
        found = set(re.findall(r"\b(?:pool:)?(?:pooled|process)_[\w:]+", expression))
        assert found, expression
        assert found - names() <= OTHERS, expression


def test_the_first_panel_shows_all_objects_handed_out():
    first = dashboard()["panels"][0]
    shown = {re.search(r"pooled_\w+", target["expr"])[0] for target in first["targets"]}
    assert shown == {"pooled_hits_total", "pooled_misses_total", "pooled_inserted_total"}


def test_the_page_explains_each_alert():
    page = (GUIDES / "production.md").read_text()
    assert set(re.findall(r"^\| `(Pooled\w+)`", page, re.MULTILINE)) == {
        rule["alert"] for rule in rules() if "alert" in rule
    }
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("info", "warning")
            assert {"summary", "description"} == set(rule["annotations"])


def test_the_panels():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["title"]
        assert panel["description"]
    known = {variable["name"] for variable in dashboard()["templating"]["list"]} | {"__rate_interval"}
    assert set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text())) - known == {"__all"}


def promtool(folder, *arguments):
    if shutil.which("promtool") is None:
        limits.skip("no-promtool")
    process = subprocess.run(
        ["promtool", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout


def test_promtool_accepts_the_rules(tmp_path):
    promtool(tmp_path, "check", "rules", RULES)


def test_promtool_accepts_the_queries_of_the_panels(tmp_path):
    group = {"name": "panels", "rules": [{"record": f"panel:{n}", "expr": each} for n, each in enumerate(queries())]}
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [group]}))
    promtool(tmp_path, "check", "rules", "panels.yml")


def test_which_series_raise_which_alert(tmp_path):
    for path in (RULES, Path(__file__).parent / "rules_test.yml"):
        shutil.copy(path, tmp_path)
    promtool(tmp_path, "test", "rules", "rules_test.yml")
