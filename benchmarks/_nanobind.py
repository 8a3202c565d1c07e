"""A C++ class that nanobind binds for Python, compared with a pooled subclass. `cases` first builds the class.

Only `take` of a class with a reset is measured: a call would initialise an object a second time, which nanobind does
not allow.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pooled
from benchmarks._measuring import Result, compare

SOURCE = Path(__file__).with_name("nanobind_small.cpp")


def cases(pairs: int) -> Iterator[Result]:
    """Make and drop an object. Without nanobind or a C++ compiler, there are no cases."""
    compiler = shutil.which("c++")
    if importlib.util.find_spec("nanobind") is None or compiler is None:
        print("  left out: nanobind or a C++ compiler is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        small = _built(compiler, Path(folder))
    plain = type("Small", (small,), {"__slots__": ()})
    ours = pooled.poolable(reset="reset")(type("Small", (small,), {"__slots__": ()}))
    names = {"take": pooled.take, "ours": ours, "plain": plain, "small": small}
    yield compare("take, against a subclass", "take(ours)", "plain()", names, pairs=pairs)
    yield compare("take, against the class", "take(ours)", "small()", names, pairs=pairs)


def _built(compiler: str, folder: Path) -> Any:
    nanobind: Any = importlib.import_module("nanobind")
    headers = Path(nanobind.include_dir())
    includes = [Path(sysconfig.get_path("include")), headers, headers.parent / "ext" / "robin_map" / "include"]
    product = folder / f"{SOURCE.stem}{sysconfig.get_config_var('EXT_SUFFIX')}"
    flags = ["-O2", "-std=c++17", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-strict-aliasing", "-DNDEBUG"]
    sources = [SOURCE, Path(nanobind.source_dir()) / "nb_combined.cpp"]
    subprocess.run(  # noqa: S603 (the machine's own compiler, on the source beside this file)
        [compiler, *flags, *(f"-I{each}" for each in includes), *map(str, sources), "-o", str(product)], check=True
    )
    spec = importlib.util.spec_from_file_location(SOURCE.stem, product)
    if spec is None or spec.loader is None:
        raise ImportError(f"{product}: Python cannot load this file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Small
