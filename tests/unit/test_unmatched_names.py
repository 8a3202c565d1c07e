"""Names in the configuration that match nothing: a warning at exit, or in the report of `run`, says why."""

import textwrap

import pytest
from cli_runner import pooled
from helpers import run_python

SHOP = """
import enum
import pooled

@pooled.poolable
class Order:
    pass

class Basket:
    pass

class Colour(enum.Enum):
    RED = 1
"""
PROGRAM = """
import contextlib
import pooled
with contextlib.suppress(ImportError):
    import shop.till
"""
CASES = {
    "classes.'shop.till:Ordr'": "there is no class 'Ordr' in shop.till; did you mean 'Order'?",
    "override.'shop.till:Nobody'": "there is no class 'Nobody' in shop.till",
    "classes.'shop.tills:Order'": "there is no module 'shop.tills'; did you mean 'shop.till'?",
    "classes.'shopp:Order'": "there is no module 'shopp'",
    "classes.'shop.till:Basket'": "it is not poolable; decorate it, or name it under [instrument]",
    "instrument.'shop.till:Colour'": "cls=Colour: an enum cannot be pooled",
    "instrument.'shop.till:Baskt'": "there is no 'Baskt' in shop.till; did you mean 'Basket'?",
}
MATCHED = (
    "classes.'shop.till:Order'",
    "instrument.'shop.till:Basket'",
    "instrument.'shop.till:*'",
    "classes.'json:Any'",
)
"""The last one is of a module that the program does not import."""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The folder of a package and of a program that uses it; both find it."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "till.py").write_text(SHOP)
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def configured(folder, section):
    path = folder / "pooled.toml"
    path.write_text(f"[{section}]\nmax = 3\n")
    return str(path)


@pytest.mark.parametrize("section", CASES)
def test_a_name_that_matches_nothing(shop, section):
    path = configured(shop, section)
    status, printed = run_python(PROGRAM, POOLED_CONFIG=path)
    assert status == 0
    assert printed.startswith(f"{path}:1: UserWarning: [{section}]: {CASES[section]}")


@pytest.mark.parametrize("section", MATCHED)
def test_no_warning_of_other_names(shop, section):
    assert run_python(PROGRAM, POOLED_CONFIG=configured(shop, section)) == (0, "")


@pytest.mark.parametrize("section", ["classes.'shop.till:Ordr'", "instrument.'shop.till:Colour'"])
@pytest.mark.parametrize("by_variable", [True, False])
def test_the_report_of_a_run_has_them(shop, section, by_variable):
    path = configured(shop, section)
    if by_variable:
        process = pooled("run", "program.py", cwd=shop, POOLED_CONFIG=path)
    else:
        process = pooled("run", "--config", path, "program.py", cwd=shop)
    assert process.returncode == 0
    assert " ".join(process.stderr.split()).count(f"[{section}]: {CASES[section]}") == 1


def test_the_warning_can_be_turned_off(shop):
    path = configured(shop, next(iter(CASES)))
    program = textwrap.dedent(PROGRAM)
    assert run_python(program, POOLED_CONFIG=path, PYTHONWARNINGS="ignore::UserWarning") == (0, "")
