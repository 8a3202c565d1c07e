"""The C extension of the native engine, and nothing else: what can be said without code is in pyproject.toml.

`POOLED_BUILD_NATIVE=1` makes a build that fails an error, as CI wants it; `=0` leaves the extension out. Without it,
and without a C compiler, the installation succeeds and `pooled.engine` is "reference".
"""

import os
import platform
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

HERE = Path(__file__).parent
SOURCES = Path("pooled/_engine/native")

wish = os.environ.get("POOLED_BUILD_NATIVE", "")
if wish not in ("", "0", "1"):
    sys.exit(f"POOLED_BUILD_NATIVE={wish!r}: expected 1 (build it or fail), 0 (leave it out), or nothing at all")

# Of the free-threaded builds, the engine was tried out on that of 3.13 alone.
is_known = not sysconfig.get_config_var("Py_GIL_DISABLED") or sys.version_info[:2] == (3, 13)
can_be_built = platform.python_implementation() == "CPython" and is_known
if wish == "1" and not can_be_built:
    sys.exit(
        "POOLED_BUILD_NATIVE=1: the native engine needs CPython, and knows of its free-threaded builds that of 3.13; "
        "leave the variable out"
    )

if sys.platform == "win32":
    flags = ["/std:c11", "/O2"]
else:
    flags = ["-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra"]
    if wish == "1":
        flags.append("-Werror")


def extension(name: str, **macros: str) -> Extension:
    """The C module, under this name. Its two builds have the same object files, one after the other."""
    return Extension(
        f"pooled._engine.native.{name}",
        sources=sorted(str(path.relative_to(HERE)) for path in (HERE / SOURCES).rglob("*.c")),
        depends=sorted(str(path.relative_to(HERE)) for path in (HERE / SOURCES).rglob("*.h")),
        include_dirs=[str(SOURCES)],
        define_macros=list(macros.items()),
        extra_compile_args=[*flags, *os.environ.get("POOLED_CFLAGS", "").split()],
        extra_link_args=os.environ.get("POOLED_CFLAGS", "").split(),
        optional=wish != "1",
    )


# The usual build, and the one for the debug mode (POOLED_DEBUG), which traces objects (object/debug_trace.h).
builds = [extension("_native"), extension("_native_debug", POOLED_DEBUG_TRACE="1")]

setup(ext_modules=builds if can_be_built and wish != "0" else [])
