"""The examples of the README run, and each line of its contract has tests."""

import re
import tomllib
from pathlib import Path

from conftest import load
from contract.contract_lines import CONTRACT_LINES
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


def test_each_line_of_the_contract_has_a_file_of_tests():
    lines = {int(number): words for number, words in re.findall(r"^(\d+)\. \*\*(.+?)\*\*", README, re.MULTILINE)}
    assert lines == {number: words for number, (words, _) in CONTRACT_LINES.items()}
    folder = Path(__file__).parent / "contract"
    for number, (_, name) in CONTRACT_LINES.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f'"""Contract line {number}: '), name
