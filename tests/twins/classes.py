"""Source text of random classes: their kind, their bases, and what they define."""

from dataclasses import dataclass

from hypothesis import strategies as st


def blocks(text: str) -> list[str]:
    """Pieces of source text, which empty lines separate."""
    return text.strip("\n").split("\n\n")


CONSTRUCTORS = blocks("""
def __init__(self, a, b=2):
    self.a, self.b = a, [b]

def __init__(self, *args, **names):
    self.a, self.names = args, sorted(names)

def __init__(self, a=1, *, b=None):
    self.a = a
    if a == "bad":
        raise ValueError(a)
    self.b = b

def __init__(self, a=(), b=()):
    self.a = list(a)
    self.b = dict(b)
""")

CACHED = """
@functools.cached_property
def cached(self):
    return [getattr(self, "a", None)]
"""

SETATTR = """
def __setattr__(self, name, value):
    object.__setattr__(self, name, value)
"""

CLASS_ATTRIBUTE = "size: int = 5"

MEMBERS = blocks('''
def __eq__(self, other):
    return getattr(self, "a", 0) == getattr(other, "a", 1)
__hash__ = None

def __repr__(self):
    return f"<{type(self).__name__} with {getattr(self, 'a', None)!r}>"

def __del__(self):
    getattr(self, "a", None)

def __call__(self, *args):
    return args

def __len__(self):
    return 3

def __getattr__(self, name):
    if name == "ghost":
        return 7
    raise AttributeError(name)

def __reduce__(self):
    return (list, ((1, 2),))

def __copy__(self):
    return "a copy"

def __getstate__(self):
    return {"a": "from a pickle"}

def __enter__(self):
    return self
def __exit__(self, *exc):
    return False

def __class_getitem__(cls, item):
    return (cls.__name__, item)

@property
def twice(self):
    return getattr(self, "a", 0), 2

def reset(self):
    log.append("reset")
    self.a = "reset"

def capacity(self):
    log.append("capacity")
    return 1 << 40

"""A class with a text."""

def __hidden(self):
    return 1
def shown(self):
    return self.__hidden()

def shown_by(self):
    return super().__repr__()[:1]

def own(self):
    return __class__.__name__

@staticmethod
def fixed(a=1):
    return a
@classmethod
def made_by(cls, *args):
    return cls(*args)
''')

SLOTS = "__slots__ = ('a', 'b', 'names', '__weakref__')"

FIELDS = {
    "dataclasses": "a: typing.Any\nb: typing.Any = 2\nc: list = dataclasses.field(default_factory=list)",
    "attrs": "a: typing.Any\nb: typing.Any = 2\nc: list = attrs.field(factory=list)",
}

DECORATORS = (
    "dataclasses.dataclass",
    "dataclasses.dataclass(slots=True, weakref_slot=True)",
    "dataclasses.dataclass(frozen=True)",
    "dataclasses.dataclass(order=True, kw_only=True)",
    "attrs.define",
    "attrs.define(slots=False)",
    "attrs.frozen",
)

CONTAINERS = ("list", "dict", "set", "bytearray", "collections.deque", "collections.OrderedDict")

PARAMETERS = ("", "max=1", "max=0")
"""The arguments of `poolable`."""


@dataclass(frozen=True)
class Source:
    """The source text of a module with a class `C`, below the line for its outermost decorator."""

    text: str

    def plain(self) -> str:
        return self.text

    def pooled(self, parameters: str) -> str:
        return f"@pooled.poolable({parameters})\n{self.text}"


@st.composite
def sources(draw) -> Source:
    """A random class."""
    kind = draw(st.sampled_from(["plain", "plain", "slots", *CONTAINERS, *DECORATORS]))
    bases = draw(st.lists(st.sampled_from(["Mixin", "Counts", "Registers"]), unique=True, max_size=2))
    body = draw(st.lists(st.sampled_from(MEMBERS), unique=True, max_size=5))
    decorator = ""
    if kind in DECORATORS:
        decorator = f"@{kind}\n"
        bases = [] if "slots=True" in kind else [base for base in bases if base != "Counts"]
        body.insert(0, FIELDS[kind.partition(".")[0]])
    elif kind in CONTAINERS:
        bases = [*(base for base in bases if base != "Counts"), kind]
    else:
        body += draw(st.lists(st.sampled_from(CONSTRUCTORS), max_size=1))
        if kind == "slots":
            bases = []
            body.insert(0, SLOTS)
        else:
            body += draw(st.lists(st.sampled_from([CACHED, SETATTR, CLASS_ATTRIBUTE]), unique=True))
            bases += draw(st.lists(st.just("metaclass=Meta"), max_size=1))
    indented = "\n".join("    " + line for line in "\n".join(body or ["pass"]).splitlines())
    return Source(f"{decorator}class C({', '.join(bases)}):\n{indented}\n")
