"""The layers of the package hold, and `tools/check_layers.py` finds a violation that is planted in a copy."""

import shutil
import subprocess
import sys
from pathlib import Path

import limits
import pytest

for needed in ("grimp", "tree_sitter", "tree_sitter_c"):
    limits.require(needed)

ROOT = Path(__file__).parent.parent.parent
TOOL = ROOT / "tools" / "check_layers.py"
LINE = "    x += 1;\n"


def check(root):
    """Run the tool on a tree; return its exit status and the violations."""
    process = subprocess.run(
        [sys.executable, TOOL, root], stdout=subprocess.PIPE, text=True, encoding="utf-8", timeout=120, check=False
    )
    printed, _, violations = process.stdout.partition("violations: ")
    assert "layers, from top to bottom" in printed
    return process.returncode, {line.strip() for line in violations.splitlines()[1:]}


@pytest.fixture(scope="module")
def before():
    return check(ROOT)[1]


@pytest.fixture
def planted(tmp_path, before):
    """A function that appends to files of a copy of the package, and returns the violations that this caused."""
    shutil.copytree(ROOT / "pooled", tmp_path / "pooled", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def plant(folder="", **files):
        for name, text in files.items():
            path = tmp_path / "pooled" / folder / name.replace("__", "/").replace("_DOT_", ".")
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
        status, violations = check(tmp_path)
        assert status == 1
        return violations - before

    return plant


def plant_c(planted, **files):
    """Plant C files: `base__low_DOT_c` is base/low.c."""
    return planted("_engine/native", **files)


def test_the_package_keeps_its_layers():
    assert check(ROOT) == (0, set())


@pytest.mark.long
def test_a_call_upward(planted):
    found = plant_c(
        planted,
        pool__high_DOT_c="void high(void)\n{\n}\n",
        base__low_DOT_c="void high(void);\nvoid low(void)\n{\n    high();\n}\n",
    )
    assert found == {"upward: base/low.c → pool/high.c: high"}


@pytest.mark.long
def test_a_variable_of_a_layer_above(planted):
    found = plant_c(
        planted,
        paths__high_DOT_c="int high = 1;\n",
        containers__low_DOT_c="int low(void)\n{\n    extern int high;\n    return high;\n}\n",
    )
    assert found == {"upward: containers/low.c → paths/high.c: high"}


@pytest.mark.long
def test_an_include_upward(planted):
    found = plant_c(planted, object__low_DOT_h='#include "module/high.h"\n', module__high_DOT_h="\n")
    assert found == {"upward: object/low.h → module/high.h: #include"}


@pytest.mark.long
def test_a_macro_that_uses_a_layer_above(planted):
    found = plant_c(
        planted, base__low_DOT_h="#define LOW(x) high(x)\n", object__high_DOT_h="static inline void high(int x) {}\n"
    )
    assert found == {"upward: base/low.h → object/high.h: high"}


@pytest.mark.long
def test_a_local_variable_is_not_a_use(planted):
    found = plant_c(
        planted,
        pool__high_DOT_c="int high = 1;\n",
        base__low_DOT_c="int low(int high)\n{\n    return high;\n}\n",
        base__long_DOT_c="\n" * 451,
    )
    assert found == {"too long: base/long.c: 451 lines, at most 450"}


def test_a_cycle_of_c_files(planted):
    found = plant_c(
        planted,
        pool__one_DOT_c="void two(void);\nvoid one(void)\n{\n    two();\n}\n",
        pool__two_DOT_c="void one(void);\nvoid two(void)\n{\n    one();\n}\n",
    )
    assert len(found) == 1
    assert found <= {
        "cycle: pool/one.c → pool/two.c: two; pool/two.c → pool/one.c: one",
        "cycle: pool/two.c → pool/one.c: one; pool/one.c → pool/two.c: two",
    }


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        "import pooled.instrument\n",
        "def planted():\n    from pooled import instrument\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pooled.instrument import Instrumented\n",
    ],
)
def test_an_import_upward(planted, text):
    found = planted("_report", low_DOT_py=text)
    assert found == {f"upward: pooled._report.low → pooled.instrument: line {text.count(chr(10))}"}


@pytest.mark.long
def test_an_import_of_a_package_beside(planted):
    assert planted("_memory", low_DOT_py="import pooled._engine.off\n") == {
        "upward: pooled._memory.low → pooled._engine.off: line 1"
    }


@pytest.mark.long
def test_a_cycle_of_modules(planted):
    found = planted("_report", one_DOT_py="from pooled._report import two\n", two_DOT_py="import pooled._report.one\n")
    assert len(found) == 1
    assert "pooled._report.one → pooled._report.two: line 1" in found.pop()


@pytest.mark.long
def test_a_package_without_a_layer(planted):
    found = planted(new_DOT_py="import pooled._policy\n")
    assert found == {"unknown: pooled.new → pooled._policy: tool.check_layers has no layer new"}


def test_long_files_and_functions(planted):
    function = "int long_one(int x)\n{\n" + 58 * LINE + "}\n"
    found = planted(
        _engine__native__base__long_DOT_c=function,
        _report__long_DOT_py="def long_one(x):\n" + 60 * "    x += 1\n" + 240 * "\n",
    )
    assert found == {
        "too long: base/long.c: long_one: 61 lines, at most 60",
        "too long: pooled/_report/long.py: 301 lines, at most 300",
        "too long: pooled/_report/long.py: long_one: 61 lines, at most 60",
    }
