"""The containers as field types: pydantic, msgspec and cattrs treat each as its builtin type, and it is pooled."""

import collections
import copy
import datetime
import gc
import importlib
import json
import pickle
import types
import typing
from functools import partial

import effort
import limits
import pytest
from helpers import run_python
from hypothesis import given, settings
from hypothesis import strategies as st

BUILTINS = {
    "List": list,
    "Dict": dict,
    "Set": set,
    "Deque": collections.deque,
    "OrderedDict": collections.OrderedDict,
    "DefaultDict": collections.defaultdict,
    "Counter": collections.Counter,
}
PARAMETERS = {"Dict": (str, int), "OrderedDict": (str, int), "DefaultDict": (str, int), "Counter": (str,)}
MAPPINGS = list(PARAMETERS)
T = typing.TypeVar("T")

ITEMS = st.one_of(st.integers(-9, 9), st.sampled_from(["1", "x", 1.5, None, True]))
SEQUENCES = st.lists(ITEMS, max_size=4)
TABLES = st.dictionaries(st.sampled_from(["a", "b", "1"]), ITEMS, max_size=3)
MAKES = [list, tuple, collections.deque, set, frozenset]
MAKES_OF_TABLES = [dict, collections.OrderedDict, partial(collections.defaultdict, int), collections.Counter]
INPUTS = st.one_of(
    *(SEQUENCES.map(make) for make in MAKES),
    *(TABLES.map(make) for make in MAKES_OF_TABLES),
    st.none(),
    st.just("text"),
)


@pytest.fixture(params=BUILTINS)
def name(request):
    return request.param


@pytest.fixture(scope="session")
def pydantic(pooled):
    return limits.require("pydantic")


@pytest.fixture(scope="session")
def hooks(pooled):
    """`pooled.contrib.msgspec`, with the engine under test."""
    limits.require("msgspec")
    return importlib.import_module("pooled.contrib.msgspec")


@pytest.fixture(scope="session")
def converter(pooled):
    """A converter for JSON that knows the containers."""
    limits.require("cattrs")
    made = importlib.import_module("cattrs.preconf.json").make_converter()
    importlib.import_module("pooled.contrib.cattrs").configure(made)
    return made


def types_of(containers, name):
    """The annotations with the container and with the builtin type."""
    parameters = PARAMETERS.get(name, (int,))
    return getattr(containers, name)[parameters], BUILTINS[name][parameters]


def as_builtin(value):
    """A value with all containers as builtin types, and the names of these types."""
    builtin = next((base for base in reversed(BUILTINS.values()) if isinstance(value, base)), None)
    if builtin is None:
        return value
    if issubclass(builtin, dict):
        items = [(key, as_builtin(item)) for key, item in value.items()]
        return builtin.__name__, items, getattr(value, "default_factory", None)
    items = sorted(map(repr, value)) if builtin is set else [as_builtin(item) for item in value]
    return builtin.__name__, items, getattr(value, "maxlen", None)


def outcome(function, *args, **kwargs):
    """What a call returns, or the errors that pydantic found."""
    try:
        return as_builtin(function(*args, **kwargs))
    except ValueError as error:
        return [(e["type"], e["loc"], e["msg"]) for e in error.errors()] if hasattr(error, "errors") else str(error)


@pytest.mark.parametrize("name", BUILTINS)
@settings(max_examples=effort.examples(40), deadline=None)
@given(value=INPUTS, strict=st.booleans())
def test_pydantic_validates_as_the_builtin_type(containers, pydantic, name, value, strict):
    ours, theirs = map(pydantic.TypeAdapter, types_of(containers, name))
    for _ in range(2):
        mine = outcome(ours.validate_python, value, strict=strict)
        assert mine == outcome(theirs.validate_python, value, strict=strict)
    if not isinstance(value, (set, frozenset)):
        text = json.dumps(list(value) if isinstance(value, (tuple, collections.deque)) else value)
        assert outcome(ours.validate_json, text, strict=strict) == outcome(theirs.validate_json, text, strict=strict)
    if not isinstance(mine, list):
        valid = ours.validate_python(value, strict=strict)
        assert isinstance(valid, getattr(containers, name))
        assert outcome(ours.validate_python, valid, strict=True) == mine
        for mode in ("python", "json"):
            expected = theirs.dump_python(theirs.validate_python(value), mode=mode)
            assert as_builtin(ours.dump_python(valid, mode=mode)) == as_builtin(expected)
        assert ours.dump_json(valid) == theirs.dump_json(theirs.validate_python(value))


def test_pydantic_describes_it_as_the_builtin_type(containers, pydantic, name):
    ours, theirs = map(pydantic.TypeAdapter, types_of(containers, name))
    for mode in ("validation", "serialization"):
        assert ours.json_schema(mode=mode) == theirs.json_schema(mode=mode)


def make_json(annotation, library, hooks, converter):
    """A function that makes an object of this type from JSON."""
    if library == "pydantic":
        return limits.require("pydantic").TypeAdapter(annotation).validate_json
    if library == "msgspec":
        return partial(limits.require("msgspec").json.decode, type=annotation, dec_hook=hooks.dec_hook)
    return partial(converter.loads, cl=annotation)


LIBRARIES = ("pydantic", "msgspec", "cattrs")


@pytest.mark.needs_pool
@pytest.mark.parametrize("library", LIBRARIES)
def test_it_comes_from_the_pool_and_returns(pooled, containers, name, library, request):
    needed = {"msgspec": "hooks", "cattrs": "converter"}
    found = {fixture: request.getfixturevalue(fixture) for fixture in [needed.get(library)] if fixture}
    cls, (annotation, _) = getattr(containers, name), types_of(containers, name)
    decode = make_json(annotation, library, found.get("hooks"), found.get("converter"))
    text = '{"a": 1, "b": 2}' if name in MAPPINGS else "[1, 2, 3]"
    pool = pooled.pool_of(cls)
    decode(text)
    before = pool.stats()
    for _ in range(3):
        made = decode(text)
        assert isinstance(made, cls)
        assert len(made) == len(json.loads(text))
        del made
    after = pool.stats()
    assert (after.hits - before.hits, after.recycled - before.recycled) == (3, 3)
    assert after.live == before.live


@pytest.mark.needs_pool
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["List", "Set"])
def test_it_keeps_its_capacity(pooled, containers, name, library, request):
    if name not in pooled.engine_info().keeps_capacity and name.lower() not in pooled.engine_info().keeps_capacity:
        limits.skip("capacity-not-kept")
    if limits.FREE_THREADED and (name, library) == ("List", "cattrs"):
        limits.skip("capacity-not-kept")  # `list.extend` of CPython frees half of the memory if it needs less
    needed = {"msgspec": "hooks", "cattrs": "converter"}
    found = {fixture: request.getfixturevalue(fixture) for fixture in [needed.get(library)] if fixture}
    cls = getattr(containers, name)
    decode = make_json(cls[int], library, found.get("hooks"), found.get("converter"))
    pooled.pool_of(cls).clear()
    big = decode(json.dumps(list(range(200))))
    room = big.capacity()
    del big
    for _ in range(2):
        again = decode(json.dumps(list(range(60))))
        assert again.capacity() == room
        del again


@pytest.fixture(params=["model", "dataclass", "adapter"])
def nested(request, pydantic, containers):
    """A function that makes `{"rows": List[Dict[str, Set[date]]]}` from JSON, and how to get the rows."""
    rows = containers.List[containers.Dict[str, containers.Set[datetime.date]]]
    if request.param == "model":
        model = pydantic.create_model("Model", rows=(rows, ...))
    else:
        model = types.new_class("Model", (), exec_body=lambda ns: ns.update(__annotations__={"rows": rows}))
        model = pydantic.dataclasses.dataclass(model)
    adapter = pydantic.TypeAdapter(model)
    return adapter.validate_json if request.param != "adapter" else partial(adapter.validate_json, strict=True)


def test_nested_containers(containers, nested):
    made = nested('{"rows": [{"a": ["2020-01-02"]}, {}]}')
    assert made.rows == [{"a": {datetime.date(2020, 1, 2)}}, {}]
    assert isinstance(made.rows, containers.List)
    assert all(isinstance(row, containers.Dict) for row in made.rows)
    assert isinstance(made.rows[0]["a"], containers.Set)
    with pytest.raises(ValueError, match="validation error") as caught:
        nested('{"rows": [{}, {"b": ["2020-01-02", "x", "y"]}]}')
    assert [error["loc"] for error in caught.value.errors()] == [("rows", 1, "b", 1), ("rows", 1, "b", 2)]


def test_generic_models(containers, pydantic):
    class Page(pydantic.BaseModel, typing.Generic[T]):
        items: containers.List[T] = pydantic.Field(default_factory=containers.List)
        by_name: containers.Dict[str, T] | None = None

    page = Page[int](items=["1"], by_name={"a": "2"})
    assert (page.items, page.by_name) == ([1], {"a": 2})
    assert isinstance(page.items, containers.List)
    assert isinstance(Page[int]().items, containers.List)
    with pytest.raises(pydantic.ValidationError):
        Page[int](items=["x"])
    assert Page(items=["x"]).items == ["x"]


def test_models_that_are_copied_changed_and_pickled(pooled, containers, pydantic, importable):
    class Order(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(validate_assignment=True, from_attributes=True)
        lines: containers.List[int] = containers.List([7])
        prices: containers.Dict[str, float] = pydantic.Field(default_factory=containers.Dict)

    cls = importable(lambda cls: cls)(Order)
    order = cls(lines=[1, 2], prices={"a": 1})
    copies = [
        copy.deepcopy(order),
        order.model_copy(deep=True),
        pickle.loads(pickle.dumps(order)),
        cls.model_validate(order.model_dump()),
        cls.model_validate_json(order.model_dump_json()),
        cls.model_validate(types.SimpleNamespace(lines=order.lines, prices=order.prices)),
    ]
    for other in copies:
        assert other == order
        assert isinstance(other.lines, containers.List)
        assert isinstance(other.prices, containers.Dict)
        other.lines.append(3)
        assert order.lines == [1, 2]
    assert copy.copy(order).lines is order.lines
    order.lines = (4, "5")
    assert order.lines == [4, 5]
    assert isinstance(order.lines, containers.List)
    with pytest.raises(pydantic.ValidationError):
        order.lines = ["x"]
    first, second = cls(), cls()
    first.lines.append(8)
    assert (second.lines, second.prices) == ([7], {})


def test_constraints(containers, pydantic):
    def model(annotation, **constraints):
        return pydantic.create_model("Model", x=(typing.Annotated[annotation, pydantic.Field(**constraints)], ...))

    short = model(containers.List[int], min_length=2)
    assert short(x=[1, 2]).x == [1, 2]
    with pytest.raises(pydantic.ValidationError, match="at least 2 items"):
        short(x=[1])
    for name, base in BUILTINS.items():
        annotation, builtin = types_of(containers, name)
        value = {"a": 1} if name in MAPPINGS else [1]
        strict, expected = model(annotation, strict=True), model(builtin, strict=True)
        wrong = list(value.items()) if name in MAPPINGS else (1,)
        assert outcome(strict, x=wrong) == outcome(expected, x=wrong)
        for valid in (value, base(int, value) if name == "DefaultDict" else base(value)):
            assert outcome(lambda m: m.x, strict.model_validate_json(json.dumps({"x": value})))
            mine, theirs = (outcome(lambda m, v=valid: m(x=v).x, each) for each in (strict, expected))
            assert mine == theirs


def test_subclasses(pooled, containers, pydantic, hooks, converter):
    @pooled.poolable
    class Stack(containers.List[T]):
        pass

    @pooled.poolable
    class Prices(containers.Dict[str, T], typing.Generic[T]):
        pass

    class Numbers(Stack[int]):
        pass

    msgspec = limits.require("msgspec")
    for annotation, text, expected, wrong in (
        (Stack[int], "[1]", [1], '["x"]'),
        (Numbers, "[1]", [1], '["x"]'),
        (Prices[float], '{"a": 1.5}', {"a": 1.5}, '{"a": "x"}'),
        (Stack, '["x"]', ["x"], "3"),
        (containers.List, '["x"]', ["x"], "3"),
    ):
        for decode in (
            pydantic.TypeAdapter(annotation).validate_json,
            partial(msgspec.json.decode, type=annotation, dec_hook=hooks.dec_hook),
            partial(converter.loads, cl=annotation),
        ):
            made = decode(text)
            assert isinstance(made, typing.get_origin(annotation) or annotation)
            assert made == expected
            with pytest.raises(Exception, match=r"Input|Expected|While|not iterable"):
                decode(wrong)


def test_default_factories(containers, pydantic, hooks, converter):
    msgspec = limits.require("msgspec")
    annotation = containers.DefaultDict[str, containers.List[int]]
    for decode in (
        pydantic.TypeAdapter(annotation).validate_json,
        partial(msgspec.json.decode, type=annotation, dec_hook=hooks.dec_hook),
        partial(converter.loads, cl=annotation),
    ):
        table = decode('{"a": [1]}')
        table["b"].append(2)
        assert table == {"a": [1], "b": [2]}
        assert isinstance(table["b"], containers.List)
        assert isinstance(table, containers.DefaultDict)


def test_bytes(containers, pydantic, hooks, converter):
    msgspec = limits.require("msgspec")
    model = pydantic.create_model("Model", x=(containers.ByteArray, ...))
    for value in (b"ab", bytearray(b"ab"), "ab", containers.ByteArray(b"ab")):
        made = model(x=value)
        assert isinstance(made.x, containers.ByteArray)
        assert (made.x, made.model_dump(), made.model_dump_json()) == (b"ab", {"x": b"ab"}, '{"x":"ab"}')
    assert model.model_validate({"x": made.x}, strict=True).x == b"ab"
    with pytest.raises(pydantic.ValidationError):
        model.model_validate({"x": "ab"}, strict=True)
    decoded = msgspec.json.decode(b'"YWI="', type=containers.ByteArray, dec_hook=hooks.dec_hook)
    assert isinstance(decoded, containers.ByteArray)
    assert (decoded, msgspec.json.encode(decoded, enc_hook=hooks.enc_hook)) == (b"ab", b'"YWI="')
    assert msgspec.msgpack.encode(decoded, enc_hook=hooks.enc_hook) == msgspec.msgpack.encode(b"ab")
    structured = converter.loads(converter.dumps(decoded, containers.ByteArray), containers.ByteArray)
    assert isinstance(structured, containers.ByteArray)
    assert structured == b"ab"


@settings(max_examples=effort.examples(40), deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["a", "", '\u00e9"']), st.lists(st.integers(-99, 99), max_size=3), max_size=3),
        max_size=3,
    )
)
def test_round_trips(containers, pydantic, hooks, converter, rows):
    msgspec = limits.require("msgspec")
    annotation = containers.List[containers.Dict[str, containers.Deque[int]]]
    adapter = pydantic.TypeAdapter(annotation)
    decoders = {
        "pydantic": (adapter.validate_json, adapter.dump_json),
        "msgspec": (
            msgspec.json.Decoder(annotation, dec_hook=hooks.dec_hook).decode,
            msgspec.json.Encoder(enc_hook=hooks.enc_hook).encode,
        ),
        "msgpack": (
            lambda text: msgspec.msgpack.decode(
                msgspec.msgpack.encode(json.loads(text)), type=annotation, dec_hook=hooks.dec_hook
            ),
            lambda made: msgspec.json.encode(
                msgspec.msgpack.decode(msgspec.msgpack.encode(made, enc_hook=hooks.enc_hook))
            ),
        ),
        "cattrs": (partial(converter.loads, cl=annotation), lambda made: converter.dumps(made, annotation)),
    }
    for decode, encode in decoders.values():
        made = decode(json.dumps(rows))
        assert isinstance(made, containers.List)
        assert [{key: list(value) for key, value in row.items()} for row in made] == rows
        assert all(isinstance(value, containers.Deque) for row in made for value in row.values())
        assert json.loads(encode(made)) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1]}', None),
        ('{"a": 3}', r"Expected `array`, got `int` - at `\$\.a`"),
        ('{"a": ["x"]}', r"Expected `int`, got `str` \(at `\[0\]`\) - at `\$\.a`"),
        ('{"b": [[[1]], [[1], [2, "x"]]]}', r"Expected `int`, got `str` \(at `\[1\]\[1\]\[1\]`\) - at `\$\.b`"),
        ('{"c": [{"1": 1}, {"x": 1}]}', r"Expected `int`, got `str` \(at `key in \[1\]`\) - at `\$\.c`"),
        ('{"d": {"x": 1}}', r"Expected `int`, got `str` \(at `key`\) - at `\$\.d`"),
        ('{"e": [{"a": [1]}, {"a": [1, null]}]}', r"Expected `int`, got `null` \(at `\[1\]`\) - at `\$\.e\[1\]\.a`"),
    ],
)
def test_msgspec_says_where_an_item_is_wrong(containers, hooks, text, message):
    msgspec = limits.require("msgspec")
    numbers = containers.List[int]
    inner = msgspec.defstruct("Inner", [("a", numbers)])
    struct = msgspec.defstruct(
        "Struct",
        [
            ("a", numbers, ()),
            ("b", containers.List[containers.List[numbers]], ()),
            ("c", containers.List[containers.Dict[int, int]], ()),
            ("d", containers.Dict[int, int], ()),
            ("e", list[inner], ()),
        ],
    )
    decode = partial(msgspec.json.decode, text, type=struct, dec_hook=hooks.dec_hook)
    if message is None:
        assert decode().a == [1]
    else:
        with pytest.raises(msgspec.ValidationError, match=f"^{message}$"):
            decode()


def test_msgspec_with_hooks_and_options_of_its_own(containers, hooks):
    msgspec = limits.require("msgspec")

    def other_dec(cls, obj):
        assert cls is complex
        return complex(obj)

    def other_enc(obj):
        return str(obj)

    dec, enc = hooks.make_dec_hook(other_dec), hooks.make_enc_hook(other_enc)
    made = msgspec.json.decode(b'["1j"]', type=containers.Deque[complex], dec_hook=dec)
    assert list(made) == [1j]
    assert msgspec.json.encode(made, enc_hook=enc) == b'["1j"]'
    for call in (
        lambda: hooks.dec_hook(complex, "1j"),
        lambda: hooks.enc_hook(1j),
        lambda: hooks.schema_hook(complex),
    ):
        with pytest.raises(NotImplementedError, match="complex"):
            call()
    numbers = containers.List[int]
    lax = hooks.make_dec_hook(strict=False)
    assert msgspec.json.decode(b'["1"]', type=numbers, dec_hook=lax, strict=False) == [1]
    no_keys = hooks.make_dec_hook(str_keys=False)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"1": 2}', type=containers.Dict[int, int], dec_hook=no_keys)
    inner = msgspec.defstruct("Inner", [("a", containers.Deque[int])])
    outer = msgspec.defstruct("Outer", [("inner", containers.List[inner])])
    row = types.SimpleNamespace(inner=containers.List([types.SimpleNamespace(a=containers.Deque([1]))]))
    of_attributes = hooks.make_dec_hook(from_attributes=True)
    made = msgspec.convert(row, outer, from_attributes=True, dec_hook=of_attributes)
    assert list(made.inner[0].a) == [1]


def test_msgspec_describes_the_container(containers, hooks, name):
    msgspec = limits.require("msgspec")
    annotation, builtin = types_of(containers, name)
    builtin = builtin if name in ("List", "Set", "Dict") else dict if name in MAPPINGS else list
    ours = msgspec.json.schema(annotation, schema_hook=hooks.schema_hook)
    expected = msgspec.json.schema(typing.get_origin(builtin) or builtin)
    assert expected.items() <= ours.items()


def test_cattrs_says_where_an_item_is_wrong(containers, converter):
    cattrs = limits.require("cattrs")
    annotation = containers.List[containers.Dict[str, containers.Set[int]]]
    with pytest.raises(cattrs.IterableValidationError) as caught:
        converter.structure([{}, {"a": [1, "x"]}], annotation)
    assert cattrs.transform_error(caught.value) == ["invalid value for type, expected int @ $[1]['a'][1]"]


@pytest.mark.needs_pool
def test_what_failed_to_validate_is_not_kept(pooled, containers, pydantic, hooks):
    msgspec = limits.require("msgspec")
    annotation = containers.List[containers.List[int]]
    pool = pooled.pool_of(containers.List)
    gc.collect()
    live = pool.stats().live
    adapter = pydantic.TypeAdapter(annotation)
    for _ in range(3):
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_json("[[1], [2, null]]")
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(b"[[1], [2, null]]", type=annotation, dec_hook=hooks.dec_hook)
    gc.collect()
    assert pool.stats().live == live


def test_the_packages_are_loaded_when_they_are_used(engine):
    """Without one, its module says what to install."""
    code = """
import sys, pooled.containers
print(sorted({"pydantic", "msgspec", "cattrs"} & set(sys.modules)))
for package in ("msgspec", "cattrs"):
    sys.modules[package] = None
    try:
        __import__(f"pooled.contrib.{package}")
    except ImportError as error:
        print(str(error).partition(": ")[2])
"""
    printed = "[]\npip install 'pooled-objects[msgspec]'\npip install 'pooled-objects[cattrs]'\n"
    assert run_python(code, POOLED_ENGINE=engine) == (0, printed)
