"""Objects of random classes are constructed as those of their plain twins, whatever a program does with the classes."""

import random

import effort
import limits
import pytest
from twins.construction_run import find, quiet


@pytest.mark.thread_unsafe(reason="the collector is off, and tools of the whole process are set")
def test_construction_shows_no_difference(pooled):
    if pooled.engine == "reference":
        limits.skip("native-only")  # `test_twins` compares its proxies
    seed = random.randrange(1 << 32) if effort.is_long() else 0
    with quiet():  # the 36 classes of seed 0 found each of eight faults that were planted to test this test
        for number in range(effort.pick(short=36, long=1_500)):
            report = find(f"{seed}:{number}", pooled)
            assert report is None, report
