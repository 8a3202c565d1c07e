"""Random classes, the same for both engines.

Classes that would show a difference by design are left out; each place says why.
"""

import collections
import dataclasses
import functools
import io
from typing import Any

import attrs
from hypothesis import strategies as st

FACTORIES = {
    "list": list,
    "dict": dict,
    "set": set,
    "deque": collections.deque,
    "bytearray": bytearray,
    "OrderedDict": collections.OrderedDict,
    "defaultdict": collections.defaultdict,
    "Counter": collections.Counter,
    "BytesIO": io.BytesIO,
    "StringIO": io.StringIO,
    "window": functools.partial(collections.deque, maxlen=2),
    "lists": functools.partial(collections.defaultdict, list),
    "filled": functools.partial(list, (1, 2)),
    "function": lambda: [1],
    "tuple": tuple,
}
KEPT = ("list", "dict", "set") * 5
"""The commonest factories of containers, which the native engine keeps."""
DEFAULTS = {"None": None, "zero": 0, "text": "text", "pair": (1, 2)}
BASES = {
    "list": list,
    "dict": dict,
    "set": set,
    "deque": collections.deque,
    "bytearray": bytearray,
    "OrderedDict": collections.OrderedDict,
    "defaultdict": collections.defaultdict,
    "Counter": collections.Counter,
    "BytesIO": io.BytesIO,
    "StringIO": io.StringIO,
}
SLOTTED = ("attrs", "dataclass", "plain")
"""Bases whose subclasses with slots can support weak references."""
FATES = ("error", "refuse", "escape", "take", "drop", "detach")
"""The behaviours of a reset, chosen by an attribute of the object."""


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    source: str  # in FACTORIES or DEFAULTS, "required", or "part"
    init: bool = True
    converts: bool = False


@dataclasses.dataclass(frozen=True)
class Shape:
    """The description of a class.

    Attributes:
        family: "attrs", "dataclass", "plain", or the container that is the base.
        has_slots: whether its attributes are in slots.
        has_dict: whether there is a `__dict__` besides.
        has_weakref: whether it can be weakly referenced. A proxy always can, so programs try only if this is true.
        frozen: whether attributes cannot be assigned.
        fields: the fields of attrs classes and dataclasses; other families always have the same attributes.
        made: "decorated", "metaclass", "child" of a class under the metaclass, "heir": a decorated subclass.
        hooks: the methods it has: "reset", "capacity", "post_init".
        keep: the attributes that are kept.
        kw_only: whether attrs classes and dataclasses accept only keyword arguments.
        init: the `__init__` of a plain class, by its name in `inits`.
        limits: max, max_cap and scope.
        second: the scope of the second pool, and its max.
    """

    family: str
    has_slots: bool
    has_dict: bool
    has_weakref: bool
    frozen: bool
    fields: tuple[Field, ...]
    made: str
    hooks: tuple[str, ...]
    keep: tuple[str, ...]
    kw_only: bool
    init: str
    limits: dict[str, Any]
    second: tuple[str, int | str]

    @property
    def is_of_fields(self):
        return self.family in ("attrs", "dataclass")

    @property
    def parameters(self):
        """The fields that a call may pass."""
        fields = PLAIN[: -len(OTHERS)] if self.family == "plain" else self.fields
        return [field for field in fields if field.init]

    @property
    def field_names(self):
        return [field.name for field in self.fields]

    @property
    def names(self):
        """The attributes that are compared."""
        return (*self.field_names, *OTHERS)

    @property
    def takes_attributes(self):
        """Whether any attribute can be assigned."""
        return self.has_dict

    def may_change(self, name):
        """Whether the program may try to assign or delete an attribute.

        A frozen dataclass protects attributes that are not fields only in objects of exactly its class. If the engine
        replaces the class by a subclass, these attributes can be changed.
        """
        if name in self.field_names:
            return True
        return self.has_dict and not self.frozen


OTHERS = ("fate", "size", "extra")
PLAIN = (
    Field("first", "required"),
    Field("second", "list"),
    Field("third", "dict"),
    *(Field(name, "None") for name in OTHERS),
)


@st.composite
def shapes(draw):
    family = draw(st.sampled_from(["attrs", "dataclass", "plain"] * 4 + list(BASES)))
    has_slots = draw(st.booleans())
    frozen = False
    keep = ()
    hooks = tuple(hook for hook in ("reset", "capacity") if draw(st.integers(0, 3)) == 0)
    made = draw(st.sampled_from(["decorated", "decorated", "metaclass", "child", "heir"]))
    if family in ("attrs", "dataclass"):
        frozen = draw(st.integers(0, 3)) == 0
        fields = draw(some_fields(family))
        keepable = [field.name for field in fields]
        if draw(st.integers(0, 4)) == 0:
            hooks += ("post_init",)
        has_dict = not has_slots or made in ("child", "heir")
    else:
        fields = PLAIN if family == "plain" or not has_slots else ()
        keepable = ["second", "third"] if family == "plain" else []
        has_dict = not has_slots or (family == "plain" and draw(st.booleans())) or made in ("child", "heir")
    if keepable and "reset" not in hooks and draw(st.integers(0, 2)) == 0:
        keep = tuple(draw(st.lists(st.sampled_from(keepable), min_size=1, unique=True)))
    return Shape(
        family=family,
        has_slots=has_slots,
        has_dict=has_dict,
        has_weakref=not has_slots or (draw(st.booleans()) and family in SLOTTED) or made in ("child", "heir"),
        frozen=frozen,
        fields=fields,
        made=made,
        hooks=hooks,
        keep=keep,
        kw_only=draw(st.booleans()),
        init=draw(st.sampled_from(sorted(inits()))),
        limits={
            "max": draw(st.sampled_from([1, 2, 3, 0, 1024, "auto", "auto"])),
            "max_cap": draw(st.sampled_from([4096, 100, 0])),
            "scope": draw(st.sampled_from(["local", "global"])),
        },
        second=(draw(st.sampled_from(["LocalPool", "GlobalPool"])), draw(st.sampled_from([2, 0, 5, "auto"]))),
    )


@st.composite
def some_fields(draw, family):
    sources = [*FACTORIES, *FACTORIES, *DEFAULTS, *KEPT, "required", "part"]
    fields = (
        Field(
            name=f"field{number}",
            source=draw(st.sampled_from(sources)),
            init=draw(st.integers(0, 5)) > 0,
            converts=family == "attrs" and draw(st.integers(0, 6)) == 0,
        )
        for number in range(draw(st.sampled_from([1, 2, 3, 0, 4, 6, 34])))
    )
    return tuple(sorted(fields, key=lambda field: field.source != "required"))


def converted(value):
    """A converter that changes one value."""
    return [value] if value == 7 else value


def make(side, shape):
    """Create the poolable class of a description, its part and its pools, on one engine."""
    pooled = side.pooled
    side.shape = shape

    @pooled.poolable(max=3)
    @attrs.define
    class Part:
        size: int = 3
        items: list = attrs.field(factory=list)

    side.part = Part
    cls = decorated(side, shape)
    side.cls, side.ours = cls, (cls, Part)
    side.init, side.inits = cls.__init__, 0
    kind, bound = shape.second
    side.pools = [
        pooled.pool_of(cls),
        getattr(pooled, kind)(cls, max=bound, max_cap=100_000, name="second"),
        pooled.pool_of(Part),
        pooled.GlobalPool(list, max=2, name="lists"),
        pooled.GlobalPool(side.engine.arc.Cell, max=2, name="cells"),
    ]


def decorated(side, shape):
    pooled = side.pooled
    body = body_of(side, shape)
    hooks = {name: name for name in ("reset", "capacity") if name in shape.hooks}
    named = hooks | ({"keep": shape.keep} if shape.keep else {})
    bases = (BASES[shape.family],) if shape.family in BASES else ()
    if shape.made == "decorated":
        return pooled.poolable(**shape.limits, **named)(defined(shape, type("Thing", bases, body)))
    if shape.made == "heir":
        base = defined(shape, type("Base", bases, body))
        heir = type("Thing", (base,), {"__module__": body["__module__"]})
        return pooled.poolable(**shape.limits, **named)(heir)
    cls = defined(shape, pooled.PooledMeta("Thing", bases, body, **shape.limits, **named))
    if shape.made == "child":
        return type(cls)("Thing", (cls,), {"__module__": body["__module__"]})
    return cls


def defined(shape, cls):
    """Apply attrs or dataclasses to a class."""
    if shape.family == "attrs":
        weakref_slot = {"weakref_slot": shape.has_weakref}
        return attrs.define(slots=shape.has_slots, frozen=shape.frozen, kw_only=shape.kw_only, **weakref_slot)(cls)
    if shape.family == "dataclass":
        weakref_slot = {"weakref_slot": shape.has_weakref} if shape.has_slots else {}
        return dataclasses.dataclass(slots=shape.has_slots, frozen=shape.frozen, kw_only=shape.kw_only, **weakref_slot)(
            cls
        )
    return cls


def body_of(side, shape):
    body = {"__module__": "fuzz_importable", "__qualname__": "Thing", **hooks_of(side, shape)}
    if shape.is_of_fields:
        body["__annotations__"] = {field.name: Any for field in shape.fields}
        body |= {field.name: written(side, shape, field) for field in shape.fields}
        return body
    if shape.family == "plain":
        body["__init__"] = inits()[shape.init]
    if shape.has_slots:
        names = [field.name for field in shape.fields] if shape.family == "plain" else []
        names += ["__dict__"] if shape.has_dict and shape.family == "plain" and shape.made == "decorated" else []
        # Some bases support weak references.
        names += ["__weakref__"] if shape.has_weakref and shape.family == "plain" else []
        body["__slots__"] = tuple(names)
    return body


def inits():
    """The functions that are the `__init__` of a plain class, by name; new ones, since programs change them.

    All but the first only assign, so the native engine carries them out in C.
    """

    def checking(self, first=None, second=(), third=()):
        if first == "bad":
            raise ValueError("bad")
        self.first, self.second, self.third = first, list(second), dict(third)

    def assigning(self, first, second=None, third=0):
        self.third = third
        self.first = first
        self.second = second

    def containing(self, first, second=None, third=None):
        self.first = first
        self.second = []
        self.third = {}

    def choosing(self, first=None, second=None, third=None):
        self.second = second if second is not None else []
        if third is None:
            third = {}
        self.third = third
        self.first = first

    def leaving_unset(self, first, second=(), *, third=()):
        self.second = set()
        self.third = third

    functions = (checking, assigning, containing, choosing, leaving_unset)
    return {function.__name__: function for function in functions}


def written(side, shape, field):
    options = {"init": field.init}
    factory = "factory" if shape.family == "attrs" else "default_factory"
    if field.source in DEFAULTS:
        options["default"] = DEFAULTS[field.source]
    elif field.source != "required":
        options[factory] = side.part if field.source == "part" else FACTORIES[field.source]
    if field.converts:
        options["converter"] = converted
    return (attrs.field if shape.family == "attrs" else dataclasses.field)(**options)


def hooks_of(side, shape):
    """The methods that a user defines."""
    hooks = {}
    if "reset" in shape.hooks:

        def reset(self):
            return reset_by_fate(side, self)

        hooks["reset"] = reset
    if "capacity" in shape.hooks:

        def capacity(self):
            size = getattr(self, "size", 0)
            if size == "error":
                raise ValueError("no capacity")
            return size if isinstance(size, int) else 0

        hooks["capacity"] = capacity
    if "post_init" in shape.hooks:

        def post_init(self):
            side.said.append("post_init")

        hooks["__attrs_post_init__" if shape.family == "attrs" else "__post_init__"] = post_init
    return hooks


def reset_by_fate(side, obj):
    fate = getattr(obj, "fate", None)
    if fate == "error":
        raise ValueError("no reset")
    if fate == "escape":
        side.kept.append(obj)
        return None
    if fate == "take":
        side.pooled.take(side.part).items.append(1)
    if fate == "drop":
        del side.held[:]
    empty(obj)
    return fate != "refuse"


def empty(obj):
    """Reset an object as a user does: its containers stay."""
    for name in list(getattr(obj, "__dict__", ())):
        value = obj.__dict__[name]
        if hasattr(value, "clear"):
            value.clear()
        else:
            del obj.__dict__[name]
    if hasattr(obj, "clear"):
        obj.clear()
