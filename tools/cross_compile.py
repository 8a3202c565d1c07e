"""Compile and link the C extensions for macOS and Windows, on x86-64 and arm64, for `make cross`.

zig (the package `ziglang`) compiles each C file with the warnings of a normal build as errors, against the headers of
CPython for the platform, and links each module. A name that these headers do not declare as exported is an error of the
linker. Nothing is run. For Windows, the compiler is clang with the headers of MinGW, not MSVC.

The headers come from the sources of CPython, a folder or a tar file: `--sources PATH`. The default is Debian's source
package of this Python version, where there is `apt-get`. These sources have a `pyconfig.h` for Windows. For macOS,
`configure` makes one with zig, which takes minutes. `build/cross` keeps the headers for the next time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "cross"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
ZIG = [sys.executable, "-m", "ziglang"]
FLAGS = ["-Wall", "-Wextra", "-Werror", "-O0", "-fno-sanitize=undefined", "-DNDEBUG"]
TARGETS = {  # the first bytes of a module; on Windows, those after the header for DOS
    "x86_64-macos": b"\xcf\xfa\xed\xfe\x07\0\0\x01",
    "aarch64-macos": b"\xcf\xfa\xed\xfe\x0c\0\0\x01",
    "x86_64-windows": b"PE\0\0\x64\x86",
    "aarch64-windows": b"PE\0\0\x64\xaa",
}
SUITES = ("trixie", "bookworm", "forky", "sid")
NOT_NEEDED = (["Doc"], ["Lib"])
"""Folders of CPython's sources that no header and no step of `configure` needs."""
NOT_SUPPORTED = 'as_fn_error $? "cross build not supported for $host" "$LINENO" 5'
"""The error of `configure` for any system that CPython itself is not cross-compiled for."""
EXPORTED = re.compile(r"\bPyAPI_(FUNC|DATA)\s*\([^()]*\)\s*(?:\w+\([^()]*\)\s+|\w+\s+)*(_?Py\w+)\s*[;(\[]")


def run(*command: object, **options: Any) -> None:
    """Run a command; end this program with its output if it fails."""
    done = subprocess.run(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def debian_sources() -> Path | None:
    """Download Debian's source package of this Python version; None if it is not available."""
    apt = BUILD / "apt"
    for suite in SUITES if shutil.which("apt-get") else ():
        for folder in ("lists/partial", "cache/archives/partial"):
            (apt / suite / folder).mkdir(parents=True, exist_ok=True)
        line = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian"
        (apt / suite / "sources.list").write_text(f"{line} {suite} main\n", encoding="utf-8")
        options = {
            "Dir::Etc::sourcelist": apt / suite / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State::Lists": apt / suite / "lists",
            "Dir::Cache": apt / suite / "cache",
            "APT::Sandbox::User": "root",
        }
        get = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
        for arguments in (["update"], ["source", "--download-only", f"python{VERSION}"]):
            subprocess.run([*get, *arguments], cwd=apt, capture_output=True, check=False)
        with contextlib.suppress(StopIteration):
            return next(apt.glob(f"python{VERSION}_*.orig.tar.?z"))
    return None


def unpack(sources: Path) -> Path:
    """Return a folder with the sources of CPython, after unpacking an archive."""
    target = sources if sources.is_dir() else BUILD / VERSION / sources.name.partition(".tar")[0]
    if not target.exists():
        part = target.with_name("part")
        shutil.rmtree(part, ignore_errors=True)
        with tarfile.open(sources) as archive:
            needed = (each for each in archive if each.name.split("/")[1:2] not in NOT_NEEDED)
            archive.extractall(part, needed, filter="data")
        next(part.iterdir()).rename(target)
    found = re.search(
        r'define PY_VERSION\s+"(\d+\.\d+)', (target / "Include" / "patchlevel.h").read_text(encoding="utf-8")
    )
    if found is None or found[1] != VERSION:
        sys.exit(f"{sources}: expected the sources of CPython {VERSION}, which is the version of this interpreter")
    return target.resolve()


def write_macos_config(sources: Path, target: Path) -> None:
    """Run CPython's `configure` for macOS. CPython builds for both processors with one `pyconfig.h`."""
    folder = target.with_name("configure")
    folder.mkdir(exist_ok=True)
    print("pyconfig.h for macOS: configure runs for a few minutes", flush=True)
    compiler = f"{' '.join(ZIG)} cc -target aarch64-macos"
    system = {"MACHDEP": "darwin", "ac_sys_system": "Darwin", "ac_sys_release": "24.0"}
    known = {  # the results of programs that cannot be run here
        "ac_cv_buggy_getaddrinfo": "no",
        "ac_cv_file__dev_ptc": "no",
        "ac_cv_file__dev_ptmx": "yes",
        "ac_cv_pthread_is_default": "yes",
    }
    script = (sources / "configure").read_text(encoding="utf-8")
    (folder / "configure").write_text(script.replace(NOT_SUPPORTED, ":"), encoding="utf-8")
    options = ["--no-create", "--host=aarch64-apple-darwin", "--build=x86_64-pc-linux-gnu"]
    with (folder / "configure.log").open("w", encoding="utf-8") as log:
        subprocess.run(  # its last step fails, since it does not create the files that this step reads
            ["/bin/sh", "configure", f"--srcdir={sources}", f"--with-build-python={sys.executable}", *options],
            cwd=folder,
            env=os.environ | known | system | {"CC": compiler, "CXX": compiler, "AR": f"{' '.join(ZIG)} ar"},
            stdout=log,
            stderr=log,
            check=False,
        )
    run("./config.status", "pyconfig.h", cwd=folder)
    shutil.copy(folder / "pyconfig.h", target)


def make_headers(sources: Path, system: str) -> Path:
    """Return a folder with the `pyconfig.h` of macOS or Windows."""
    folder = BUILD / VERSION / system
    config = folder / "pyconfig.h"
    folder.mkdir(parents=True, exist_ok=True)
    if not config.exists():
        if system == "macos":
            write_macos_config(sources, config)
        else:
            shutil.copy(next((sources / "PC").glob("pyconfig.h*")), config)
    return folder


def exported_names(sources: Path) -> dict[str, str]:
    """Return the names that CPython's headers declare as exported, each with FUNC or DATA."""
    texts = (path.read_text(encoding="utf-8") for path in (sources / "Include").rglob("*.h"))
    return {name: kind for text in texts for kind, name in EXPORTED.findall(text)}


def write_python_library(names: dict[str, str], target: str, folder: Path) -> Path:
    """Write the part of Python's library that the linker needs: its names."""
    processor, system = target.split("-")
    name = f"python{VERSION.replace('.', '')}"
    if system == "macos":
        symbols = ", ".join(f"_{each}" for each in names)
        platform = f"{'arm64' if processor == 'aarch64' else processor}-macos"
        stub = folder / f"lib{name}.tbd"
        stub.write_text(
            f"--- !tapi-tbd\ntbd-version: 4\ntargets: [ {platform} ]\ninstall-name: '@rpath/lib{name}.dylib'\n"
            f"exports:\n  - targets: [ {platform} ]\n    symbols: [ {symbols} ]\n...\n",
            encoding="utf-8",
        )
        return stub
    definitions = folder / f"{name}.def"
    lines = (f"{each}{' DATA' if kind == 'DATA' else ''}" for each, kind in names.items())
    definitions.write_text("\n".join([f'LIBRARY "{name}.dll"', "EXPORTS", *lines, ""]), encoding="utf-8")
    machine = "arm64" if processor == "aarch64" else "i386:x86-64"
    run(*ZIG, "dlltool", "-m", machine, "-d", definitions, "-l", folder / f"{name}.lib", "-D", f"{name}.dll")
    return folder / f"{name}.lib"


def extensions_for(system: str) -> Iterable[Any]:
    """Return the C extensions that setup.py builds on macOS or Windows: objects of `setuptools.Extension`."""
    import_module("setuptools.command.build_ext")  # it reads the configuration of the real platform
    with (
        mock.patch("setuptools.setup") as setup,
        mock.patch("sys.platform", "win32" if system == "windows" else "darwin"),
        mock.patch.dict(os.environ, POOLED_BUILD_NATIVE="1"),
    ):
        runpy.run_path(str(ROOT / "setup.py"))
    found: Iterable[Any] = setup.call_args.kwargs["ext_modules"]
    return found


def link(extension: Any, target: str, config: Path, sources: Path, library: Path) -> Path:
    """Compile and link one module."""
    suffix = ".pyd" if target.endswith("windows") else ".so"
    module = library.parent / f"{extension.name.rpartition('.')[2]}{suffix}"
    run(
        *(*ZIG, "cc", "-target", target, "-shared", "-std=c11", *FLAGS),
        *(f"-D{name}={value}" for name, value in extension.define_macros),
        *(f"-I{folder}" for folder in (*extension.include_dirs, config, sources / "Include")),
        *extension.sources,
        library,
        *("-o", module),
        cwd=ROOT,
    )
    return module


def check(target: str, sources: Path, names: dict[str, str]) -> None:
    """Compile and link all modules for one target; print a line for each."""
    system = target.split("-")[1]
    config = make_headers(sources, system)
    folder = BUILD / VERSION / target
    folder.mkdir(exist_ok=True)
    library = write_python_library(names, target, folder)
    for extension in extensions_for(system):
        start = time.monotonic()
        module = link(extension, target, config, sources, library)
        if TARGETS[target] not in module.read_bytes()[:1024]:
            sys.exit(f"{module}: it is not a library for {target}")
        print(f"{target}: {extension.name} compiles and links ({time.monotonic() - start:.0f} s)", flush=True)


def main() -> None:
    """Check the targets that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, help="the sources of CPython, a folder or a tar file")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: {' '.join(TARGETS)}")
    arguments = parser.parse_args()
    unknown = {*arguments.targets} - {*TARGETS}
    if unknown:
        parser.error(f"{', '.join(unknown)}: expected some of {', '.join(TARGETS)}")
    BUILD.mkdir(parents=True, exist_ok=True)
    archive = arguments.sources or debian_sources()
    if archive is None:
        print(f"nothing was checked: no sources of CPython {VERSION}; pass a folder or a tar file, --sources PATH")
        return
    (BUILD / VERSION).mkdir(exist_ok=True)
    sources = unpack(archive)
    names = exported_names(sources)
    for target in arguments.targets or TARGETS:
        check(target, sources, names)
    print("nothing was run: these modules were only compiled and linked")


if __name__ == "__main__":
    main()
