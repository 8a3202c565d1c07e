"""The guide to msgspec: its programs print what it says, and a service answers the same with pools and without."""

import limits
import pytest
from guide_pages import OFF, Guide

pytestmark = pytest.mark.long

limits.require("msgspec")


@pytest.mark.parametrize("name", ["refused.py", "decoded.py", "encoded.py"])
def test_the_program_prints_what_the_page_says(tmp_path, name):
    guide = Guide("msgspec", tmp_path)
    _, printed = guide.command(f"python {name}")
    assert guide.run(f"python {name}").split() == printed.split()


REQUESTS = """
import json, random
import pooled, service

rng = random.Random(5)
for number in range(30):
    items = [{"product": rng.randrange(900), "count": rng.randrange(9)} for _ in range(rng.randrange(300))]
    print(service.price(json.dumps({"number": number, "items": items}).encode()))
if pooled.engine == "native":
    stats = pooled.pool_of(service.Line).stats()
    assert stats.hits > stats.misses and stats.live == 0, stats
"""


def test_the_service_answers_the_same(tmp_path):
    guide = Guide("msgspec", tmp_path)
    (tmp_path / "requests.py").write_text(REQUESTS)
    pooled, plain = (guide.run_command("python requests.py", **environ).stdout for environ in ({}, OFF))
    assert pooled == plain
