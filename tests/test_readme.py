"""The README's examples run, one after the other as a reader would type them."""

import re
import tomllib
from pathlib import Path

from conftest import load
from helpers import run_python

README = (Path(__file__).parent.parent / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_runs():
    code = "\n".join(blocks("python"))
    assert run_python(code) == (0, "0.998\n")


def test_the_configuration_is_understood(tmp_path):
    (text,) = blocks("toml")
    path = tmp_path / "pooled.toml"
    path.write_text(text)
    package = load(POOLED_CONFIG=str(path))["pooled"]
    order = type("Order", (), {"__module__": "shop.orders"})
    assert package.pool_of(package.poolable(order)).policy.max == 64
    assert tomllib.loads(text)["defaults"]["max"] == 256


def test_the_promises_are_those_that_are_tested():
    promised = re.findall(r"^(\d+)\. ", README, re.MULTILINE)
    tested = sorted(int(path.name[10:12]) for path in Path(__file__).parent.glob("contract/test_line_*.py"))
    assert [int(number) for number in promised] == tested == list(range(1, 13))
