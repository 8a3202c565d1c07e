"""The guide to FastAPI: the same answers with pools and without, from a real uvicorn."""

import limits
import pytest
from guide_pages import OFF, ORDERS, Guide, answers, ask, metric

pytestmark = pytest.mark.long

for _package in ("fastapi", "uvicorn", "prometheus_client"):
    limits.require(_package)


@pytest.fixture
def guide(tmp_path):
    return Guide("fastapi", tmp_path)


def test_decorated(guide):
    with guide.serve("uvicorn app:app --port", **OFF) as address:
        plain = answers(address)
        assert metric(ask(f"{address}/metrics/"), "pooled_hits_total", "pricing:Line") == 0
    with guide.serve("uvicorn app:app --port") as address:
        assert answers(address) == plain
        metrics = ask(f"{address}/metrics/")
    assert metric(metrics, "pooled_hits_total", "pricing:Line") == 500 * len(ORDERS)
    assert metric(metrics, "pooled_live_objects", "pricing:Line") == 0
    assert 'pooled_gc_pause_seconds_count{generation="2"}' in metrics


def test_instrumented(guide):
    with guide.serve("uvicorn plain_app:app") as address:
        plain = answers(address)
    with guide.serve("python -m pooled run --config pooled.toml -m uvicorn") as address:
        assert answers(address) == plain
    log = (guide.folder / "server.log").read_text()
    assert "plain_pricing:Line" in log
    hits = next(line for line in log.splitlines() if line.startswith("plain_pricing:Line")).split()[1]
    assert int(hits.replace(",", "")) > 400 * len(ORDERS)


def test_workers(guide):
    with guide.serve("uvicorn app:app --workers") as address:
        assert len({*answers(address)}) == len(ORDERS)


def test_an_endpoint_without_async(guide):
    with guide.serve("uvicorn app:app --port") as address:
        for order in ORDERS:
            assert ask(f"{address}/orders/threaded", order) == ask(f"{address}/orders", order)
