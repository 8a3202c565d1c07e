"""Download the packages as sdists, which contain their tests, and find their modules."""

import pkgutil
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from .suites import Suite


def unpacked(suite: Suite, folder: Path) -> Path:
    """The sdist of a package, unpacked into a folder below this one. It is downloaded only if it is not there."""
    target = folder / f"{suite.distribution}-{suite.version}"
    if not target.exists():
        unfinished = folder / f"{target.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        archive = _download(suite, unfinished)
        with tarfile.open(archive) as file:
            file.extractall(unfinished, filter="data")
        archive.unlink()
        (content,) = unfinished.iterdir()
        content.rename(target)
        unfinished.rmdir()
    return target


def _download(suite: Suite, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    # Not `:all:`, which would also compile the tools that build the package.
    command += ["--no-binary", suite.distribution, f"{suite.distribution}=={suite.version}"]
    subprocess.run(command, check=True)
    (archive,) = folder.iterdir()
    return archive


def modules_of(suite: Suite, source: Path) -> list[str]:
    """The names of the modules of a package, which is not imported."""
    names = [suite.package, *_modules_in(source / suite.package, f"{suite.package}.")]
    without = [name for each in suite.without for name in names if f"{name}.".startswith(f"{each}.")]
    return [name for name in names if name not in without]


def _modules_in(folder: Path, prefix: str) -> Iterator[str]:
    for module in pkgutil.iter_modules([str(folder)], prefix):
        last = module.name.removeprefix(prefix)
        if last.isidentifier():  # no program imports other names, such as `hook-lark`
            yield module.name
            if module.ispkg:
                yield from _modules_in(folder / last, f"{module.name}.")
