"""A build compiles only the files that changed, and the checked build never replaces the normal one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import limits
import pytest
from conftest import is_built

limits.require("setuptools", minversion="77")
if not is_built():
    limits.skip("not-built", allow_module_level=True)

ROOT = Path(__file__).parent.parent.parent
NATIVE = Path("pooled", "_engine", "native")
FILES = {
    "base/lock.h": "extern int held;\nint lock_acquire(void);\n",
    "base/lock.c": '#include "base/lock.h"\n#include <assert.h>\nint lock_acquire(void) { assert(!held); return 0; }\n',
    "pool/store.h": '#include "base/lock.h"\n',
    "pool/store.c": '#include "pool/store.h"\nint store_take(void);\nint store_take(void) { return lock_acquire(); }\n',
    "module.c": "int held;\n",
}
"""C files in place of those of the engine, which take long to compile."""


def build(tree, *, inplace=True, **environ):
    """Run setup.py; return its exit status and what it printed."""
    process = subprocess.run(
        [sys.executable, "setup.py", "build_ext", *(["--inplace"] if inplace else [])],
        cwd=tree,
        env=os.environ | {"POOLED_BUILD_NATIVE": "", "POOLED_BUILD_CHECKS": "", "POOLED_CFLAGS": "-O0"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return process.returncode, process.stdout


def compiled(tree, changed=None, added="", **environ):
    """Add a line to a file and build; return the C files that were compiled, once for each of the two modules."""
    before = {path: path.stat().st_mtime_ns for path in tree.glob("build/**/*.o")}
    if changed is not None:
        with (tree / NATIVE / changed).open("a", encoding="utf-8") as file:
            file.write(added + "\n")
    status, printed = build(tree, **environ)
    assert status == 0, printed
    after = {path: path.stat().st_mtime_ns for path in tree.glob("build/**/*.o")}
    return sorted(path.name.removesuffix(".o") for path, time in after.items() if before.get(path) != time)


@pytest.fixture
def tree(tmp_path):
    """A package with small C files, built in place."""
    shutil.copy(ROOT / "setup.py", tmp_path)
    packages = '["pooled._engine.native", "pooled._memory"]'
    project = f'[project]\nname = "pooled"\nversion = "1"\n[tool.setuptools]\npackages = {packages}\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    for name, text in FILES.items():
        path = tmp_path / NATIVE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    arrays = tmp_path / "pooled" / "_memory" / "native" / "arrays.c"
    arrays.parent.mkdir(parents=True)
    arrays.write_text("int arrays;\n", encoding="utf-8")
    (tmp_path / "pooled" / "_gc").mkdir()  # its extension has no C file here
    assert compiled(tmp_path) == ["arrays", "lock", "lock", "module", "module", "store", "store"]
    return tmp_path


def modules_of(tree):
    """The modules that were built in place, and what they contain."""
    return {path.name: path.read_bytes() for path in (tree / NATIVE).glob("*.so")}


def test_nothing_is_compiled_when_nothing_changed(tree):
    assert compiled(tree) == []


def test_only_a_changed_file_is_compiled(tree):
    assert len(modules_of(tree)) == 2
    before = modules_of(tree)
    assert compiled(tree, "pool/store.c", "int added_to_store;") == ["store", "store"]
    assert all(b"added_to_store" in text for text in modules_of(tree).values())
    assert modules_of(tree).keys() == before.keys()


@pytest.mark.long
def test_files_that_include_a_changed_header_are_compiled(tree):
    assert compiled(tree, "base/lock.h", "/* changed */") == ["lock", "lock", "store", "store"]
    assert compiled(tree, "pool/store.h", "/* changed */") == ["store", "store"]


@pytest.mark.long
def test_a_new_file_is_compiled_and_a_removed_one_is_not_linked(tree):
    assert compiled(tree, "base/new.c", "int new_name;") == ["new", "new"]
    assert all(b"new_name" in text for text in modules_of(tree).values())
    (tree / NATIVE / "base" / "new.c").unlink()
    assert compiled(tree) == []
    assert not any(b"new_name" in text for text in modules_of(tree).values())


@pytest.mark.long
def test_other_flags_have_other_objects(tree):
    assert len(compiled(tree, POOLED_CFLAGS="-O0 -DOTHER")) == 7
    assert compiled(tree) == []


@pytest.mark.long
def test_an_error_of_the_compiler_is_an_error(tree):
    path = tree / NATIVE / "module.c"
    path.write_text("nonsense\n", encoding="utf-8")
    status, printed = build(tree)
    assert status != 0
    assert "nonsense" in printed
    path.write_text("int held;\n", encoding="utf-8")
    assert compiled(tree) == ["module", "module"]


@pytest.mark.long
def test_the_checked_build_is_not_made_in_place(tree):
    before = modules_of(tree)
    status, printed = build(tree, POOLED_BUILD_CHECKS="1")
    assert status != 0
    assert "install without -e or --inplace" in printed
    assert modules_of(tree) == before


@pytest.mark.long
def test_the_checked_build_has_asserts_and_folders_of_its_own(tree):
    before = modules_of(tree)
    status, printed = build(tree, inplace=False, POOLED_BUILD_CHECKS="1")
    assert status == 0, printed
    checked = [path.read_bytes() for path in (tree / "build" / "checks").glob("lib*/**/_native*.so")]
    assert [b"__assert_fail" in text for text in checked] == [True, True]
    assert not any(b"__assert_fail" in text for text in before.values())
    assert modules_of(tree) == before
    assert compiled(tree) == []


@pytest.mark.parametrize("name", ["POOLED_BUILD_NATIVE", "POOLED_BUILD_CHECKS"])
def test_a_switch_is_0_or_1(tree, name):
    status, printed = build(tree, **{name: "yes"})
    assert status != 0
    assert f"{name}='yes': expected 1, 0, or an empty value" in printed
