"""The kinds of pooled objects in the scenarios: how to create, fill, read and check an object of each.

An owner fills its object with a token, a unique number. `read` returns the token, or -1 if some of the content is
missing or different, which means that the object had another owner.
"""

import dataclasses
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import attrs

import pooled
from pooled import containers


@attrs.frozen
class Kind:
    name: str
    pool: Any
    make: Callable[[], Any]
    fill: Callable[[Any, int], None]
    read: Callable[[Any], int]
    is_blank: Callable[[Any], bool]


def many(token: int) -> list[int]:
    """The token several times, so that containers grow from time to time."""
    return [token] * (1 + token % 7 * 9)


def only(values: Iterable[int]) -> int:
    """The value, if all values are equal; otherwise -1."""
    found = set(values)
    return found.pop() if len(found) == 1 else -1


def has_none(obj: Any, names: Iterable[str]) -> bool:
    """Whether an object has none of these attributes. Without a closure: Python 3.11 loses cells if memory is short."""
    for name in names:  # noqa: SIM110 (no closure)
        if hasattr(obj, name):
            return False
    return True


def identity(obj: Any) -> int:
    """The identity of an object, also behind a proxy."""
    return id(getattr(obj, "__wrapped__", obj))


# ---- plain classes ----


def with_attributes(**limits: Any) -> Kind:
    @pooled.poolable(**limits)
    class Attributes:
        def __init__(self):
            self.was_blank = not vars(self)

    return _of_class("attributes", Attributes)


def with_slots(**limits: Any) -> Kind:
    @pooled.poolable(**limits)
    class Slots:
        __slots__ = ("__weakref__", "more", "token", "was_blank")

        def __init__(self):
            self.was_blank = has_none(self, ("more", "token", "was_blank"))

    return _of_class("slots", Slots)


def _of_class(name: str, cls: Any) -> Kind:
    def fill(obj, token):
        obj.token, obj.more = token, [token]

    return Kind(
        name, pooled.pool_of(cls), cls, fill, lambda obj: only([obj.token, *obj.more]), lambda obj: obj.was_blank
    )


def with_reset(**limits: Any) -> Kind:
    @pooled.poolable(**limits, reset="reset")
    class Resetting:
        def __init__(self):
            self.items, self.token = [], None

        def reset(self):
            self.items.clear()
            self.token = None

    def fill(obj, token):
        obj.token = token
        obj.items.extend(many(token))

    return Kind(
        "reset",
        pooled.pool_of(Resetting),
        lambda: pooled.take(Resetting),
        fill,
        lambda obj: only([obj.token, *obj.items]),
        lambda obj: obj.items == [] and obj.token is None,
    )


def with_keep(**limits: Any) -> Kind:
    @pooled.poolable(keep=("buffer", "table"), **limits)
    class Keeping:
        def __init__(self):
            self.buffer, self.table = [], {}

    def fill(obj, token):
        obj.token = token
        obj.buffer.extend(many(token))
        obj.table[token] = token

    return Kind(
        "keep",
        pooled.pool_of(Keeping),
        lambda: pooled.take(Keeping),
        fill,
        lambda obj: only([obj.token, *obj.buffer, *obj.table, *obj.table.values()]),
        lambda obj: obj.buffer == [] and obj.table == {} and not hasattr(obj, "token"),
    )


# ---- classes with fields ----


def with_fields(name: str, decorate: Callable[[type], type], field: Callable[..., Any], **limits: Any) -> Kind:
    @pooled.poolable
    @attrs.define
    class Inner:
        items: list = attrs.Factory(list)
        size: int = 0

    class Fields:
        items: list = field(list)
        table: dict = field(dict)
        seen: set = field(set)
        line: Any = field(deque)
        inner: Any = field(Inner)
        size: int = 0

    cls = pooled.poolable(**limits)(decorate(Fields))

    def fill(obj, token):
        obj.items.extend(many(token))
        obj.table[token] = token
        obj.seen.add(token)
        obj.line.append(token)
        obj.inner.items.append(token)
        obj.inner.size = token

    def read(obj):
        inner = obj.inner
        return only([*obj.items, *obj.table, *obj.seen, *obj.line, *inner.items, inner.size])

    def is_blank(obj):
        inner = obj.inner
        emptied = not (obj.items or obj.table or obj.seen or obj.line or inner.items)
        return emptied and obj.size == inner.size == 0

    return Kind(name, pooled.pool_of(cls), lambda: pooled.take(cls), fill, read, is_blank)


FIELDS: dict[str, tuple[Callable[[type], type], Callable[..., Any]]] = {
    "attrs in slots": (attrs.define, attrs.Factory),
    "attrs in a dict": (attrs.define(slots=False), attrs.Factory),
    "frozen attrs": (attrs.frozen, attrs.Factory),
    "dataclass": (dataclasses.dataclass, lambda make: dataclasses.field(default_factory=make)),
    "dataclass in slots": (dataclasses.dataclass(slots=True), lambda make: dataclasses.field(default_factory=make)),
}


# ---- containers ----


def _extend(obj: Any, token: int) -> None:
    obj.extend(many(token))


def _set_items(obj: Any, token: int) -> None:
    for place in range(len(many(token))):
        obj[token, place] = token


def _read_items(obj: Any) -> int:
    return only([*obj.values(), *(token for token, _ in obj)])


def _bytes_of(token: int) -> bytes:
    return token.to_bytes(8, "little")


def _read_bytes(data: bytes) -> int:
    return only(int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data), 8))


def _fill_bytes(obj: Any, token: int) -> None:
    obj.extend(_bytes_of(token) * len(many(token)))


def _fill_text(obj: Any, token: int) -> None:
    obj.write(f"{token}\n" * len(many(token)))


def _write_bytes(obj: Any, token: int) -> None:
    obj.write(_bytes_of(token) * len(many(token)))


def _add_all(obj: Any, token: int) -> None:
    obj.update((token, place) for place, token in enumerate(many(token)))


MAPPING = (_set_items, _read_items, lambda obj: not obj)
SEQUENCE = (_extend, only, lambda obj: len(obj) == 0)

CONTAINERS: dict[str, tuple[Callable[..., None], Callable[..., int], Callable[..., bool]]] = {
    "List": SEQUENCE,
    "Deque": SEQUENCE,
    "Array": SEQUENCE,
    "Dict": MAPPING,
    "OrderedDict": MAPPING,
    "DefaultDict": (_set_items, _read_items, lambda obj: not obj and obj.default_factory is None),
    "Counter": (_set_items, _read_items, lambda obj: not obj and not vars(obj)),
    "Set": (_add_all, lambda obj: only(token for token, _ in obj), lambda obj: not obj),
    "ByteArray": (_fill_bytes, lambda obj: _read_bytes(bytes(obj)), lambda obj: len(obj) == 0),
    "BytesIO": (
        _write_bytes,
        lambda obj: _read_bytes(obj.getvalue()),
        lambda obj: obj.getvalue() == b"" and obj.tell() == 0,
    ),
    "StringIO": (
        _fill_text,
        lambda obj: only(map(int, obj.getvalue().split())),
        lambda obj: obj.getvalue() == "" and obj.tell() == 0,
    ),
}


def container(name: str, **limits: Any) -> Kind:
    """A subclass of a container, with its own pool."""
    base: Any = getattr(containers, name)
    cls: Any = pooled.poolable(**limits)(type(base)(name, (base,), {"__slots__": (), "__module__": __name__}))
    make = (lambda: cls("q")) if name == "Array" else cls
    return Kind(name, pooled.pool_of(cls), make, *CONTAINERS[name])


def _new_list() -> list[Any]:
    return []


def of_a_function(**limits: Any) -> Kind:
    pool_class = pooled.LocalPool if limits.pop("scope", "local") == "local" else pooled.GlobalPool
    pool: Any = pool_class(_new_list, reset=list.clear, name="function", **limits)
    return Kind("function", pool, pool.take, *SEQUENCE)


# ---- all kinds ----

MAKERS: list[Callable[..., Kind]] = [with_attributes, with_slots, with_reset, with_keep, of_a_function]


def kinds(**limits: Any) -> list[Kind]:
    """One of each kind, with new pools that have these limits."""
    own = [make(**limits) for make in MAKERS]
    fields = [with_fields(name, *how, **limits) for name, how in FIELDS.items()]
    return own + fields + [container(name, **limits) for name in CONTAINERS]


def weakly_referable(kind: Kind) -> bool:
    """Whether objects of a kind can be weakly referenced."""
    try:
        weakref.ref(kind.make())
    except TypeError:
        return False
    return True


# ---- checks ----


def check_blank(kind: Kind, obj: Any) -> None:
    assert kind.is_blank(obj), f"{kind.name}: it arrived dirty: {obj!r}"


def check_token(kind: Kind, obj: Any, token: int) -> None:
    found = kind.read(obj)
    assert found == token, f"{kind.name}: {found} where {token} was put in: {obj!r}"


def check_at_rest(kind: Kind, *, parked: int | None = None) -> None:
    """Check that an unused pool has no live objects, and counted each object exactly once."""
    stats = kind.pool.stats()
    ends = stats.recycled + stats.discarded + stats.escaped + stats.collected + stats.detached
    assert stats.live == 0, f"{kind.name}: {stats}"
    assert stats.taken + stats.inserted == ends, f"{kind.name}: {stats}"
    assert parked is None or stats.parked <= parked, f"{kind.name}: {stats}"


def use(kind: Kind, token: int) -> None:
    """Take an object, fill it, check it, and drop it."""
    obj = kind.make()
    check_blank(kind, obj)
    kind.fill(obj, token)
    check_token(kind, obj, token)
