"""Configuration: the precedence of the environment, the file and `configure()`, and invalid settings."""

import sys

import pytest
from conftest import load
from helpers import run_python


def policy_of(package, **limits):
    @package.poolable(**limits)
    class Thing:
        pass

    return package.pool_of(Thing).policy


@pytest.fixture
def written(tmp_path):
    """A function that writes a configuration file and returns its path."""

    def write(text):
        path = tmp_path / "pooled.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def refusal(**environ):
    """The last line that the failing import of the package prints with these variables."""
    status, printed = run_python("import pooled", **environ)
    assert status == 1, printed
    return printed.strip().splitlines()[-1]


def test_defaults():
    package = load()["pooled"]
    assert policy_of(package) == package.Policy(max=1024, max_cap=4096, scope="local")


def test_environment():
    package = load(POOLED_MAX="3", POOLED_MAX_CAP="4", POOLED_SCOPE="global")["pooled"]
    assert policy_of(package) == package.Policy(max=3, max_cap=4, scope="global")
    assert policy_of(package, max=5, scope="local") == package.Policy(max=5, max_cap=4, scope="local")
    assert package.GlobalPool(list).policy == package.Policy(max=3, max_cap=4, scope="global")


def test_each_layer_over_the_one_below(written):
    path = written("""
        [defaults]
        max = 1
        max_cap = 1
        scope = "global"
        [classes."here:ByFile"]
        max = 7
        max_cap = 7
        [override."here:Overridden"]
        max = 9
    """)
    package = load(POOLED_CONFIG=path, POOLED_MAX_CAP="2")["pooled"]
    policies = {}
    for name in ("Plain", "ByFile", "Overridden"):
        for limits in ({}, {"max": 5}):
            cls = type(name, (), {"__module__": "here"})
            policies[name, *limits] = package.pool_of(package.poolable(**limits)(cls)).policy

    def policy(max, max_cap):  # noqa: A002
        return package.Policy(max=max, max_cap=max_cap, scope="global")

    assert policies == {
        ("Plain",): policy(1, 2),
        ("Plain", "max"): policy(5, 2),
        ("ByFile",): policy(7, 7),
        ("ByFile", "max"): policy(5, 7),
        ("Overridden",): policy(9, 2),
        ("Overridden", "max"): policy(9, 2),
    }


def test_configure_is_for_what_is_made_afterwards():
    package = load(POOLED_MAX="3")["pooled"]

    @package.poolable
    class Before:
        pass

    assert package.configure(max=4, scope="global") == package.Policy(max=4, max_cap=4096, scope="global")
    assert package.configure(max_cap=8) == package.Policy(max=4, max_cap=8, scope="global")
    assert policy_of(package) == package.Policy(max=4, max_cap=8, scope="global")
    assert policy_of(package, max=6).max == 6
    assert package.pool_of(Before).policy == package.Policy(max=3)
    with pytest.raises(ValueError, match="max=-1"):
        package.configure(max=-1, max_cap=1)
    assert package.configure() == package.Policy(max=4, max_cap=8, scope="global"), "a refusal changes nothing"


def test_the_classes_of_a_metaclass_are_configured_too(written):
    package = load(POOLED_CONFIG=written('[override."here:Order"]\nmax = 2\nscope = "global"'))["pooled"]
    order = package.PooledMeta("Order", (), {"__module__": "here"}, max=5)
    assert package.pool_of(order).policy == package.Policy(max=2, scope="global")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("POOLED_MAX", "many", "an int of 0 or more"),
        ("POOLED_MAX", "-1", "0 or more"),
        ("POOLED_MAX_CAP", "1.5", "an int of 0 or more"),
        ("POOLED_SCOPE", "everywhere", "'local' or 'global'"),
        ("POOLED_ENGINE", "fast", "native, reference, off"),
    ],
)
def test_variables_that_cannot_be_followed_stop_the_import(variable, value, expected):
    line = refusal(**{variable: value})
    assert "ConfigurationError" in line
    assert f"{variable}={value!r}" in line
    assert expected in line


def test_an_engine_that_was_not_built_stops_the_import():
    code = "import sys; sys.modules['pooled._engine.native._native'] = None; import pooled; print(pooled.engine)"
    status, text = run_python(code, POOLED_ENGINE="native")
    assert status == 1
    assert "ImportError: POOLED_ENGINE='native': it was not built" in text
    assert run_python(code, POOLED_ENGINE="") == (0, "reference\n")


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("[defaults]\nmax = -1", "max=-1", "0 or more"),
        ('[defaults]\nmax = "ten"', "max='ten'", "an int"),
        ("[defaults]\nmaximum = 5", "'maximum'", "max, max_cap, scope"),
        ("[limits]\nmax = 5", "'limits'", "[defaults], [classes], [override], [instrument], [numpy] or [gc]"),
        ("max = 5", "'max'", "[defaults]"),
        ("defaults = 5", "[defaults]", "a table"),
        ('[classes."here.Thing"]\nmax = 5', "'here.Thing'", "'package.module:Class'"),
        ('[classes]\n"here:Thing" = 5', "'here:Thing'", "a table"),
        ('[override."here:Thing"]\nscope = true', "scope=True", "'local' or 'global'"),
        ('[instrument."here:Thing"]\nreset = 5', "reset=5", "the name of a method"),
        ('[instrument."here:Thing"]\nmax = true', "max=True", "an int"),
        ('[instrument."here:Thing"]\nkeep = "buffer"', "keep='buffer'", "a list of names"),
        ('[instrument."here:Thing"]\nkeep = ["a b"]', "keep=['a b']", "a list of names"),
        ("[defaults\nmax = 5", "", "a TOML file"),
    ],
)
def test_a_file_that_cannot_be_followed_stops_the_import(written, text, key, expected):
    path = written(text)
    line = refusal(POOLED_CONFIG=path)
    for part in ("ConfigurationError", f"POOLED_CONFIG={path!r}", key, expected):
        assert part in line


def test_a_file_that_cannot_be_read_stops_the_import(tmp_path):
    missing, folder, binary = tmp_path / "missing.toml", tmp_path, tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, why in ((missing, "No such file"), (folder, "directory"), (binary, "UTF-8")):
        line = refusal(POOLED_CONFIG=str(path))
        assert f"POOLED_CONFIG={str(path)!r}" in line
        assert why in line


def test_engine_off_makes_everything_as_if_the_library_were_not_there():
    modules = load(POOLED_ENGINE="off")
    package, containers, arc = modules["pooled"], modules["pooled.containers"], modules["pooled.arc"]
    assert package.engine == "off"

    class Plain:
        def reset(self):
            raise AssertionError("nothing is recycled")

    decorated = package.poolable(reset="reset")(Plain)
    assert decorated is Plain
    assert type(Plain()) is Plain
    for pool in (package.GlobalPool(list), package.pool_of(containers.List), package.pool_of(Plain)):
        pool.take()
        assert pool.try_take() is None
        with pool.borrow() as obj:
            assert package.detach(obj) is obj
        assert (pool.prefill(5), pool.prune(), pool.clear(), len(pool)) == (0, 0, 0, 0)
        assert pool.stats() == package.Stats()
        pool.resize(max=3)
        assert pool.policy.max == 3
    assert package.try_take(containers.Dict) is None
    pool = package.GlobalPool(containers.List)
    values = containers.List([1])
    assert package.assign(values, pool) is values
    assert package.orphan(containers.List, [1]) == [1] == package.GlobalPool(lambda: [1], reset=list.clear).take()
    assert package.clear() == package.prune() == 0
    handle = arc.Arc(5, package.GlobalPool(arc.Cell))
    assert (handle.clone().get(), handle.strong_count()) == (5, 1)
    with pytest.raises(TypeError, match="immutable"):
        package.poolable(type("Number", (int,), {}))


def test_the_engine_has_a_name():
    import pooled

    assert pooled.engine in ("reference", "native", "off")
    assert sys.modules["pooled"].__version__
