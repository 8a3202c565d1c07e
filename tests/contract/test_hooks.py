"""Hooks: a pool calls a function that was named for it, and no other, whatever the methods of a class are called."""

import functools
import html.parser
import itertools
import operator
import warnings

import attrs
import limits
import pytest
from field_kinds import error_of


def vars_after_a_life(pooled, cls, *args):
    """The attributes of an object that `take` or a call returns after a life in which an attribute was added."""
    first = cls(*args)
    first.secret = "of an earlier life"
    del first
    return vars(cls(*args))


class Hooked:
    """Has methods that can be named as hooks."""

    def __init__(self):
        self.calls = []
        self.size = 1

    def clear(self):
        self.calls.append("clear")

    def measure(self):
        self.calls.append("measure")
        return self.size


def named(pooled, way, **hooks):
    """A new subclass of `Hooked` that is poolable in one of several ways, and its pool."""
    match way:
        case "poolable":
            cls = pooled.poolable(**hooks)(type("Thing", (Hooked,), {}))
        case "PooledMeta":
            cls = pooled.PooledMeta("Thing", (Hooked,), {}, **hooks)
        case "pool":
            pool = pooled.LocalPool(type("Thing", (Hooked,), {}), **hooks)
            return pool.take, pool
        case "pool of a poolable class":
            cls = pooled.poolable(type("Thing", (Hooked,), {}))
            pool = pooled.LocalPool(cls, **hooks)
            return pool.take, pool
        case "pool of a function":
            pool = pooled.GlobalPool(lambda: Hooked(), **{"reset": "clear", **hooks})
            return pool.take, pool
    return functools.partial(pooled.take, cls), pooled.pool_of(cls)


WAYS = ["poolable", "PooledMeta", "pool", "pool of a poolable class", "pool of a function"]


@pytest.mark.needs_pool
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "hooks",
    [
        {"reset": "clear", "capacity": "measure"},
        {"reset": Hooked.clear, "capacity": Hooked.measure},
        {"reset": operator.methodcaller("clear"), "capacity": lambda obj: obj.measure()},
    ],
    ids=["names", "methods", "functions"],
)
def test_a_named_hook_is_called(pooled, way, hooks):
    take, pool = named(pooled, way, **hooks)
    thing = take()
    del thing
    thing = take()
    assert list(thing.calls) == ["clear", "measure"]
    thing.size = 1 << 20
    del thing
    assert pool.stats().discarded_large == 1


@pytest.mark.needs_pool
def test_a_method_that_nobody_named_is_not_called(pooled):
    class Session:
        """Of a program in which `reset` logs a visitor out, and keeps the connection."""

        def __init__(self):
            self.is_admin = False

        def reset(self):
            raise AssertionError("nobody named it")

        def capacity(self):
            raise AssertionError("nobody named it")

    with pytest.warns(pooled.PooledDeprecationWarning):
        cls = pooled.poolable(Session)
    session = cls()
    session.is_admin = True
    session.visitor = "root"
    del session
    for new in (cls(), pooled.take(cls)):
        assert vars(new) == {"is_admin": False}
    assert pooled.pool_of(cls).stats().recycled
    assert [(reset.name, reset.action) for reset in pooled.field_reset(cls)] == [("is_admin", "assigned")]


@pytest.mark.needs_pool
def test_a_parser_whose_init_calls_reset(pooled):
    class Titles(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()  # it calls `reset`
            self.titles = 0

        def handle_starttag(self, tag, attributes):
            self.titles += tag == "title"

    with pytest.warns(pooled.PooledDeprecationWarning, match="not the method reset"):
        cls = pooled.poolable(Titles)
    for _ in range(5):
        parser = cls()
        parser.feed("<title>one</title>")
        assert parser.titles == 1
        del parser
    parser = pooled.take(cls)
    assert (parser.titles, parser.rawdata) == (0, "")
    assert pooled.pool_of(cls).stats().hits == 5


@pytest.mark.parametrize("kind", ["attrs", "dataclass"])
def test_fields_are_emptied_where_no_hook_is_named(pooled, kind):
    import dataclasses

    define, field = (attrs.define, attrs.Factory) if kind == "attrs" else (dataclasses.dataclass, None)

    class Request:
        topic: str = "none"
        tokens: list = attrs.Factory(list) if field else dataclasses.field(default_factory=list)

        def reset(self):
            raise AssertionError("nobody named it")

    with pytest.warns(pooled.PooledDeprecationWarning):
        cls = pooled.poolable(define(Request))
    request = pooled.take(cls, topic="orders")
    request.tokens.append(1)
    del request
    request = pooled.take(cls)
    assert (request.topic, request.tokens) == ("none", [])


def make_subclass(pooled, how, base, body=None, **hooks):
    """A poolable subclass, decorated or under the metaclass."""
    body = body or {}
    if how == "decorated":
        return pooled.poolable(**hooks)(type("Sub", (base,), body))
    return pooled.PooledMeta("Sub", (base,), body, **hooks)


@pytest.fixture(params=["decorated", "metaclass"])
def subclass(pooled, request):
    """Makes a poolable class of the bases, in one of two ways; the base is poolable in the same way."""
    return functools.partial(make_subclass, pooled, request.param)


def calls_of(pooled, cls):
    """The hooks that were called for one life."""
    return calls_in(pooled.pool_of(cls))


def calls_in(pool):
    pool.take()
    thing = pool.take()
    return list(thing.calls)


@limits.skip_if("no-pool")
def test_subclasses_inherit_the_hooks_of_their_base(pooled, subclass):
    base = subclass(Hooked, reset="clear", capacity="measure")
    assert calls_of(pooled, subclass(base)) == ["clear", "measure"]
    assert calls_of(pooled, subclass(subclass(base))) == ["clear", "measure"]
    plain = type("Plain", (base,), {}) if isinstance(base, pooled.PooledMeta) is False else base
    assert calls_of(pooled, subclass(plain)) == ["clear", "measure"]


@limits.skip_if("no-pool")
def test_an_override_is_used_where_the_base_named_a_method_by_its_name(pooled, subclass):
    override = {"clear": lambda self: self.calls.append("override")}
    assert calls_of(pooled, subclass(subclass(Hooked, reset="clear"), override)) == ["override"]
    assert calls_of(pooled, subclass(subclass(Hooked, reset=Hooked.clear), override)) == ["clear"]


@limits.skip_if("no-pool")
def test_a_subclass_names_another_hook_or_none(pooled, subclass):
    base = subclass(Hooked, reset="clear", capacity="measure")
    other = subclass(base, reset=lambda obj: obj.calls.append("other"))
    assert calls_of(pooled, other) == ["other", "measure"]
    assert calls_of(pooled, subclass(other)) == ["other", "measure"]
    scrubbed = subclass(base, reset=None, capacity=None)
    assert vars_after_a_life(pooled, scrubbed) == {"calls": [], "size": 1}
    assert vars_after_a_life(pooled, subclass(scrubbed)) == {"calls": [], "size": 1}
    kept = subclass(base, reset=None, capacity=None, keep=("calls",))
    assert calls_of(pooled, kept) == []


@pytest.mark.needs_pool
def test_further_pools_use_the_hooks_of_the_class(pooled):
    cls = pooled.poolable(reset="clear", capacity="measure")(type("Thing", (Hooked,), {}))
    for pool, calls in (
        (pooled.LocalPool(cls), ["clear", "measure"]),
        (pooled.LocalPool(cls, reset=lambda obj: obj.calls.append("other")), ["other", "measure"]),
        (pooled.LocalPool(cls, capacity=None), ["clear"]),
    ):
        assert calls_in(pool) == calls
    pool = pooled.LocalPool(cls, reset=None, capacity=None)
    pool.take().secret = 1
    assert not hasattr(pool.take(), "secret")
    assert pool.stats().hits == 1


@limits.skip_if("no-pool")
def test_a_second_class_made_from_the_same_body_keeps_its_hooks(pooled):
    @attrs.define
    class Thing(Hooked, metaclass=pooled.PooledMeta, reset="clear"):
        calls: list = attrs.Factory(list)

    assert calls_of(pooled, Thing) == ["clear"]


# `Poolable` and the protocols.


@limits.skip_if("no-pool")
def test_the_hooks_of_a_subclass_of_poolable(pooled, subclass):
    class Base(pooled.Poolable):
        def __init__(self):
            self.calls = []

        def reset(self):
            self.calls.append("reset")

    class Sized(Base):
        def capacity(self):
            self.calls.append("capacity")
            return 1

    assert calls_of(pooled, subclass(Base)) == ["reset"]
    assert calls_of(pooled, subclass(Sized)) == ["reset", "capacity"]
    base = subclass(Base)
    override = subclass(base, {"reset": lambda self: self.calls.append("override")})
    assert calls_of(pooled, override) == ["override"]
    assert calls_of(pooled, subclass(base, reset=lambda obj: obj.calls.append("other"))) == ["other"]
    assert vars_after_a_life(pooled, subclass(base, reset=None)) == {"calls": []}
    late = subclass(subclass(Hooked, reset="clear"), {"reset": lambda self: self.calls.append("reset")})
    assert calls_of(pooled, late) == ["clear"]


@limits.skip_if("no-pool")
def test_poolable_names_the_methods_that_a_class_inherits(pooled):
    class Mixin:
        def reset(self):
            self.calls = ["reset"]

    @pooled.poolable
    class Thing(Mixin, pooled.Poolable):
        pass

    assert calls_of(pooled, Thing) == ["reset"]


@pytest.mark.needs_pool
def test_attributes_that_are_no_methods_are_no_hooks(pooled):
    for base in (object, pooled.Poolable):

        @pooled.poolable
        class Truck(base):
            capacity = 40
            reset = None

        @pooled.poolable
        class Tank(base):
            @property
            def capacity(self):
                raise AssertionError("nobody asked")

            @classmethod
            def reset(cls):
                raise AssertionError("nobody asked")

        for cls in (Truck, Tank):
            assert vars_after_a_life(pooled, cls) == {}
            assert pooled.pool_of(cls).stats().hits == 1


@limits.skip_if("no-pool")
def test_poolable_is_a_plain_base_class(pooled):
    assert type(pooled.Poolable) is type
    assert [name for name in vars(pooled.Poolable) if not name.startswith("__")] == []

    class Slotted(pooled.Poolable):
        __slots__ = ("a",)

    assert not hasattr(Slotted(), "__dict__")

    class Meta(type):
        pass

    class UnderAnother(pooled.Poolable, metaclass=Meta):
        pass

    class Under(pooled.Poolable, metaclass=pooled.PooledMeta):
        def reset(self):
            self.count = getattr(self, "count", 0) + 1

    pooled.take(Under)
    assert pooled.take(Under).count == 1
    assert pooled.poolable(UnderAnother)() is not None


def test_the_protocols_of_the_hooks(pooled):
    assert isinstance(Hooked(), pooled.SupportsReset) is False
    both = type("Both", (), {"reset": lambda self: None, "capacity": lambda self: 1})()
    assert isinstance(both, pooled.SupportsReset)
    assert isinstance(both, pooled.SupportsCapacity)
    stub = type("Stub", (pooled.SupportsReset,), {})
    with pytest.raises(TypeError, match="abstract"):
        stub()


# Wrong names.


class Odd:
    size = 3
    clear_all = None

    def clear(self): ...

    def _forget(self): ...

    @property
    def count(self): ...

    @staticmethod
    def make(): ...

    @classmethod
    def create(cls): ...

    class Part: ...

    def needs_more(self, hard): ...

    async def later(self): ...


WRONG = [
    ("reset", "cleer", ValueError, r"reset='cleer': Odd has no method 'cleer'; did you mean 'clear'\?"),
    ("reset", "forget", ValueError, r"reset='forget': Odd has no method 'forget'; did you mean '_forget'\?"),
    ("capacity", "zzz", ValueError, r"capacity='zzz': Odd has no method 'zzz'; name one of its methods, or"),
    ("reset", "", ValueError, r"reset='': expected the name of a method, or a function that takes the object"),
    ("capacity", "size", TypeError, r"capacity='size': Odd.size is not a method; name one that takes only the object"),
    *(
        ("reset", name, TypeError, rf"reset='{name}': Odd.{name} is not a method")
        for name in ("count", "make", "create", "Part", "clear_all")
    ),
    ("reset", "needs_more", TypeError, r"reset='needs_more': .* takes \(self, hard\); pass reset= a function"),
    ("reset", "later", TypeError, r"reset='later': .* make it a plain function"),
    ("reset", 5, TypeError, "reset=5: expected a function that takes the object, or the name of a method"),
    ("capacity", b"clear", TypeError, "capacity=b'clear': expected a function"),
]


@pytest.mark.parametrize(("key", "value", "kind", "text"), WRONG, ids=lambda value: str(value)[:12])
def test_a_wrong_name_changes_nothing(pooled, key, value, kind, text):
    before = dict(vars(Odd))
    for make in (
        pooled.poolable(**{key: value}),
        functools.partial(pooled.LocalPool, **{key: value}),
        functools.partial(pooled.PooledMeta, "Odd", (Odd,), {"__qualname__": "Odd"}, **{key: value}),
    ):
        with pytest.raises(kind, match=text):
            make() if getattr(make, "func", None) is pooled.PooledMeta else make(Odd)
    assert dict(vars(Odd)) == before
    with pytest.raises(TypeError, match="expected a poolable class"):
        pooled.pool_of(Odd)


@pytest.mark.needs_pool
def test_a_wrong_name_at_a_pool_of_a_function(pooled, unraisable):
    with pytest.raises(ValueError, match="reset='no name': expected the name of a method"):
        pooled.GlobalPool(lambda: Odd(), reset="no name")
    pool = pooled.GlobalPool(lambda: Odd(), reset="cleer")  # the class is not known before a drop
    pool.take()
    assert "AttributeError: 'Odd' object has no attribute 'cleer'" in unraisable[0]
    assert pool.stats().discarded_error == 1


# The warning.


def warnings_of(function, *args, **kwargs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args, **kwargs)
    return [(each.category, str(each.message), each.filename) for each in caught]


class Both:
    def reset(self): ...

    def capacity(self):
        return 1


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (
            lambda pooled: pooled.poolable(type("Both", (Both,), {})),
            '@poolable(reset="reset", capacity="capacity")',
        ),
        (
            lambda pooled: pooled.poolable(max=3)(type("Both", (Both,), {})),
            '@poolable(reset="reset", capacity="capacity")',
        ),
        (
            lambda pooled: pooled.PooledMeta("Both", (Both,), {}),
            'class Both(metaclass=PooledMeta, reset="reset", capacity="capacity")',
        ),
        (
            lambda pooled: pooled.LocalPool(Both),
            'LocalPool(Both, reset="reset", capacity="capacity")',
        ),
    ],
    ids=["poolable", "poolable(...)", "PooledMeta", "LocalPool"],
)
def test_a_method_that_0_1_0_called_is_warned_of(pooled, make, remedy):
    ((category, text, file),) = warnings_of(make, pooled)
    assert category is pooled.PooledDeprecationWarning
    assert "Both: since pooled 0.2.0 a pool calls only hooks that are named" in text
    assert ", so not the methods reset and capacity; " in text
    none = remedy.replace('"reset"', "None").replace('"capacity"', "None")
    assert f"write {remedy} if they are hooks, or {none} if not" in text
    assert file == __file__


def test_whoever_named_hooks_or_none_is_not_warned(pooled):
    base = pooled.poolable(reset=None, capacity="capacity")(type("Base", (Both,), {}))
    for make, argument in (
        (pooled.poolable(reset=None, capacity=None), type("Thing", (Both,), {})),
        (pooled.poolable(reset="reset", capacity=lambda obj: 1), type("Thing", (Both,), {})),
        (pooled.poolable, type("Thing", (Both, pooled.Poolable), {})),
        (pooled.poolable, type("Thing", (base,), {})),
        (pooled.LocalPool, base),
        (pooled.field_reset, Both),
    ):
        assert warnings_of(make, argument) == []


def test_one_hook_named_and_one_not(pooled):
    ((_, text, _),) = warnings_of(pooled.poolable(reset="reset"), type("Thing", (Both,), {}))
    assert "so not the method capacity; write @poolable(capacity=" in text
    assert "reset" not in text


def test_attributes_and_the_capacity_of_our_containers_are_not_warned_of(pooled, containers):
    class Meta(type):
        def reset(cls): ...

    for cls in (
        type("Truck", (), {"reset": False, "capacity": 40}),
        type("Tank", (), {"capacity": property(lambda self: 1), "reset": classmethod(lambda cls: None)}),
        type("Own", (containers.List,), {}),
        Meta("Thing", (), {}),
    ):
        assert warnings_of(pooled.poolable, cls) == []


def test_a_second_class_from_the_same_body_is_not_warned_of_again(pooled):
    def define():
        @attrs.define
        class Thing(metaclass=pooled.PooledMeta):
            a: int = 0

            def reset(self): ...

    assert len(warnings_of(define)) == 1


def test_a_warning_that_is_an_error_changes_nothing(pooled):
    cls = type("Thing", (Both,), {})
    before = dict(vars(cls))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert error_of(pooled.poolable, cls).startswith("PooledDeprecationWarning: Thing: ")
        assert dict(vars(cls)) == before
    pooled.poolable(reset="reset", capacity="capacity")(cls)


def test_python_shows_the_warning(pooled):
    assert not issubclass(pooled.PooledDeprecationWarning, DeprecationWarning | PendingDeprecationWarning)
    assert issubclass(pooled.PooledDeprecationWarning, FutureWarning)


# Attributes that a reset does not know.


@pytest.mark.needs_pool
def test_values_of_cached_properties_do_not_outlive_a_reset(pooled, subclass):
    class Base:
        def __init__(self, words=()):
            self.words = list(words)

        @functools.cached_property
        def longest(self):
            return max(self.words, key=len, default="")

        @functools.cached_property
        def doubled(self):
            return self.words * 2

        @functools.cached_property
        def hidden(self):
            return list(self.words)

        @functools.cached_property
        def given(self):
            return list(self.words)

        def clear(self):
            self.given = "set by the reset"
            self.words.clear()
            self.doubled  # a value of the last life, or one that is empty: either goes

    class Thing(Base):
        given = None  # an ordinary attribute, with a default

        @property
        def hidden(self):
            return super().hidden[:1]

    cls = subclass(Thing, reset="clear", capacity=lambda thing: len(thing.longest))
    pooled.take(cls)
    thing = pooled.take(cls)
    for word in ("short", "a"):
        thing.words.append(word)
        assert (thing.longest, thing.doubled, thing.hidden) == (word, [word, word], [word])
        assert thing.given == "set by the reset"
        del thing
        thing = pooled.take(cls)
        assert vars(thing) == {"words": [], "given": "set by the reset"}
    assert pooled.pool_of(cls).stats().hits == 3


@pytest.mark.needs_pool
def test_values_of_cached_properties_in_slots_do_not_outlive_a_reset(pooled):
    @pooled.poolable(reset="clear", capacity=lambda thing: len(thing.longest))
    @attrs.define
    class Thing:
        words: list = attrs.Factory(list)

        @functools.cached_property
        def longest(self):
            return max(self.words, key=len, default="")

        def clear(self):
            self.words.clear()

    for word in ("short", "a"):
        thing = pooled.take(Thing)
        assert thing.longest == ""
        del thing
        thing = pooled.take(Thing)
        thing.words.append(word)
        assert thing.longest == word
        del thing
    assert pooled.pool_of(Thing).stats().hits == 3


@pytest.mark.needs_pool
def test_what_a_cached_value_does_while_it_dies(pooled, unraisable):
    """It goes while the object is emptied, so that what its end keeps or drops is noticed."""
    escaped = []

    class Value:
        def __init__(self, owner):
            self.owner = owner.__dict__

        def __del__(self):
            escaped.append(pooled.take(Other))

    @pooled.poolable
    class Other:
        pass

    @pooled.poolable(reset=lambda obj: None)
    class Thing:
        @functools.cached_property
        def value(self):
            return Value(self)

    pooled.take(Thing).value
    assert len(escaped) == 1
    assert vars(pooled.take(Thing)) == {}
    assert not unraisable


class Call(functools.partial):
    pass


class Numbers(itertools.count):
    pass


@pytest.mark.parametrize(
    ("cls", "describe", "calls"),
    [
        (
            Call,
            lambda call: (call.func, call.args, call.keywords),
            [((print, 1), {}), ((len,), {}), ((max,), {"key": len})],
        ),
        (Numbers, next, [((1,), {}), ((5,), {}), ((), {"start": 7}), ((9, 2), {})]),
    ],
)
def test_arguments_that_the_new_of_a_base_in_c_reads(pooled, cls, describe, calls):
    ours = pooled.poolable(reset=lambda obj: None)(type(cls.__name__, (cls,), {}))
    pool = pooled.GlobalPool(cls, reset=lambda obj: None)
    for args, kwargs in 2 * calls:
        expected = describe(cls(*args, **kwargs))
        assert describe(ours(*args, **kwargs)) == expected
        assert describe(pool.take(*args, **kwargs)) == expected


def test_exceptions_cannot_be_pooled_even_with_a_reset(pooled):
    """Python sets their traceback, context, cause and notes, and some of their attributes, after `__init__`."""

    class Error(LookupError):
        def reset(self):
            self.args = ()

    for make in (
        pooled.poolable(reset="reset"),
        functools.partial(pooled.LocalPool, reset=Error.reset),
        lambda cls: pooled.PooledMeta("Thing", (cls,), {}, reset="reset"),
    ):
        with pytest.raises(TypeError, match="an exception cannot be pooled, because Python keeps its traceback"):
            make(Error)
