"""The guide to Django: the same answers with pools and without, from a real gunicorn that forks its workers."""

import os
import signal
import time
from pathlib import Path

import limits
import pytest
from guide_pages import OFF, Guide, answers, ask, metric

pytestmark = [pytest.mark.long, limits.skip_if("no-fork")]

for _package in ("django", "gunicorn", "prometheus_client"):
    limits.require(_package)


@pytest.fixture
def guide(tmp_path):
    return Guide("django", tmp_path)


def check(metrics):
    """The counts of one of the two workers."""
    pool = "shop.pricing:Line"
    assert metric(metrics, "pooled_hits_total", pool) > 0
    assert metric(metrics, "pooled_misses_total", pool) <= 1_000  # prefill
    assert metric(metrics, "pooled_live_objects", pool) == 0
    assert metric(metrics, "pooled_max_objects", pool) == 4096
    assert "pooled_gc_pause_seconds_count" in metrics


def test_the_service(guide):
    with guide.serve("gunicorn", **OFF) as address:
        plain = answers(address)
    with guide.serve("gunicorn") as address:
        assert answers(address) == plain
        check(ask(f"{address}/metrics"))


def test_without_preloading(guide):
    config = guide.folder / "gunicorn.conf.py"
    config.write_text(config.read_text().replace("preload_app = True", "preload_app = False"))
    with guide.serve("gunicorn") as address:
        answers(address)
        check(ask(f"{address}/metrics"))


def catches(process, number):
    """Whether a process has a handler for a signal; a worker that still starts has none."""
    status = Path(f"/proc/{process}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (number - 1) & 1


@limits.skip_if("no-statm")
def test_the_kill_switch(guide):
    with guide.serve("gunicorn") as address:
        before = answers(address)
        workers = guide.children()
        assert len(workers) == 2
        for worker in workers:
            while not catches(worker, signal.SIGUSR2):
                time.sleep(0.1)
            os.kill(worker, signal.SIGUSR2)
        assert answers(address) == before
        for _ in range(10):
            assert metric(ask(f"{address}/metrics"), "pooled_parked_objects", "shop.pricing:Line") == 0


MODELS = """
import gc, sys
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["app"], DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
)
django.setup()
import pooled
from app.models import Line, Order
from django.db import connection

with connection.schema_editor() as editor:
    editor.create_model(Order)
    editor.create_model(Line)
for number in range(50):
    order = Order.objects.create(owner=f"owner {number}")
    Line.objects.bulk_create([Line(order=order, amount=amount) for amount in range(3)])
order = None

def count(name, function):
    gc.collect()
    before = pooled.pool_of(Line).stats()
    print(name, function())
    gc.collect()
    after = pooled.pool_of(Line).stats()
    print(name, after.recycled - before.recycled, after.collected - before.collected, file=sys.stderr)

def related():
    return sum(line.amount for order in Order.objects.prefetch_related("lines") for line in order.lines.all())

count("queryset", lambda: sum(line.amount for line in Line.objects.all()))
count("iterator", lambda: sum(line.amount for line in Line.objects.iterator()))
count("prefetched", related)
line = Line.objects.get(pk=1)
line.amount = 7
line.save()
line.refresh_from_db()
print(line.amount, line == Line.objects.get(pk=1), line.order.owner, Line.objects.only("id").get(pk=2).amount)
"""


def test_models(tmp_path, guide):
    app = tmp_path / "app"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "models.py").write_text("""
import pooled
from django.db import models

@pooled.poolable(max=1000)
class Order(models.Model):
    owner = models.TextField()

@pooled.poolable(max=1000)
class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    amount = models.IntegerField()
""")
    (tmp_path / "check_models.py").write_text(MODELS)
    pooled, plain = (guide.run_command("python check_models.py", **environ) for environ in ({}, OFF))
    assert pooled.stdout == plain.stdout
    assert pooled.stderr.split("\n")[:3] == ["queryset 150 0", "iterator 150 0", "prefetched 0 150"]
