"""Source text of the steps of a random program over a class `C`, and over the variables `x`, `y` and `z`."""

from hypothesis import strategies as st

ARGUMENTS = (
    *(
        "",
        "1",
        "1, 2",
        "1, b=3",
        "a=1",
        "a=1, b=[]",
        "1, 2, 3, 4",
        "c=1",
        "**{'a': 1, 'b': {}}",
        "1, **{5: 5}",
        "'bad'",
    ),
    *("[1, 2]", "[(1, 2)]", "a=[1], b=2, c=[3]", "*range(2)", "()"),
)

CONSTRUCT = ("{v} = C({args})", "{v} = C.__new__(C)", "{v} = D({args})", "{v} = C.made_by({args})")

CHANGE = (
    *(
        "{v} = None",
        "del {v}",
        "{v}.a = [1]",
        "{v}.new = 1",
        "del {v}.a",
        "{v}.__dict__ = {{'k': 1}}",
        "{v}.c.append(1)",
    ),
    *("{v}.__init__({args})", "{v}.append(1)", "{v}[1] = 2", "{v}.add(1)", "{v}.update(a=1)", "{v}.__class__ = C"),
    *(
        "setattr({v}, 'b', {v})",
        "{w} = {v}",
        "collect()",
        "in_thread(lambda: C({args}))",
        "{v} = in_thread(lambda: C({args}))",
    ),
    *("object.__setattr__({v}, 'a', 1)", "vars({v}).clear()", "{v}.cached", "{v}.cached.append(1)"),
)

OBSERVE = (
    *(
        "repr({v})",
        "vars({v})",
        "dir({v})",
        "{v} == C({args})",
        "{v} != {w}",
        "hash({v}) is None",
        "bool({v})",
        "len({v})",
    ),
    *(
        "list({v})",
        "type({v}) is C",
        "isinstance({v}, C)",
        "{v}.__class__ is C",
        "callable({v})",
        "{v}(1)",
        "{v}.ghost",
    ),
    *(
        "{v}.greet()",
        "{v}.twice",
        "{v}.shown()",
        "{v}.shown_by()",
        "{v}.own()",
        "{v}.fixed()",
        "{v}.size",
        "{v}.__doc__",
    ),
    *(
        "{v}.reset()",
        "{v}.capacity()",
        "{v} < {w}",
        "{v}.a",
        "{v}.b",
        "{v}.c",
        "{v} is {w}",
        "log",
        "getattr(C, 'made', None)",
    ),
    *("weakref.ref({v})() is {v}", "weakref.proxy({v}).a", "len(str({v})) > 0", "f'{{{v}}}'[:3]", "with_({v})"),
    *(
        "inspect.getattr_static({v}, 'a')",
        "hasattr({v}, 'zzz')",
        "{v}.zzz",
        "sorted({v}.__slots__)",
        "{v}.__sizeof__() > 0",
    ),
)

COPY = (
    *("{w} = copy.copy({v})", "{w} = copy.deepcopy({v})", "{w} = pickle.loads(pickle.dumps({v}))"),
    *("{w} = pickle.loads(pickle.dumps({v}, 2))", "{w} = dataclasses.replace({v})", "{w} = attrs.evolve({v})"),
    *("dataclasses.asdict({v})", "attrs.asdict({v})", "dataclasses.astuple({v})", "copy.copy([{v}])[0] is {v}"),
    *("{w} = copy.replace({v})", "pickle.loads(pickle.dumps(C)) is C", "copy.deepcopy(C) is C"),
)

CLASS = (
    *(
        "str(inspect.signature(C))",
        "str(inspect.signature(C.__init__))",
        "C.__doc__",
        "[cls.__name__ for cls in C.__mro__]",
    ),
    *("C.__name__, C.__qualname__, C.__module__", "typing.get_type_hints(C)", "dataclasses.is_dataclass(C)"),
    *("[field.name for field in dataclasses.fields(C)]", "[field.name for field in attrs.fields(C)]", "C[int]"),
    *(
        "[name for name, _ in inspect.getmembers(C)]",
        "C.__init__ is object.__init__",
        "type(C).__name__",
        "C.shouted",
    ),
    *(
        "list(vars(C))",
        "isinstance(C, collections.abc.Callable)",
        "issubclass(C, collections.abc.Sized)",
        "C.__bases__",
    ),
    *(
        "C.__weakrefoffset__ > 0",
        "C.__dictoffset__ != 0",
        "C.__flags__ & 1 << 10",
        "C.__eq__ is object.__eq__",
        "C.__hash__",
    ),
    *("mock.create_autospec(C)({args}) is None", "dispatch(C, C({args}))", "C.__subclasses__()", "inspect.isclass(C)"),
    *("C.__text_signature__", "C.__annotations__", "inspect.isabstract(C)"),
)

PATCH = (
    *(
        "C.extra = 3",
        "del C.extra",
        "C.a = 3",
        "C.__repr__ = lambda self: 'patched'",
        "del C.__repr__",
        "C.__doc__ = 'new'",
    ),
    *(
        "C.__init__ = lambda self, *args: self.__dict__.update(patched=args)",
        "del C.__init__",
        "C.__len__ = lambda self: 4",
    ),
    *(
        "C.__eq__ = lambda self, other: True",
        "C.__del__ = lambda self: None",  # it runs at the real end only, so it shows nothing
        "C.__call__ = lambda self: 5",
    ),
    *(
        "patched(C, '__init__', lambda self, *args: None, lambda: C({args}))",
        "C.__name__ = 'Renamed'",
        "C.__slots__ = ()",
    ),
    "C.__getattr__ = lambda self, name: name",
    *(
        "patched(C, '__new__', lambda cls, *args: 'made', lambda: C({args}))",
        "C.__new__ = staticmethod(lambda cls, *args, **names: object.__new__(cls))",
    ),
)

SUBCLASS = (
    "class D(C): pass",
    "class D(C):\n    def __init__(self, *args):\n        super().__init__(*args)\n        self.more = 1",
    "class D(Mixin, C): greeting = 1",
    "class D(C):\n    __slots__ = ('more',)",
    "class D(C):\n    def __new__(cls, *args, **names):\n        return super().__new__(cls)",
    "D = type('D', (C,), {{}})",
    "D = dataclasses.make_dataclass('D', ['e'], bases=(C,))",
    "issubclass(D, C), D.__mro__[1] is C",
    "str(inspect.signature(D))",
    "isinstance(D({args}), C)",
    "{v}.__class__ = D",
)

_ALL = (*3 * (CONSTRUCT,), *2 * (CHANGE,), *2 * (OBSERVE,), COPY, CLASS, PATCH, SUBCLASS)
GROUPS = {
    "native": _ALL,
    "off": _ALL,
    "reference": (*2 * (CONSTRUCT,), *2 * (CHANGE,), OBSERVE, COPY),
}
"""By engine: with the reference engine, `C` is a subclass, and its objects are proxies, as the limits page says."""

OF_THE_CLASS = {
    *("type({v}) is C", "callable({v})", "{v}(1)", "with_({v})", "dir({v})", "{v} = D({args})", "{v} < {w}"),
    *("sorted({v}.__slots__)", "pickle.loads(pickle.dumps(C)) is C", "copy.deepcopy(C) is C", "{v}.__class__ = C"),
    *(
        "inspect.getattr_static({v}, 'a')",
        "{v}.__dict__ = {{'k': 1}}",
        "{v}.new = 1",
        "object.__setattr__({v}, 'a', 1)",
    ),
    *(
        "{w} = dataclasses.replace({v})",
        "dataclasses.asdict({v})",
        "dataclasses.astuple({v})",
        "{w} = attrs.evolve({v})",
    ),
    *("attrs.asdict({v})", "{w} = copy.replace({v})"),
}
"""Steps that show such a class or a proxy."""


@st.composite
def steps(draw, engine, groups=None, variable=None) -> str:
    """A random step; with `variable`, about this one."""
    group = draw(st.sampled_from(groups or GROUPS[engine]))
    template = draw(st.sampled_from([each for each in group if engine != "reference" or each not in OF_THE_CLASS]))
    v, w = draw(st.permutations("xyz"))[:2]
    return template.format(v=variable or v, w=w, args=draw(st.sampled_from(ARGUMENTS)))


@st.composite
def lives(draw, engine, valid) -> list[str]:
    """Two lives of an object: it is made, changed and dropped, and the next one is made."""
    v = draw(st.sampled_from("xyz"))
    first, second = draw(st.tuples(st.sampled_from(valid), st.sampled_from(valid)))
    changes = draw(st.lists(steps(engine, (CHANGE,), v), max_size=3))
    looks = draw(st.lists(steps(engine, (OBSERVE, COPY), v), max_size=2))
    return [f"{v} = C({first})", *changes, f"{v} = None", f"{v} = C({second})", *looks]


def programs(engine, valid):
    """Random programs over a class that accepts the `valid` arguments."""
    pieces = st.one_of(steps(engine).map(lambda step: [step]), lives(engine, valid))
    return st.lists(pieces, min_size=2, max_size=12).map(lambda found: [step for piece in found for step in piece])
