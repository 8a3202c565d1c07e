"""Runs random programs about construction over random classes and their poolable twins, and compares all that is seen."""

import ast
import contextlib
import functools
import gc
import re
import sys
import warnings
import zlib
from dataclasses import dataclass
from types import ModuleType

from twins.construction_classes import random_shape
from twins.construction_prelude import HERE, STEP, fill, namespace
from twins.construction_shape import Draw, Shape
from twins.construction_steps import Steps, arguments
from twins.construction_view import View, references, without_addresses

MODULE = "twin_module"
PARAMETERS = ("", "", "", "", "max=1", "max=2", "max=0", "scope='global'", "max_cap=8")

unraisable: list[str] = []
"""What `sys.unraisablehook` was given during a step."""


@dataclass
class Case:
    """A class and a program."""

    seed: str
    shape: Shape
    parameters: str
    steps: list[str]

    def __str__(self) -> str:
        steps = "\n".join(self.steps)
        return (
            f"# seed {self.seed}\n# poolable = pooled.poolable({self.parameters})\n{self.shape.text}\n# steps:\n{steps}"
        )


class Module:
    """The module of one of the twins."""

    def __init__(self, case: Case, package: ModuleType | None) -> None:
        self.shape = case.shape
        self.module = sys.modules[MODULE] = ModuleType(MODULE)
        self.scope = vars(self.module)
        self.scope.update({**namespace(MODULE), "__name__": MODULE})
        parameters = eval(f"dict({case.parameters})")
        self.scope["poolable"] = (lambda cls: cls) if package is None else package.poolable(**parameters)
        self.scope["fill"] = functools.partial(fill, case.shape.fields)
        self.scope["take"] = type.__call__ if package is None else package.take
        with warnings.catch_warnings(action="ignore"):
            exec(compile(case.shape.text, f"<{MODULE}>", "exec", dont_inherit=True), self.scope)

    def step(self, source: str, *, full: bool) -> list[str]:
        """Run a step; return what it shows, and what the variables are afterwards."""
        sys.modules[MODULE] = self.module
        view = View(self.scope, MODULE, self.shape.fields, full=full)
        try:
            outcome = [f"value {view.show(self._run(source))}"]
        except RecursionError:
            outcome = ["error RecursionError"]
        except Exception as error:
            outcome = [without_addresses(f"error {type(error).__name__}: {error}"), f"frames {frames_of(error)}"]
        view.kept.clear()
        if "collect" in source:  # a cycle that the step has left must not wait for the collection of the other twin
            gc.collect()
        counts = references(self.scope)
        view = View(self.scope, MODULE, self.shape.fields, full=full)
        log = self.scope["log"]
        log += unraisable
        unraisable.clear()
        shown = [*outcome, f"references {counts}", f"log {view.show([*log])}", *view.variables()]
        log.clear()
        return shown

    def _run(self, source: str):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, STEP, "exec"), self.scope)
        return None if last is None else eval(compile(ast.Expression(last.value), STEP, "eval"), self.scope)


def frames_of(error: BaseException) -> list[tuple[str, int]]:
    """The functions in the traceback of an error, below the step."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append((code.co_name, 0 if code.co_filename == HERE else traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def random_case(seed: str, package: ModuleType) -> Case:
    """A random class that can be defined, and a program over it."""
    rng = Draw(seed)
    while True:
        case = Case(seed, random_shape(rng), rng.choice(PARAMETERS), [])
        with contextlib.suppress(Exception):
            Module(case, None)
            break
    calls = [arguments(rng, case.shape, valid=True) for _ in range(8)]
    scratch = Module(case, None)
    valid = [call for call in calls if scratch.step(f"C({call})", full=False)[0].startswith("value")]
    case.steps = Steps(rng, case.shape, valid, reference=package.engine == "reference").program(24)
    return case


def difference(case: Case, package: ModuleType) -> str | None:
    """What differs between a class and its poolable twin; None if nothing does."""
    plain = Module(case, None)
    try:
        twin = Module(case, package)
    except TypeError as error:
        if str(error).startswith("cls="):
            return None  # it cannot be poolable
        raise
    for step in case.steps:
        full = zlib.crc32(f"{case.seed} {step}".encode()) % 5 < 2
        expected, found = plain.step(step, full=full), twin.step(step, full=full)
        if "**{5: 5}" in step and any("TypeError: keywords must be strings" in text for text in found):
            # A class with a tp_vectorcall never gets such a call; the plain class may find another fault first.
            expected, found = (
                [re.sub("TypeError: .*", "TypeError", text) for text in shown] for shown in (expected, found)
            )
        if expected != found:
            lines = [
                f"  plain:  {one}\n  pooled: {other}"
                for one, other in zip(expected, found, strict=False)
                if one != other
            ]
            return "\n".join([f"{step}", *lines])
    return None


def smallest(case: Case, package: ModuleType) -> Case:
    """The case without the steps that a difference does not need."""
    case = Case(case.seed, case.shape, case.parameters, list(case.steps))
    size = len(case.steps)
    if difference(case, package) is None:
        return case
    while size:
        start = 0
        while start < len(case.steps):
            fewer = Case(case.seed, case.shape, case.parameters, case.steps[:start] + case.steps[start + size :])
            if difference(fewer, package) is not None:
                case = fewer
            else:
                start += size
        size //= 2
    return case


def find(seed: str, package: ModuleType, *, shrink: bool = True) -> str | None:
    """Try one class; a report if its twin differs."""
    case = random_case(seed, package)
    found = difference(case, package)
    if found is None:
        return None
    if shrink:
        smaller = smallest(case, package)
        again = difference(smaller, package)
        case, found = (case, f"it did not happen again\n{found}") if again is None else (smaller, again)
    return f"{case}\n# difference:\n{found}\n"


@contextlib.contextmanager
def quiet():
    """Without the collector; errors that nobody can catch are part of what a step shows."""
    was_enabled, hook = gc.isenabled(), sys.unraisablehook
    gc.disable()
    sys.unraisablehook = lambda report: unraisable.append(f"unraisable {report.exc_type.__name__}: {report.exc_value}")
    try:
        yield
    finally:
        sys.modules.pop(MODULE, None)
        sys.unraisablehook = hook
        if was_enabled:
            gc.enable()
