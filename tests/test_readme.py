"""The example of the README runs, it stays short, and each line of the contract has tests."""

import re
from pathlib import Path

from contract.contract_lines import CONTRACT_LINES
from helpers import run_python

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_runs():
    code = "\n".join(blocks("python"))
    assert run_python(code) == (0, "0.998\n")


def test_it_is_read_in_a_minute():
    assert len(README.splitlines()) < 150


def test_each_line_of_the_contract_has_a_file_of_tests():
    text = (ROOT / "docs" / "explanation" / "contract.md").read_text(encoding="utf-8")
    lines = {int(number): words for number, words in re.findall(r"^(\d+)\. \*\*(.+?)\*\*", text, re.MULTILINE)}
    assert lines == {number: words for number, (words, _) in CONTRACT_LINES.items()}
    folder = ROOT / "tests" / "contract"
    for number, (_, name) in CONTRACT_LINES.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f'"""Contract line {number}: '), name
