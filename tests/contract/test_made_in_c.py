"""Contract line 10: objects that code in C makes come from the pool, blank, and return to it."""

import copy
import dataclasses
import json
import pickle
import types
import typing

import attrs
import limits
import pytest

T = typing.TypeVar("T")
pytestmark = pytest.mark.needs_pool

TEXT = json.dumps({"a": 1, "b": [2]}).encode()


@pytest.fixture(autouse=True)
def native(pooled):
    if pooled.engine == "reference":
        limits.skip("native-only")


def with_fields():
    class Thing:
        a: int
        b: list

    return Thing


def plain(*, slots=False):
    class Thing:
        if slots:
            __slots__ = ("a", "b")

        def __init__(self, a, b):
            self.a, self.b = a, b

    return Thing


def generic(base):
    """Its nearest base in C is `Generic` from Python 3.12 on."""
    return types.new_class("Thing", (base, typing.Generic[T]))


DEFINITIONS = {
    "plain": plain,
    "generic": lambda: generic(plain()),
    "slots": lambda: plain(slots=True),
    "dataclass": lambda: dataclasses.dataclass(with_fields()),
    "dataclass-slots": lambda: dataclasses.dataclass(slots=True)(with_fields()),
    "attrs": lambda: attrs.define(slots=False)(with_fields()),
    "attrs-slots": lambda: attrs.define(with_fields()),
}
WITH_FIELDS = [name for name in DEFINITIONS if "attrs" in name or "dataclass" in name]


def msgspec_json(cls):
    msgspec = limits.require("msgspec")
    return msgspec.json.Decoder(cls).decode, TEXT


def msgspec_msgpack(cls):
    msgspec = limits.require("msgspec")
    return msgspec.msgpack.Decoder(cls).decode, msgspec.msgpack.encode({"a": 1, "b": [2]})


def msgspec_convert(cls):
    msgspec = limits.require("msgspec")
    return lambda content: msgspec.convert(content, cls), {"a": 1, "b": [2]}


def pydantic_json(cls):
    pydantic = limits.require("pydantic")
    return pydantic.TypeAdapter(cls).validate_json, TEXT


def pydantic_python(cls):
    pydantic = limits.require("pydantic")
    return pydantic.TypeAdapter(cls).validate_python, {"a": 1, "b": [2]}


def unpickled(cls):
    return pickle.loads, pickle.dumps(cls(1, [2]))


def unpickled_in_python(cls):
    return pickle._loads, pickle.dumps(cls(1, [2]), 2)


def copied(cls):
    return copy.copy, cls(1, [2])


def copied_deeply(cls):
    return copy.deepcopy, cls(1, [2])


def filled(make):
    def make_filled(cls):
        obj = make(cls)
        assert attributes(obj) == {}
        obj.a, obj.b = 1, [2]
        return obj

    return make_filled


def own_new(cls):
    return filled(lambda cls: cls.__new__(cls)), cls


def new_of_object(cls):
    return filled(object.__new__), cls


MAKERS = [
    *((maker, WITH_FIELDS) for maker in (msgspec_json, msgspec_msgpack, msgspec_convert)),
    *((maker, ["dataclass", "dataclass-slots"]) for maker in (pydantic_json, pydantic_python)),
    *((maker, list(DEFINITIONS)) for maker in (unpickled, unpickled_in_python, copied, copied_deeply)),
    *((maker, list(DEFINITIONS)) for maker in (own_new, new_of_object)),
]


def attributes(obj):
    """The attributes that an object has."""
    slots = [name for name in getattr(obj, "__slots__", ()) if name != "__weakref__"]
    return {name: getattr(obj, name) for name in slots if hasattr(obj, name)} | getattr(obj, "__dict__", {})


@pytest.mark.parametrize(
    ("maker", "definition"), [(maker, definition) for maker, definitions in MAKERS for definition in definitions]
)
def test_objects_come_from_the_pool(pooled, importable, maker, definition):
    cls = importable(pooled.poolable)(DEFINITIONS[definition]())
    make, source = maker(cls)
    for _ in range(3):
        earlier = cls("earlier", ["secret"])
        if hasattr(earlier, "__dict__"):
            earlier.more = "secret"
        del earlier
        hits = pooled.pool_of(cls).stats().hits
        obj = make(source)
        assert type(obj) is cls
        assert attributes(obj) == {"a": 1, "b": [2]}
        assert pooled.pool_of(cls).stats().hits == hits + 1
        del obj
    del source
    assert pooled.pool_of(cls).stats().live == 0


def test_the_same_object_is_made_again(pooled):
    cls = pooled.poolable(plain())
    seen = {id(cls(1, 2)), *(id(object.__new__(cls)) for _ in range(3)), *(id(cls.__new__(cls)) for _ in range(3))}
    assert len(seen) == 1


@pytest.mark.parametrize("maker", [msgspec_json, pydantic_json, copied, new_of_object])
def test_more_objects_than_are_parked(pooled, importable, maker):
    cls = importable(pooled.poolable(max=2))(dataclasses.dataclass(with_fields()))
    make, source = maker(cls)
    for _ in range(3):
        objects = [make(source) for _ in range(5)]
        assert [attributes(obj) for obj in objects] == 5 * [{"a": 1, "b": [2]}]
        assert len(set(map(id, objects))) == 5
        del objects
    del source
    stats = pooled.pool_of(cls).stats()
    assert (stats.live, stats.parked) == (0, 2)
    assert stats.hits >= 4


def test_a_decoder_that_fails(pooled):
    msgspec = limits.require("msgspec")
    cls = pooled.poolable(dataclasses.dataclass(with_fields()))
    decoder = msgspec.json.Decoder(list[cls])
    for bad in (b'[{"a": 1, "b": [2]}, {"a": "no number"}]', b'[{"a": 1}]', b'[{"b": [1], "a": 2}, {"b": '):
        with pytest.raises(msgspec.DecodeError):
            decoder.decode(bad)
    assert pooled.pool_of(cls).stats().live == 0
    (obj,) = decoder.decode(b'[{"a": 1, "b": [2]}]')
    assert attributes(obj) == {"a": 1, "b": [2]}


def test_a_model_of_pydantic(pooled, importable):
    pydantic = limits.require("pydantic")

    class Model(pydantic.BaseModel):
        a: int
        b: list = []
        _private: list = pydantic.PrivateAttr(default_factory=list)

    cls = importable(pooled.poolable)(Model)
    cls(a=0)
    for content in (TEXT, b'{"a": 1}', TEXT):
        for make in (cls.model_validate_json, lambda text: cls(**json.loads(text)), copied_model(cls)):
            hits = pooled.pool_of(cls).stats().hits
            obj = make(content)
            assert pooled.pool_of(cls).stats().hits > hits
            assert obj.model_dump() == {"b": [], **json.loads(content)}
            assert obj.model_fields_set == set(json.loads(content))
            assert obj._private == []
            obj._private.append("secret")
            obj.b.append("secret")
            del obj
    assert pooled.pool_of(cls).stats().live == 0


def copied_model(cls):
    def copy_of(text):
        return pickle.loads(pickle.dumps(cls.model_validate_json(text))).model_copy(deep=True)

    return copy_of


def test_a_dataclass_of_pydantic(pooled):
    pydantic = limits.require("pydantic")
    cls = pooled.poolable(pydantic.dataclasses.dataclass(with_fields()))
    decode = pydantic.TypeAdapter(cls).validate_json
    cls(a=0, b=[])
    for number in range(6):
        obj = decode(TEXT) if number % 2 == 0 else cls(a="1", b=[2])
        assert attributes(obj) == {"a": 1, "b": [2]}
        obj.b.append("secret")
        del obj
        assert pooled.pool_of(cls).stats().hits == number + 1
    with pytest.raises(pydantic.ValidationError):
        cls(a="no number", b=[])
    assert pooled.pool_of(cls).stats().live == 0


def test_rows_of_sqlalchemy(pooled):
    sqlalchemy = limits.require("sqlalchemy")
    orm = limits.require("sqlalchemy.orm")

    class Base(orm.DeclarativeBase):
        pass

    @pooled.poolable
    class User(Base):
        __tablename__ = "user"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str | None]

    engine = sqlalchemy.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([User(name=name) for name in ("a", "b", None)])
        session.commit()
    for number in range(3):
        with orm.Session(engine) as session:
            users = session.scalars(sqlalchemy.select(User).order_by(User.id)).all()
            assert [(user.id, user.name) for user in users] == [(1, "a"), (2, "b"), (3, None)]
            assert not any(hasattr(user, "note") for user in users)
            users[0].note = "secret"
            users[1].name = f"b{number}"  # not committed
        del users
    engine.dispose()
    stats = pooled.pool_of(User).stats()
    assert stats.hits >= 6
    assert stats.live == 0


@pytest.mark.parametrize("arguments", [{"reset": "clear"}, {"keep": ["b"]}])
def test_a_class_that_keeps_something_is_passed_by(pooled, importable, arguments):
    """Its parked objects are not blank, and an object whose `__init__` never ran is not ready to be taken."""

    class Thing:
        def __init__(self):
            self.a, self.b = 1, ["made by init"]

        def clear(self):
            self.a = None

    cls = importable(pooled.poolable(**arguments))(Thing)
    cls()
    pool = pooled.pool_of(cls)
    assert pool.stats().parked == 1
    for make in (cls.__new__, object.__new__):
        blank = make(cls)
        assert vars(blank) == {}
        del blank
    assert (pool.stats().hits, pool.stats().parked) == (0, 1)
    original = cls()  # the parked object
    assert pool.stats().hits == 1
    for make in (copy.copy, lambda obj: pickle.loads(pickle.dumps(obj))):
        twin = make(original)
        assert vars(twin) == vars(original)
        twin.c = "secret"
        del twin
    assert pool.stats().hits == 1
    assert pool.stats().parked == 0
    del original
    assert pool.stats().parked == 1
    assert not hasattr(pooled.take(cls), "c")
    assert pool.stats().live == 0


@pytest.mark.parametrize("base", [list, dict, set, bytearray])
def test_containers_are_made_by_their_own_new(pooled, importable, base):
    content = {dict: {"a": 1}, bytearray: b"a"}.get(base, [1])
    cls = importable(pooled.poolable)(type("Thing", (base,), {}))
    original = cls(content)
    original.more = 1
    for make in (copy.copy, copy.deepcopy, lambda obj: pickle.loads(pickle.dumps(obj))):
        obj = make(original)
        assert (type(obj), base(obj), vars(obj)) == (cls, base(content), {"more": 1})
        del obj
    cls(content)
    hits = pooled.pool_of(cls).stats().hits
    for make in (cls.__new__, base.__new__):
        obj = make(cls)
        assert (type(obj), len(obj), vars(obj)) == (cls, 0, {})
        del obj
    assert pooled.pool_of(cls).stats().hits == hits
    del original
    assert pooled.pool_of(cls).stats().live == 0
