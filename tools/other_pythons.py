"""Run a make target on every interpreter but this one: `python tools/other_pythons.py make TARGET`.

The interpreters are those of POOLED_PYTHONS (paths with colons between them), else those on the PATH. All of them run,
one after another, even after a failure. At the end there is a line for each.

Another patch release of a version that this interpreter or an earlier one has gets an environment of its own, with a
build of its own: `KIND=3.11.2`.
"""

import os
import shutil
import subprocess
import sys
import time

VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15", "3.13t", "3.14t", "3.15t")
ASK = "import sys, sysconfig; print(sys.version, bool(sysconfig.get_config_var('Py_GIL_DISABLED')), sep='\\n')"


def other_pythons() -> dict[str, str]:
    """Return the paths of the interpreters, by the description that each prints of itself."""
    listed = os.environ.get("POOLED_PYTHONS")
    paths = listed.split(":") if listed else [shutil.which(f"python{version}") for version in VERSIONS]
    described = {subprocess.check_output([path, "-c", ASK], text=True): path for path in paths if path}
    described.pop(subprocess.check_output([sys.executable, "-c", ASK], text=True), None)
    return described


def environment_of(description: str) -> tuple[str, ...]:
    """Return the properties that all interpreters of an environment have in common."""
    version, is_free_threaded = description.splitlines()
    return (*version.split(".")[:2], is_free_threaded)


def main() -> None:
    """Run the command of the command line, with PYTHON set to each interpreter."""
    failed = False
    summary = []
    taken = {environment_of(subprocess.check_output([sys.executable, "-c", ASK], text=True))}
    for description, path in other_pythons().items():
        version = description.splitlines()[0]
        kind = [f"KIND={version.split()[0]}"] if environment_of(description) in taken else []
        taken.add(environment_of(description))
        print(f"\n== {version}: {path}", flush=True)
        start = time.monotonic()
        status = subprocess.run([*sys.argv[1:], f"PYTHON={path}", *kind], check=False).returncode
        failed = failed or status != 0
        summary.append(f"{'failed' if status else 'passed'} in {time.monotonic() - start:.0f} s: {version}")
    print("\n".join(["", *summary]) if summary else "there is no other interpreter")
    sys.exit(failed)


if __name__ == "__main__":
    main()
