"""Build the sdist, the wheel and the software bill of materials of a release into `dist`, for `make release`.

It builds the last commit with the tools of `tools/build-requirements.txt`, whose hashes pip checks. It builds twice, in
two folders, and fails if the files are not the same, byte for byte. Their times are the time of the commit, or
SOURCE_DATE_EPOCH. The bill of materials, a file of CycloneDX, lists the wheel and the packages that pip installs with
it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
REQUIREMENTS = ROOT / "tools" / "build-requirements.txt"


def run(*command: object, cwd: Path = ROOT) -> None:
    """Run a command without its output; end this program with it if the command fails."""
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")


def output(*command: str) -> bytes:
    """Return what a command prints."""
    return subprocess.check_output(command, cwd=ROOT)


def repack(sdist: Path, time: int) -> None:
    """Sort the members of an sdist, set their times to `time`, and remove their owner."""
    packed = io.BytesIO()
    with tarfile.open(sdist) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as new:
        for member in sorted(old, key=lambda member: member.name):
            clean = tarfile.TarInfo(member.name)
            clean.type, clean.size, clean.mode, clean.mtime = member.type, member.size, member.mode, time
            new.addfile(clean, old.extractfile(member))
    sdist.write_bytes(gzip.compress(packed.getvalue(), mtime=time))


def build(python: Path, folder: Path, time: int) -> list[Path]:
    """Build the last commit in a folder: an sdist, and from it a wheel; return both."""
    tree = folder / "tree"
    with tarfile.open(fileobj=io.BytesIO(output("git", "archive", "HEAD"))) as archive:
        archive.extractall(tree, filter="data")
    run(python, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, tree)
    (sdist,) = folder.glob("*.tar.gz")
    repack(sdist, time)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    run(python, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, unpacked)
    return [sdist, *folder.glob("*.whl")]


def digests(files: list[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file by its name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def write_bill(wheel: Path, folder: Path) -> Path:
    """Install a wheel alone, and write what was installed."""
    venv.create(folder, with_pip=False)
    installed = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", installed, "install", "--quiet", wheel)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bill = DIST / f"{project['name']}-{project['version']}.cdx.json"
    options = ["--pyproject", ROOT / "pyproject.toml", "--mc-type", "library", "--output-reproducible", "-o", bill]
    run(sys.executable, "-m", "cyclonedx_py", "environment", *options, installed)
    return bill


def main() -> None:
    """Build twice, compare, and put the files of the first build into `dist`."""
    time = int(os.environ.setdefault("SOURCE_DATE_EPOCH", output("git", "log", "-1", "--format=%ct").decode().strip()))
    os.environ.setdefault("POOLED_BUILD_NATIVE", "1")
    os.environ.setdefault("POOLED_CFLAGS", "-g0")  # symbols for debuggers name the folder of the build
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        venv.create(folder / "tools", with_pip=False)
        python = folder / "tools" / "bin" / "python"
        pinned = ["install", "--quiet", "--require-hashes", "-r", REQUIREMENTS]
        run(sys.executable, "-m", "pip", "--python", python, *pinned)
        built = [build(python, folder / name, time) for name in ("first", "second")]
        first, second = map(digests, built)
        if first != second:
            sys.exit(f"two builds differ:\n{first}\n{second}")
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        files = [Path(shutil.copy(file, DIST)) for file in built[0]]
        files.append(write_bill(files[1], folder / "installed"))
    for name, digest in digests(files).items():
        print(f"{digest}  dist/{name}")
    print("two builds gave the same sdist and wheel")


if __name__ == "__main__":
    main()
