"""Build the C extensions, that of the native engine and that of array memory; pyproject.toml declares everything else.

Environment variables:

- `POOLED_BUILD_NATIVE`: 1 fails if the extension cannot be built, 0 leaves it out. By default the installation succeeds
  without a C compiler, and `pooled.engine` is "reference". On the free-threaded builds of 3.14 and 3.15, only 1 builds
  it.
- `POOLED_BUILD_CHECKS`: 1 makes the checked build, with asserts and consistency checks. It never builds in place.
- `POOLED_CFLAGS`: more flags for the compiler and the linker.
"""

import hashlib
import os
import platform
import shlex
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ENGINE = Path("pooled/_engine/native")
ARRAYS = Path("pooled/_memory/native")
COLLECTOR = Path("pooled/_gc/native")
CFLAGS = os.environ.get("POOLED_CFLAGS", "").split()
JOBS = 1 if sys.platform == "win32" else os.cpu_count() or 1  # setuptools cannot call MSVC on several threads


def read_switch(name: str) -> str:
    """Return the value of an environment variable that is 0, 1 or empty."""
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        sys.exit(f"{name}={value!r}: expected 1, 0, or an empty value; see the first lines of setup.py")
    return value


def is_cpython() -> bool:
    """Whether this interpreter is CPython."""
    return platform.python_implementation() == "CPython"


def is_supported() -> bool:
    """Whether the native engine is built: on a free-threaded build other than that of 3.13, only if it is asked for.

    No run of its tests on another free-threaded build is known.
    """
    is_untested = bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info[:2] != (3, 13)
    return is_cpython() and (not is_untested or wish == "1")


def has_posix_memory() -> bool:
    """Whether the memory of arrays can be pooled here."""
    return is_cpython() and sys.platform != "win32"


def is_current(built: Path) -> bool:
    """Whether an object file is newer than all files in its list of dependencies, which the compiler wrote."""
    try:
        built_at = built.stat().st_mtime
        listed = built.with_suffix(".d").read_text(encoding="utf-8").replace("\\\n", " ").partition(": ")[2]
        return all(Path(name).stat().st_mtime <= built_at for name in shlex.split(listed))
    except FileNotFoundError:
        return False


class BuildChanged(build_ext):
    """Compile only the C files that changed, or that include a header that changed, several at a time.

    The compilers other than MSVC write the headers of each object file into a file beside it; with MSVC, all files are
    compiled. Each combination of an interpreter, a compiler and its flags has its own folder of object files.
    """

    def finalize_options(self) -> None:
        """Build both extensions at the same time. With --inplace, an error of the compiler is an error."""
        super().finalize_options()
        self.is_edited = self.inplace and not self.editable_mode
        if JOBS > 1:
            self.parallel = self.parallel or 2

    def run(self) -> None:
        """Refuse to put a checked build in the place of a normal one."""
        if checks and self.inplace:
            sys.exit(
                "POOLED_BUILD_CHECKS=1: its modules would replace the normal build; install without -e or --inplace"
            )
        super().run()

    def build_extension(self, ext: Extension) -> None:
        """Compile the changed files of an extension, and link it."""
        if self.is_edited and shutil.which(getattr(self.compiler, "compiler_so", ["cl"])[0]):
            ext.optional = False
        with ThreadPoolExecutor((JOBS + 1) // 2) as pool:
            objects = list(pool.map(partial(self._compile_changed, ext, self._object_folder(ext)), ext.sources))
        target = Path(self.get_ext_fullpath(ext.name))
        target.unlink(missing_ok=True)  # else the linker is not called when the target is newer than the objects
        self.compiler.link_shared_object(
            objects,
            str(target),
            libraries=self.get_libraries(ext),
            extra_postargs=ext.extra_link_args,
            export_symbols=self.get_export_symbols(ext),
        )

    def _object_folder(self, ext: Extension) -> Path:
        command = (sys.version, sys.base_prefix, getattr(self.compiler, "compiler_so", ""), ext.extra_compile_args)
        key = hashlib.sha256(repr((command, ext.define_macros)).encode()).hexdigest()[:8]
        name = f"{ext.name.rpartition('.')[2]}-{sys.version_info.major}.{sys.version_info.minor}-{key}"
        return Path(self.get_finalized_command("build").build_base, "objects", name)

    def _compile_changed(self, ext: Extension, folder: Path, source: str) -> str:
        (built,) = self.compiler.object_filenames([source], output_dir=str(folder))
        if not is_current(Path(built)):
            self.compiler.compile(
                [source],
                output_dir=str(folder),
                macros=ext.define_macros,
                include_dirs=ext.include_dirs,
                extra_preargs=[] if self.compiler.compiler_type == "msvc" else ["-MMD"],
                extra_postargs=ext.extra_compile_args,
            )
        return built


def extension(name: str, sources: Path, *macros: tuple[str, str]) -> Extension:
    """Return the C module under this name, compiled from every C file below `sources`."""
    return Extension(
        name,
        sources=sorted(path.as_posix() for path in sources.rglob("*.c")),
        include_dirs=[str(sources)],
        define_macros=list(macros),
        extra_compile_args=[*flags, *CFLAGS],
        extra_link_args=CFLAGS,
        optional=wish != "1" and not checks,
    )


os.chdir(Path(__file__).parent)
wish = read_switch("POOLED_BUILD_NATIVE")
checks = read_switch("POOLED_BUILD_CHECKS") == "1"
if (wish == "1" or checks) and not is_supported():
    sys.exit(
        "POOLED_BUILD_NATIVE=1 or POOLED_BUILD_CHECKS=1: the native engine needs CPython, and POOLED_BUILD_NATIVE=1 on "
        "the free-threaded builds other than that of 3.13"
    )

if sys.platform == "win32":
    flags = ["/std:c11", "/O2"]
else:
    flags = ["-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra"]
    if wish == "1":
        flags.append("-Werror")
    if checks:
        flags += ["-O1", "-g", "-UNDEBUG", "-DPOOLED_CHECKS=1"]

# The normal build, and the build for the debug mode (POOLED_DEBUG), which traces objects: see object/debug_trace.h.
engine = [
    extension("pooled._engine.native._native", ENGINE),
    extension("pooled._engine.native._native_debug", ENGINE, ("POOLED_DEBUG_TRACE", "1")),
]
# The memory of arrays knows neither the engine nor the version of Python; it needs mmap and threads of POSIX.
arrays = [extension("pooled._memory.arrays", ARRAYS)] if has_posix_memory() else []
# The recorder of the collector's pauses needs neither.
recorder = [extension("pooled._gc.recorder", COLLECTOR)] if is_cpython() else []

setup(
    cmdclass={"build_ext": BuildChanged},
    ext_modules=[] if wish == "0" else [*(engine if is_supported() else []), *arrays, *recorder],
    options={"build": {"build_base": "build/checks"}} if checks else {},
)
