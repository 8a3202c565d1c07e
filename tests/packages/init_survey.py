"""Read the `__init__` of every class of the standard library and of packages: `python -m tests.packages.init_survey`.

It prints how many have a plan (`pooled._plan.init_reader`), and the most common reasons why the others have none. It
compares each plan with the real `__init__`: once carried out in Python, and once by the native engine, on a new and on
a recycled object. A difference is a failure.

The names of installed packages are arguments; without any, it reads those of `PACKAGES` that are installed.
"""

import argparse
import contextlib
import faulthandler
import importlib
import importlib.util
import io
import pkgutil
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import FunctionType, MemberDescriptorType
from typing import Any

import attrs

STDLIB = "stdlib"
PACKAGES = ("sqlalchemy", "pydantic", "django", "sympy", "rich", "networkx")
LEFT_OUT = frozenset({"__main__", "antigravity", "idlelib", "lib2to3", "this", "test", "tests", "turtle", "turtledemo"})
"""Names of modules and of packages in packages: they print, open windows, start programs, or are tests."""
CALLS = 40
"""Enough for the native engine to read an `__init__` and to carry it out."""
ROW = "{:14} {:>8} {:>9} {:>8} {:>8} {:>10} {:>6} {:>6}"
COLUMNS = ("package", "classes", "in Python", "own", "planned", "simulated", "in C", "wrong")

GROUPS = (
    (r"^line \d+ of .*?: ", ""),
    (r"^it calls (?!an inherited|__|.* (called twice|with other))\S+$", "it calls a function, a method or a class"),
    (r"^it calls \S+ with other arguments", "it calls an inherited __init__ with other arguments"),
    (r"^it reads .*", "it reads an attribute"),
    (r"^it uses super\(\)\..*", "it calls another method than __init__ by super()"),
    (r"^\S+ has \*args or \*\*kwargs", "it has *args or **kwargs"),
    (r"^the attribute .* is a descriptor", "an attribute is a descriptor"),
    (r"the (name|variable|field|attribute) '[^']*'", r"a \1"),
    (r"^its objects have neither", "objects have neither"),
)
"""Patterns of reasons and their replacements, so that similar reasons are counted together."""


@attrs.define
class Survey:
    """The counts of a package."""

    classes: int = 0
    in_python: int = 0
    own: int = 0
    planned: int = 0
    simulated: int = 0
    in_c: int = 0
    wrong: list[str] = attrs.field(factory=list)
    reasons: Counter[str] = attrs.field(factory=Counter)
    calls: Counter[str] = attrs.field(factory=Counter)

    def numbers(self) -> tuple[int, ...]:
        counts = (self.classes, self.in_python, self.own, self.planned, self.simulated, self.in_c)
        return (*counts, len(self.wrong))


# ---- the classes ----


def import_modules(top: str) -> None:
    """Import a package with all of its modules that can be imported; or the standard library."""
    if top == "django":
        _set_up_django()
    names = sorted(sys.stdlib_module_names) if top == STDLIB else [top]
    for name in names:
        if name not in LEFT_OUT:
            _import_tree(name)


def _set_up_django() -> None:
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.admin"])
    importlib.import_module("django").setup()


def _import_tree(name: str) -> None:
    module: Any = None
    with contextlib.suppress(Exception, SystemExit):  # a module for another system, or one that lacks a dependency
        module = importlib.import_module(name)
    for each in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if each.name not in LEFT_OUT and each.name.isidentifier():
            _import_tree(f"{name}.{each.name}")


def classes_of(top: str) -> list[type]:
    """All classes that the modules of a package, or of the standard library, have defined so far."""
    tops = sys.stdlib_module_names if top == STDLIB else {top}
    found, waiting = set(), [object]
    while waiting:
        for cls in type.__subclasses__(waiting.pop()):
            if cls not in found:
                found.add(cls)
                waiting.append(cls)
    named = [cls for cls in found if isinstance(cls.__module__, str) and cls.__module__.partition(".")[0] in tops]
    return sorted(named, key=lambda cls: (cls.__module__, cls.__qualname__))


# ---- what an `__init__` does ----


def arguments_of(plan: Any, defaults: int) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Arguments with which a class is called: new objects for the required parameters, and each kind for the others."""
    function = plan.functions[0].function
    required = plan.positional - defaults
    optional = plan.parameters[required : plan.positional]
    needed, others = [], []
    for name in plan.parameters[plan.positional :]:
        (others if name in (function.__kwdefaults__ or ()) else needed).append(name)
    for make in (None, lambda: None, object):
        args = [object() for _ in range(required)] + ([] if make is None else [make() for _ in optional])
        keywords = {name: object() for name in needed} | ({} if make is None else {name: make() for name in others})
        yield tuple(args), keywords
    if plan.positional_only == 0:
        yield (), {name: object() for name in reversed(plan.parameters)}


def content(obj: Any) -> dict[str, Any]:
    """The attributes of an object: those of its dict in their order, then those in slots."""
    found = {}
    with contextlib.suppress(AttributeError):  # it has only slots
        found |= object.__getattribute__(obj, "__dict__")
    for base in type(obj).__mro__:
        for name, member in vars(base).items():
            if isinstance(member, MemberDescriptorType):
                with contextlib.suppress(AttributeError):  # it is not set
                    found[f"{base.__qualname__}.{name}"] = member.__get__(obj)
    return found


def differences(real: Any, again: Any, other: Any, another: Any) -> Iterator[str]:
    """Yield how `other` and `another` differ from `real` and `again`, on which the real `__init__` ran."""
    expected, second = content(real), content(again)
    for obj in (other, another):
        if [*content(obj)] != [*expected]:
            yield f"has the attributes {[*content(obj)]}, not {[*expected]}"
            return
    for name, value in expected.items():
        values = [content(obj)[name] for obj in (other, another)]
        if second[name] is value:
            if any(each is not value for each in values):
                yield f"{name} is {values[0]!r}, not {value!r}"
        elif len({id(each) for each in (value, second[name], *values)}) < 4:
            yield f"{name} is not a container of its own"
        elif any(_shape(each) != _shape(value) for each in values):
            yield f"{name} is {values[0]!r}, like {_shape(values[0])}, not {_shape(value)}"


def _shape(container: Any) -> tuple[Any, ...]:
    settings = [getattr(container, name, None) for name in ("default_factory", "maxlen")]
    elements = [*container] if isinstance(container, Collection) else None  # other objects come from __new__
    return (type(container), elements, *settings)


class UnlikeError(Exception):
    """These arguments make no object of exactly this class, because its `__new__` does more."""


def blank(cls: type, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """A new object without `__init__`."""
    if getattr(cls, "__abstractmethods__", None):
        cls.__abstractmethods__ = frozenset()  # as in a subclass that defines the abstract methods
    try:
        obj = cls.__new__(cls, *args, **keywords) if cls.__new__ is not object.__new__ else cls.__new__(cls)
    except Exception as error:
        raise UnlikeError from error
    if type(obj) is not cls:
        raise UnlikeError
    return obj


def real(cls: type, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """An object on which the real `__init__` ran."""
    obj = blank(cls, args, keywords)
    cls.__init__(obj, *args, **keywords)  # an exception is a failure: no plan can raise one
    return obj


def simulated(plan: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """An object whose attributes are assigned as the plan says."""
    function = plan.functions[0].function
    defaults = dict(
        zip(reversed(plan.parameters[: plan.positional]), reversed(function.__defaults__ or ()), strict=False)
    )
    given = dict(zip(plan.parameters, args, strict=False))
    arguments = defaults | (function.__kwdefaults__ or {}) | given | keywords
    values = [arguments[name] for name in plan.parameters]
    obj = blank(plan.cls, args, keywords)
    for name, value in plan.values.items():
        chosen = value
        if hasattr(value, "sentinel"):
            chosen = value.same if values[value.test] is value.sentinel else value.other
        if hasattr(chosen, "index"):
            result = values[chosen.index]
        else:
            result = chosen.part.make() if hasattr(chosen, "part") else chosen.value
        object.__setattr__(obj, name, result)
    return obj


# ---- the survey ----


def check(make: Callable[..., Any], before: Mapping[int, tuple[Any, Any]], cases: Sequence[Any]) -> list[str]:
    """Return the faults of the objects that `make(args, keywords)` makes."""
    wrong = []
    for index, objects in before.items():
        args, keywords = cases[index]
        found = differences(*objects, make(args, keywords), make(args, keywords))
        wrong += [f"called with {args} and {keywords}, it {each}" for each in found]
    return wrong


def read(cls: type, survey: Survey, modules: Mapping[str, Any]) -> None:
    """Read the `__init__` of a class, and check its plan."""
    survey.classes += 1
    init = modules["find"](cls, "__init__")
    if not isinstance(init, FunctionType):
        return
    survey.in_python += 1
    survey.own += "__init__" in vars(cls)
    plan = modules["read_init"](cls)
    if isinstance(plan, str):
        reason = plan
        for pattern, group in GROUPS:
            reason = re.sub(pattern, group, reason)
        survey.reasons[reason] += 1
        if reason != plan:
            survey.calls[re.sub(GROUPS[0][0], "", plan)] += 1
        return
    survey.planned += 1
    cases = list(arguments_of(plan, len(init.__defaults__ or ())))
    before = {}
    for index, case in enumerate(cases):
        with contextlib.suppress(UnlikeError):
            before[index] = (real(cls, *case), real(cls, *case))
    if not before:
        return
    survey.simulated += 1
    wrong = check(lambda *case: simulated(plan, *case), before, cases)
    if not wrong and modules["engine"] == "native":
        wrong = check_in_c(cls, survey, modules, before, cases)
    survey.wrong += [f"{cls.__module__}.{cls.__qualname__}: {each}" for each in wrong]


def check_in_c(
    cls: type, survey: Survey, modules: Mapping[str, Any], before: Mapping[int, Any], cases: Sequence[Any]
) -> list[str]:
    """Return the faults of the objects that the native engine makes, if the class can be poolable."""
    args, keywords = cases[min(before)]
    try:
        modules["poolable"](cls)
        for _ in range(CALLS):
            cls(*args, **keywords)
    except Exception:  # a class that cannot be pooled; or a metaclass whose call does more
        return []
    store = modules["pool_of"](cls)._store
    made = 0

    def make(args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        nonlocal made
        count = store.inits()[0]
        obj = cls(*args, **keywords)
        made += store.inits()[0] - count
        return obj

    wrong = []
    for each in before:
        # Until 3.12, C does not construct an object again after its dict was read.
        store.clear()
        wrong += check(make, {each: before[each]}, cases)  # new ones
        store.clear()
        parked = make(*cases[each]), make(*cases[each])
        del parked
        wrong += check(make, {each: before[each]}, cases)  # recycled ones
    survey.in_c += made == 6 * len(before)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.packages.init_survey", description=__doc__)
    parser.add_argument("packages", nargs="*", help=f"packages to read ({STDLIB} and {', '.join(PACKAGES)})")
    given = parser.parse_args().packages
    faulthandler.enable()
    sys.unraisablehook = lambda _: None  # a __del__ fails with arguments like these
    tops = given or [STDLIB, *(name for name in PACKAGES if importlib.util.find_spec(name) is not None)]
    import pooled
    from pooled._plan.init_plan import find
    from pooled._plan.init_reader import read_init

    modules = {"find": find, "read_init": read_init, "poolable": pooled.poolable(max=4), "pool_of": pooled.pool_of}
    surveys: defaultdict[str, Survey] = defaultdict(Survey)
    print(f"Python {sys.version.split()[0]}, engine {pooled.engine}\n\n{ROW.format(*COLUMNS)}")
    for top in tops:
        unread = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(unread), contextlib.redirect_stderr(unread):
            warnings.simplefilter("ignore")
            import_modules(top)
            for cls in classes_of(top):
                read(cls, surveys[top], {**modules, "engine": pooled.engine})
        print(ROW.format(top, *surveys[top].numbers()), flush=True)
    total = sum((each.reasons for each in surveys.values()), Counter())
    print("\nthe commonest reasons for running __init__ as Python code")
    for reason, count in total.most_common(10):
        print(f"{count:>6}  {reason}")
    print("\nthe commonest names in them")
    for name, count in sum((each.calls for each in surveys.values()), Counter()).most_common(40):
        print(f"{count:>6}  {name}")
    wrong = [each for survey in surveys.values() for each in survey.wrong]
    print("\n".join(["", f"{len(wrong)} plans differ from what the real __init__ does", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
