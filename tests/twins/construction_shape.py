"""What the source text of all random classes has: names, values, bases and members."""

from dataclasses import dataclass, field
from random import Random

NAMES = ("a", "b", "c", "d", "e", "f", "_g", "__h", "size", "label")
CONSTANTS = ("None", "1", "-7", "10**30", "2.5", "'text'", "()", "True", "b'x'", "(1, 'x')", "S0", "D0", "Thing", "...")
MUTABLE = ("L0", "K0", "[]", "{}")
CONTAINERS = (
    *("[]", "{}", "[]", "{}", "list()", "dict()", "set()", "deque()", "collections.deque()", "defaultdict(list)"),
    *(
        "defaultdict(int)",
        "OrderedDict()",
        "bytearray()",
        "tuple()",
        "frozenset()",
        "[1]",
        "{'k': 1}",
        "deque(maxlen=2)",
    ),
    *(
        "Counter()",
        "MyList()",
        "defaultdict(lambda: 0)",
        "make_list()",
        "defaultdict()",
        "defaultdict(None)",
        "deque([])",
    ),
)
FACTORIES = (
    *(
        "list",
        "dict",
        "set",
        "list",
        "dict",
        "set",
        "deque",
        "collections.OrderedDict",
        "bytearray",
        "tuple",
        "frozenset",
    ),
    *("functools.partial(defaultdict, list)", "functools.partial(defaultdict, make_list)", "lambda: []", "make_list"),
    *("lambda: deque(maxlen=3)", "Thing", "int", "MyList", "Counter", "functools.partial(dict, k=1)", "defaultdict"),
    *("functools.partial(list)", "lambda: frames()", "functools.partial(deque, maxlen=2)", "type('L', (list,), {})"),
)

CALM_CONTAINERS = (
    *("[]", "{}", "list()", "dict()", "set()", "deque()", "collections.deque()", "defaultdict(list)"),
    *("OrderedDict()", "bytearray()", "tuple()"),
)
CALM_FACTORIES = ("list", "dict", "set", "deque", "collections.OrderedDict", "bytearray", "tuple")


class Draw(Random):
    """Random choices. A calm class has a constructor that C can most often carry out."""

    calm = False

    def is_odd(self) -> bool:
        """Whether to draw from what keeps a constructor from being carried out in C, too."""
        return not self.calm or self.random() < 0.02


@dataclass
class Shape:
    """What the steps have to know about a class.

    Attributes:
        name: its name.
        text: its source.
        positional: the parameters of `__init__` that can be passed by position.
        only: how many of them cannot be passed by keyword.
        keywords: the other parameters.
        required: those without a default.
        fields: the attributes that it may set.
        bases: the names of its bases that were generated, too.
    """

    name: str
    text: str = ""
    positional: list[str] = field(default_factory=list)
    only: int = 0
    keywords: list[str] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    fields: list[str] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)

    def parameters(self) -> list[str]:
        return self.positional + self.keywords


def some(rng: Draw, population, most: int) -> list:
    """At most so many elements, none twice, in random order."""
    return rng.sample(list(population), rng.randint(0, min(most, len(population))))


def names_of(rng: Draw) -> list[str]:
    """Names for attributes; sometimes very many."""
    if rng.random() < 0.04:
        return [f"n{number}" for number in range(rng.choice([12, 29, 31, 40, 64, 66]))]
    return some(rng, NAMES, 7)


def head(rng: Draw, name: str, bases: list[Shape], *, slots: bool) -> str:
    """The line with `class`, and the decorator that makes it poolable."""
    names = [base.name for base in bases]
    if (not slots and not rng.calm) or rng.random() < 0.2:
        mixins = ["Mixin", "Registers", "typing.Generic[T]", "abc.ABC", "SlotMixin", "Cooperative"]
        names = [*some(rng, mixins[:2], 1), *names] if rng.random() < 0.3 else names
        if rng.random() < 0.2:
            names = [*names, rng.choice(mixins[2:])]
    return f"class {name}({', '.join(names)}):"


def factory(rng: Draw) -> str:
    return rng.choice(FACTORIES if rng.is_odd() else CALM_FACTORIES)


def container(rng: Draw) -> str:
    return rng.choice(CONTAINERS if rng.is_odd() else CALM_CONTAINERS)


def pooled_line(rng: Draw, name: str) -> str:
    return "@poolable\n" if name == "C" or rng.random() < 0.2 else ""


# ---- parts of all classes ----


def members(rng: Draw, shape: Shape, *, slots: bool) -> list[str]:
    """Other members of the class; some change what an assignment does."""
    if rng.random() < 0.6:
        return []
    each = rng.choice(shape.fields or ["a"])
    shapes = [
        "def __repr__(self):\n    return 'an object'",
        "def __eq__(self, other):\n    return self is other\n__hash__ = None",
        "def method(self):\n    return 1",
        "def __getattr__(self, name):\n    raise AttributeError(name)",
        "made = 0",
        "def __init_subclass__(cls, **kwargs):\n    super().__init_subclass__(**kwargs)",
        "def __lt__(self, other):\n    return False",
        "def __class_getitem__(cls, item):\n    return cls",
        "def __reduce__(self):\n    return (list, ())",
        "@functools.cached_property\ndef cached(self):\n    return [1]",
    ]
    if not slots:
        shapes += [f"{each} = 5", f"{each} = Inert()"]
    if not slots and rng.is_odd():
        shapes += [
            f"{each} = Data({each!r})",
            f"@property\ndef {each}(self):\n    return self.__dict__.get('p')\n@{each}.setter\ndef {each}(self, value):\n    log.append(frames())\n    self.__dict__['p'] = value",
            f"@functools.cached_property\ndef {each}(self):\n    return [1]",
            "def __setattr__(self, name, value):\n    log.append(name)\n    object.__setattr__(self, name, value)",
            "def __setattr__(self, name, value):\n    super().__setattr__(name, value)",
            "def __new__(cls, *args, **kwargs):\n    return super().__new__(cls)",
            "def __delattr__(self, name):\n    log.append(name)\n    object.__delattr__(self, name)",
            "def __getattribute__(self, name):\n    return object.__getattribute__(self, name)",
        ]
    return [line for text in some(rng, shapes, 2) for line in text.splitlines()]


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def add_field(shape: Shape, name: str) -> None:
    if name not in shape.fields:
        shape.fields.append(name)


def add_parameter(shape: Shape, name: str, *, keyword: bool, required: bool) -> None:
    for names in (shape.positional, shape.keywords):
        if name in names:
            names.remove(name)
    shape.required.discard(name)
    (shape.keywords if keyword else shape.positional).append(name)
    if required:
        shape.required.add(name)


def inherit(shape: Shape, bases: list[Shape]) -> None:
    """Take over the fields and parameters of bases that dataclasses or attrs made."""
    for base in bases:
        for each in base.fields:
            add_field(shape, each)
        for each in base.parameters():
            add_parameter(shape, each, keyword=each in base.keywords, required=each in base.required)
        shape.only = base.only


def finished(rng: Draw, shape: Shape, decorator: str, lines: list[str], bases: list[Shape], *, slots: bool) -> Shape:
    start = pooled_line(rng, shape.name) + decorator + head(rng, shape.name, bases, slots=slots)
    shape.text = "\n".join([start, *indent(lines or ["pass"]), ""])
    shape.bases = [text for base in bases for text in [*base.bases, base.text]]
    return shape
