"""Make or finish the virtual environment of the interpreter that runs this file. The Makefile calls this.

`python tools/environment.py [--kind KIND] [EXTRA ...]` installs what the package needs, and these extras of
pyproject.toml, into `.venv/3.14` (`.venv/3.14t` without the GIL, `.venv/3.14-checks` with a kind). Without a kind, the
package itself is installed in editable mode. With `--folder`, only the name of the environment is printed.

A file in the environment records the interpreter and every completed step. An environment of another interpreter is
replaced, and a step that was interrupted is repeated.
"""

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = Path(".venv")
INTERPRETER = [sys.version, os.path.realpath(getattr(sys, "_base_executable", sys.executable)), str(ROOT)]
EDITABLE = ["--no-deps", "--no-build-isolation", "--editable", "."]


class Environment:
    """A virtual environment of this interpreter, and the record of what was completed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.record = folder / "completed.json"
        self.completed: dict[str, object] = {}

    def open(self) -> None:
        """Read the record; create the environment if there is none of this interpreter."""
        if self.record.exists():
            self.completed = json.loads(self.record.read_text(encoding="utf-8"))
        if self.completed.get("interpreter") != INTERPRETER:
            shutil.rmtree(self.folder, ignore_errors=True)
            venv.create(self.folder, symlinks=True)
            self.completed = {}
            self.complete("interpreter", INTERPRETER)

    def complete(self, step: str, content: object) -> None:
        """Record that a step is completed, with this content."""
        self.completed[step] = content
        unfinished = self.record.with_suffix(".new")
        unfinished.write_text(json.dumps(self.completed, indent=1), encoding="utf-8")
        unfinished.replace(self.record)

    def install(self, step: str, requirements: list[str], content: object = None, **environ: str) -> None:
        """Install this with pip, unless the record has this step with the content (default: the requirements)."""
        content = content or requirements
        if self.completed.get(step) == content:
            return
        print(f"{self.folder}: installing {step}", flush=True)
        subprocess.run(
            [self.python, "-m", "pip", "install", "--quiet", "--prefer-binary", *requirements],
            env=os.environ | environ,
            check=True,
        )
        self.complete(step, content)

    def install_pip(self) -> None:
        """Install pip: the one that comes with the interpreter, else the newest, with another interpreter's pip."""
        if "pip" in self.completed:
            return
        if not (self.runs("-m", "ensurepip") and self.runs("-m", "pip", "--version")):
            purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
            target = subprocess.check_output([self.python, "-c", purelib], text=True).strip()
            arguments = ["-m", "pip", "install", "--quiet", "--upgrade", "--target", target, "pip"]
            others = [sys.executable, shutil.which("python3"), *ENVIRONMENTS.glob("*/bin/python")]
            if not any(subprocess.run([other, *arguments], check=False).returncode == 0 for other in others if other):
                sys.exit(f"PYTHON={sys.executable}: its ensurepip does not work, and no other interpreter here has pip")
        self.complete("pip", "installed")

    def runs(self, *arguments: str) -> bool:
        """Run the interpreter of the environment, without its output; return whether it succeeds."""
        process = subprocess.run([self.python, *arguments], capture_output=True, check=False)
        return process.returncode == 0


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", default="", help="an environment beside the normal one, without the package")
    parser.add_argument("--folder", action="store_true", help="print the folder of the environment")
    parser.add_argument("extras", nargs="*", metavar="EXTRA", help="an extra of pyproject.toml, such as test or docs")
    return parser.parse_args()


def folder_for(kind: str) -> Path:
    """Return the folder of the environment of this interpreter, of this kind."""
    implementation = "" if sys.implementation.name == "cpython" else sys.implementation.name
    version = f"{sys.version_info.major}.{sys.version_info.minor}{getattr(sys, 'abiflags', '')}"
    return ENVIRONMENTS / "-".join([implementation + version, *filter(None, [kind])])


def main() -> None:
    """Make or finish the environment that the command line names, or print its folder."""
    arguments = read_arguments()
    os.chdir(ROOT)
    environment = Environment(folder_for(arguments.kind))
    if arguments.folder:
        print(environment.folder)
        return
    configuration = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    project = configuration["project"]
    ENVIRONMENTS.mkdir(exist_ok=True)
    with (ENVIRONMENTS / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment.open()
        environment.install_pip()
        environment.install("dependencies", [*configuration["build-system"]["requires"], *project["dependencies"]])
        for extra in arguments.extras:
            environment.install(extra, project["optional-dependencies"][extra])
        if not arguments.kind:
            content = {"project": project, "setuptools": configuration["tool"]["setuptools"]}
            environment.install(project["name"], EDITABLE, content, POOLED_BUILD_NATIVE="0")


if __name__ == "__main__":
    main()
