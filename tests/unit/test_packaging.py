"""An sdist has everything that builds and tests need, a wheel has only the package, and both can be installed.

The tests need the extra `packaging`, and are skipped without it.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import limits
import pytest
from conftest import is_built

import pooled

limits.require("build.__main__")
limits.require("setuptools", minversion="77")

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = (".*", "build", "dist", "*.egg-info", "_build", "__pycache__", "*.so", "*.pyd")
"""Files that a clean tree does not have, or that only the repository needs."""


def build(tree, target, *arguments, native):
    """Build a tree with `python -m build`; return the one file that it built."""
    process = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", target, *arguments, tree],
        env={**os.environ, "POOLED_BUILD_NATIVE": "1" if native else "0", "POOLED_CFLAGS": "-O0" if native else ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A clean tree."""
    target = tmp_path_factory.mktemp("tree") / "pooled"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return target


@pytest.fixture(scope="module")
def sdist(tree, tmp_path_factory):
    return build(tree, tmp_path_factory.mktemp("sdist"), "--sdist", native=False)


@pytest.fixture(scope="module")
def unpacked(sdist, tmp_path_factory):
    target = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (folder,) = target.iterdir()
    return folder


@pytest.fixture(scope="module")
def wheel(unpacked, tmp_path_factory):
    """The wheel that the unpacked sdist builds."""
    if not is_built():
        limits.skip("not-built")
    return build(unpacked, tmp_path_factory.mktemp("wheel"), "--wheel", native=True)


@pytest.fixture(scope="module")
def pure_wheel(unpacked, tmp_path_factory):
    return build(unpacked, tmp_path_factory.mktemp("pure"), "--wheel", native=False)


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def packed_in(wheel):
    """The files in a wheel, without the metadata."""
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if not name.split("/")[0].endswith(".dist-info")}


def of_the_package(tree):
    suffixes = (".py", ".pyi", ".typed")
    return {
        name for name in files_of(tree) if name.startswith(("pooled/", "_pooled_pytest")) and name.endswith(suffixes)
    }


def test_the_sdist_has_the_tree(tree, unpacked):
    assert files_of(tree) - files_of(unpacked) == set()


def test_the_sdist_has_nothing_else(tree, unpacked):
    made = {"PKG-INFO", "setup.cfg"}
    assert {name for name in files_of(unpacked) - files_of(tree) if ".egg-info/" not in name} == made


def test_a_wheel_has_the_package_and_its_compiled_modules(tree, wheel):
    packed = packed_in(wheel)
    compiled = {name for name in packed if name.endswith((".so", ".pyd"))}
    assert packed - compiled == of_the_package(tree)
    assert {name.partition(".")[0] for name in compiled} == {
        "pooled/_engine/native/_native",
        "pooled/_engine/native/_native_debug",
        "pooled/_gc/recorder",
        "pooled/_memory/arrays",
    }


def test_a_wheel_without_a_compiler_has_the_package(tree, pure_wheel):
    assert packed_in(pure_wheel) == of_the_package(tree)
    assert pure_wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize(
    "name",
    ["pooled/py.typed", "pooled/_engine/native/_native.pyi", "pooled/_gc/recorder.pyi", "pooled/_memory/arrays.pyi"],
)
def test_a_wheel_tells_type_checkers(name, pure_wheel):
    assert name in packed_in(pure_wheel)


@pytest.mark.parametrize(
    ("kind", "engine"), [("tree", "native"), ("sdist", "native"), ("wheel", "native"), ("pure_wheel", "reference")]
)
def test_an_installation_runs(kind, engine, request, tmp_path):
    """`pip install .` in a clone, and `pip install` of each file that is built."""
    if engine == "native" and not is_built():
        limits.skip("not-built")
    installed = tmp_path / "installed"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        installed,
    ]
    environ = {**os.environ, "POOLED_BUILD_NATIVE": "1", "POOLED_CFLAGS": "-O0"}
    source = request.getfixturevalue(kind)
    if source.is_dir():
        source = shutil.copytree(source, tmp_path / "clone")  # pip builds in it
    subprocess.run([*pip, source], env=environ, check=True)
    shown = "pooled.__file__, pooled.engine, pooled.__version__, pooled.take(pooled.containers.List)"
    code = f"import pooled.containers; print({shown})"
    printed = subprocess.check_output(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(installed)}, cwd=tmp_path, text=True
    )
    assert printed.split() == [str(installed / "pooled" / "__init__.py"), engine, pooled.__version__, "[]"]


@pytest.mark.parametrize("kind", ["sdist", "pure_wheel"])
def test_the_index_would_take_it(kind, request):
    limits.require("twine")
    built = request.getfixturevalue(kind)
    assert built.name.startswith(f"pooled_objects-{pooled.__version__}")
    subprocess.check_call([sys.executable, "-m", "twine", "check", "--strict", built], stdout=subprocess.DEVNULL)


def test_nothing_strange_is_in_a_wheel(wheel):
    limits.require("check_wheel_contents")
    subprocess.check_call([sys.executable, "-m", "check_wheel_contents", wheel], stdout=subprocess.DEVNULL)
