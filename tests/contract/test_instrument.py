"""Classes of other packages become poolable when they are imported: by a call, and from the configuration file."""

import importlib
import importlib.machinery
import importlib.util
import sys
import textwrap

import pytest
from helpers import run_python

MODULE = """
class Request:
    def __init__(self, path="/"):
        self.path, self.headers = path, {}

    def clear(self):
        self.headers.clear()

    def size(self):
        return len(self.headers)

class Outer:
    class Inner:
        pass

class Session:
    def __init__(self):
        self.is_admin = False

    def reset(self):
        raise AssertionError("nobody named it")

def handle():
    return Request("/handled")

NUMBER = 5
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of another author, and a function that imports its module."""
    name = f"theirs_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / name / "web.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield f"{name}.web"
    for module in (name, f"{name}.web"):
        sys.modules.pop(module, None)


@pytest.mark.needs_pool
def test_before_and_after_the_import(pooled, package):
    for number in range(2):
        pooled.instrument.when_imported(f"{package}:{('Request', 'Outer.Inner')[number]}", max=7 + number)
        assert (package in sys.modules) == bool(number)
        module = importlib.import_module(package)
    request = module.handle()
    assert (request.path, isinstance(request, module.Request)) == ("/handled", True)
    del request
    pool = pooled.pool_of(module.Request)
    assert (pool.policy.max, pool.stats().recycled) == (7, 1)
    assert pooled.pool_of(module.Outer.Inner).policy.max == 8


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["Request", "list"])
def test_a_module_that_was_looked_for_and_not_imported(pooled, package, name):
    pooled.instrument.when_imported(f"{package}:{name}", max=3)
    spec = importlib.util.find_spec(package)
    assert isinstance(spec.loader, importlib.machinery.SourceFileLoader)
    module = importlib.import_module(package)
    assert type(module.__loader__) is type(module.__spec__.loader) is importlib.machinery.SourceFileLoader
    assert pooled.pool_of(getattr(module, name)().__class__).policy.max == 3


@pytest.mark.needs_pool
def test_a_builtin_again(pooled, package):
    pooled.instrument.when_imported(f"{package}:list", max=3)
    module = importlib.import_module(package)
    pooled.instrument.when_imported(f"{package}:list", max=7)
    pool = pooled.pool_of(module.list().__class__)
    assert (pool.policy.max, pool.stats().recycled) == (7, 1)


CONTAINED = """
from dataclasses import dataclass, field

@dataclass
class Made:
    number: int
    parts: list = field(default_factory=list)

class Called:
    def __init__(self, number):
        self.number, self.parts = number, list()
"""


@pytest.mark.needs_pool
@pytest.mark.parametrize("name", ["Made", "Called"])
def test_a_builtin_that_a_poolable_class_calls(pooled, package, tmp_path, name):
    (tmp_path / package.partition(".")[0] / "web.py").write_text(CONTAINED)
    for each in ("list", name):
        pooled.instrument.when_imported(f"{package}:{each}", max=3)
    cls = getattr(importlib.import_module(package), name)
    plain = pooled.poolable(type("Plain", (), {"__init__": lambda self, number: None}))
    assert pooled.field_reset(cls).in_c == pooled.field_reset(plain).in_c
    for number in range(3):
        made = cls(number)
        assert (made.number, made.parts) == (number, [])
        made.parts.append(number)


@pytest.mark.needs_pool
def test_with_attributes_that_are_kept(pooled, package):
    pooled.instrument.when_imported(f"{package}:Request", keep=("headers",))
    module = importlib.import_module(package)
    request = pooled.take(module.Request)
    request.headers["a"] = 1
    kept = id(request.headers)
    del request
    again = pooled.take(module.Request)
    assert (again.headers, id(again.headers), hasattr(again, "path")) == ({}, kept, False)


@pytest.mark.needs_pool
@pytest.mark.parametrize(
    "hooks",
    [
        {"reset": lambda request: request.clear(), "capacity": lambda request: request.size()},
        {"reset": "clear", "capacity": "size"},
    ],
    ids=["functions", "names"],
)
def test_with_hooks(pooled, package, hooks):
    pooled.instrument.when_imported(f"{package}:Request", scope="global", max_cap=1, **hooks)
    module = importlib.import_module(package)
    pool = pooled.pool_of(module.Request)
    assert isinstance(pool, pooled.GlobalPool)
    request = pooled.take(module.Request)
    request.headers["a"] = 1
    del request
    again = pooled.take(module.Request)
    assert (again.headers, again.path, pool.stats().hits) == ({}, "/", 1)


def test_a_method_that_is_not_named_is_not_called_and_not_warned_of(pooled, package):
    pooled.instrument.when_imported(f"{package}:Session")
    session = importlib.import_module(package).Session()
    session.is_admin = True
    del session
    assert vars(pooled.take(sys.modules[package].Session)) == {"is_admin": False}


SHAPES = """
import enum
from dataclasses import dataclass

class Point:
    class Name:
        pass

    def __init__(self, x=0):
        self.x = x

class Circle(Point):
    def __init__(self, x, radius):
        super().__init__(x)
        self.radius = radius

class Colour(enum.Enum):
    RED = 1

class Meta(type):
    pass

@dataclass
class Box:
    sides: list

Crate = Box
from fractions import Fraction
"""


@pytest.mark.needs_pool
def test_all_classes_of_a_module(pooled, package, tmp_path):
    (tmp_path / package.partition(".")[0] / "web.py").write_text(SHAPES)
    pooled.instrument.when_imported(f"{package}:*", max=3)
    module = importlib.import_module(package)
    used = [(module.Point.Name, ()), (module.Circle, (1, 2)), (module.Box, ([],))]
    for cls, arguments in used:
        for _ in range(2):
            cls(*arguments)
        pool = pooled.pool_of(cls)
        assert (pool.policy.max, pool.stats().hits) == (3, 1)
    assert module.Crate is module.Box
    assert isinstance(module.Circle(1, 2), module.Point)
    reasons = {
        target.partition(":")[2]: why for target, why in pooled.instrument.left_out().items() if package in target
    }
    assert "an enum cannot be pooled" in reasons.pop("Colour")
    assert "a metaclass cannot be pooled" in reasons.pop("Meta")
    if pooled.engine == "reference":  # `Circle` is a subclass of the original class
        assert "it has subclasses" in reasons.pop("Point")
    assert reasons == {}
    assert "fractions:Fraction" not in pooled.stats()


def test_a_class_that_was_made_poolable_before_all_others(pooled, package):
    pooled.instrument.when_imported(f"{package}:Request", max=1)
    pooled.instrument.when_imported(f"{package}:*", max=3)
    module = importlib.import_module(package)
    assert pooled.pool_of(module.Request).policy.max == 1
    assert pooled.pool_of(module.Outer).policy.max == 3


@pytest.mark.parametrize("setting", [{"reset": list.clear}, {"capacity": len}, {"keep": ("a",)}])
def test_all_classes_have_no_hook_in_common(pooled, setting):
    with pytest.raises(ValueError, match="'json:\\*': .*=.*: it needs a single class; name one"):
        pooled.instrument.when_imported("json:*", **setting)


def test_what_is_wrong_is_said_at_once(pooled):
    for target in ("json.JSONEncoder", "json:", ":X", 5, "json:a b"):
        with pytest.raises(ValueError, match="target: expected a class as 'package.module:Class'"):
            pooled.instrument.when_imported(target)
    with pytest.raises(ValueError, match="max=-1"):
        pooled.instrument.when_imported("json:JSONEncoder", max=-1)
    with pytest.raises(TypeError, match="keep='markers': expected the names of attributes"):
        pooled.instrument.when_imported("json:JSONEncoder", keep="markers")
    for hook in ("reset", "capacity"):
        with pytest.raises(TypeError, match=f"{hook}=3: expected a function that takes the object"):
            pooled.instrument.when_imported("json:JSONEncoder", **{hook: 3})
        with pytest.raises(ValueError, match=f"{hook}='a b': expected the name of a method"):
            pooled.instrument.when_imported("json:JSONEncoder", **{hook: "a b"})


def test_what_turns_out_wrong_stops_the_import(pooled, package):
    importlib.import_module(package)
    for name, why in (("Missing", "there is no 'Missing' in"), ("NUMBER", "expected a class"), ("handle", "a class")):
        with pytest.raises(ImportError, match=f"target='{package}:{name}': .*{why}"):
            pooled.instrument.when_imported(f"{package}:{name}")
    with pytest.raises(ImportError, match=r"reset='cleer': Request has no method 'cleer'; did you mean 'clear'\?"):
        pooled.instrument.when_imported(f"{package}:Request", reset="cleer")


def test_a_builtin_container_has_no_hooks(pooled, package):
    importlib.import_module(package)
    with pytest.raises(
        ImportError, match=f"target='{package}:list': reset=.*: a builtin container has no such setting"
    ):
        pooled.instrument.when_imported(f"{package}:list", reset=list.clear)


CONFIG = """
[instrument."{package}:Request"]
max = 5
reset = "clear"
capacity = "size"
"""


def run(code, tmp_path, engine, config):
    path = tmp_path / "pooled.toml"
    path.write_text(config)
    variables = {"PYTHONPATH": str(tmp_path), "POOLED_ENGINE": engine, "POOLED_CONFIG": str(path)}
    return run_python(textwrap.dedent(code), **variables)


@pytest.mark.needs_pool
def test_from_the_file(engine, package, tmp_path):
    code = f"""
        import pooled
        from {package} import Request
        request = pooled.take(Request)
        request.headers["a"] = 1
        del request
        pool = pooled.pool_of(Request)
        assert pool.policy.max == 5
        assert pooled.take(Request).headers == {{}}
        assert pool.stats().hits == 1, pool.stats()
    """
    assert run(code, tmp_path, engine, CONFIG.format(package=package)) == (0, "")


def test_all_classes_from_the_file(engine, package, tmp_path):
    code = f"""
        import pooled, {package}
        assert {{"{package}:Request", "{package}:Outer.Inner"}} <= set(pooled.stats())
    """
    assert run(code, tmp_path, engine, f'[instrument."{package}:*"]\nmax = 5') == (0, "")
    single = f'[instrument."{package}:*"]\nmax = 5\n[instrument."{package}:Request"]\nmax = 7'
    code = f"import pooled, {package} as m; assert pooled.pool_of(m.Request).policy.max == 7"
    assert run(code, tmp_path, engine, single) == (0, "")
    wrong = f'[instrument."{package}:*"]\nreset = "clear"'
    assert "reset='clear': it needs a single class; name one" in run(code, tmp_path, engine, wrong)[1]
    assert (
        "expected a class as 'package.module:Class', got" in run(code, tmp_path, engine, f'[classes."{package}:*"]')[1]
    )


def test_mistakes_in_the_file_stop_the_import_of_the_module(engine, package, tmp_path):
    config = f'[instrument."{package}:Request"]\nreset = "empty"'
    status, printed = run(f"import pooled, {package}", tmp_path, engine, config)
    assert status == 1
    last = printed.strip().splitlines()[-1]
    for part in ("ImportError", str(tmp_path / "pooled.toml"), "reset='empty': Request has no method 'empty'"):
        assert part in last
