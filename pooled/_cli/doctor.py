"""`python -m pooled doctor`: checks the installation, and says what would make it faster."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, TypeAlias

import pooled
from pooled import _config
from pooled._cli.table import Screen, table
from pooled._record import Record

State: TypeAlias = Literal["ok", "slower", "note"]

_NEEDED: Final = ("attrs", "wrapt")
_OPTIONAL: Final = ("numpy", "sortedcontainers", "prometheus-client", "opentelemetry-api")

_AGAIN: Final = "`POOLED_BUILD_NATIVE=1 pip install --force-reinstall --no-deps` of pooled prints why the build fails"


class Finding(Record, kw_only=False):
    """The result of one check.

    Attributes:
        name: what was checked.
        value: what was found.
        state: "ok"; "slower" if something else would be faster; "note" if it does not affect the speed.
        advice: what would make it faster; None if nothing would.
    """

    name: str
    value: str
    state: State = "ok"
    advice: str | None = None


def print_doctor(*, as_json: bool) -> int:
    """Print the findings, and return the exit status: 1 if something would make pools faster, else 0."""
    findings = [*_interpreter(), *_engine(), *_build(), *_packages(), *_settings()]
    faster = list(dict.fromkeys(each.advice for each in findings if each.advice is not None))
    if as_json:
        print(json.dumps({"findings": [each.asdict() for each in findings], "faster": faster}, indent=2))
    else:
        print(_text(findings, faster))
    return 1 if faster else 0


def _text(findings: list[Finding], faster: list[str]) -> str:
    screen = Screen.of(sys.stdout)
    rows = [(each.name, each.value, each.state) for each in findings]
    lines = [table(screen, ("check", "found", "state"), rows), ""]
    if faster:
        lines.append("To make it faster:")
        lines += [screen.wrap(f"- {advice}") for advice in faster]
    else:
        lines.append(screen.wrap("Everything is as fast as it can be here."))
    return "\n".join(lines)


def _interpreter() -> Iterator[Finding]:
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    yield Finding("Python", f"{sys.version.split()[0]}, {'with' if has_gil else 'without'} a GIL: {sys.executable}")
    yield Finding("pooled", f"{pooled.__version__}: {Path(pooled.__file__).parent}")


def _engine() -> Iterator[Finding]:
    engine = pooled.engine_info()
    if engine.why is not None:
        yield Finding("engine", f"{engine.name}: {engine.why}", "slower", _advice_for_engine())
        return
    yield Finding("engine", f"{engine.name}, built for Python {engine.built_for}")
    yield _construction()
    lost = [name for name, is_kept in engine.keeps_capacity.items() if not is_kept]
    if lost:
        advice = "Use a released version of CPython: in this one, the layout of these containers differs"
        yield Finding("keep capacity", f"not {', '.join(lost)}", "slower", advice)
    else:
        yield Finding("keep capacity", ", ".join(engine.keeps_capacity))


def _advice_for_engine() -> str:
    if os.environ.get("POOLED_ENGINE"):
        return f"Unset POOLED_ENGINE, which selects the {pooled.engine} engine"
    folder = Path(pooled.__file__).parent
    if (folder.parent / "setup.py").exists():
        return (
            f"Python imported the sources in {folder}, which are not built: change to another folder, "
            "run `python -P`, or build them with `make dev`"
        )
    if _is_untested_build():
        return "Use a Python with a GIL, or free-threaded 3.13: the native engine is not tested on this build"
    return f"Install pooled with the native engine: {_AGAIN}"


def _is_untested_build() -> bool:
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED")) and sys.version_info[:2] != (3, 13)


def _construction() -> Finding:
    """Whether C carries out the `__init__` of a simple class."""

    class Simple:
        def __init__(self, value: int) -> None:
            self.value = value

    resets = pooled.field_reset(Simple)
    if resets.in_c:
        return Finding("construction", "in C if `__init__` only assigns attributes")
    return Finding("construction", resets.construction, "slower", "Use a Python with a GIL to construct objects in C")


def _build() -> Iterator[Finding]:
    """What the build of the native engine needs. It matters only if the native engine is missing."""
    is_needed = pooled.engine == "reference" and not os.environ.get("POOLED_ENGINE")
    compiler = _compiler()
    if compiler is not None:
        found = shutil.which(compiler)
        advice = None if found or not is_needed else f"Install a C compiler: {compiler} was not found. Then {_AGAIN}"
        yield Finding("compiler", found or f"{compiler}: not found", "slower" if advice else "note", advice)
    header = Path(sysconfig.get_path("include"), "Python.h")
    has_header = header.exists()
    advice = None
    if is_needed and not has_header:
        advice = f"Install Python's headers (python3-dev): {header} was not found. Then {_AGAIN}"
    yield Finding(
        "headers", str(header.parent if has_header else f"{header}: not found"), "slower" if advice else "note", advice
    )


def _compiler() -> str | None:
    """The C compiler that an installation would call; None if setuptools searches for it in another way."""
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "")
    return command[0] if command else None


def _packages() -> Iterator[Finding]:
    for name in _NEEDED:
        found = _version(name)
        advice = None if found else f"Install {name}, which pooled needs: pip install {name}"
        yield Finding(name, found or "not installed", "slower" if advice else "ok", advice)
    for name in _OPTIONAL:
        yield Finding(name, _version(name) or "not installed", "note")
    if _version("numpy") and pooled.engine == "native":
        yield _arrays()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _arrays() -> Finding:
    if find_spec("pooled._memory.arrays") is not None:
        return Finding("array pools", "built")
    if sys.platform == "win32":
        return Finding("array pools", "not available on Windows", "note")
    return Finding("array pools", "not built", "slower", f"Install pooled again: {_AGAIN}")


def _settings() -> Iterator[Finding]:
    variables = sorted(name for name in os.environ if name.startswith("POOLED_") and os.environ[name])
    named = ", ".join(f"{name}={os.environ[name]}" for name in variables)
    yield Finding("configuration", named or "the defaults: no environment variables, no file", "note")
    if _config.current.debug:
        source = "Unset POOLED_DEBUG" if os.environ.get("POOLED_DEBUG") else "Remove `debug` from the file"
        advice = f"{source}: debug mode adds a few microseconds to each take"
        yield Finding("debug mode", f"on ({_config.current.debug})", "slower", advice)
    else:
        yield Finding("debug mode", "off")
