"""Random programs of class trees. Each prints everything that it observes about its classes and their objects."""

import random

HEAD = '''
import abc, collections, copy, dataclasses, enum, functools, gc, inspect, pickle, sys, threading, typing, weakref

T = typing.TypeVar("T")

def show(value):
    """A text without addresses."""
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {' '.join(str(value).split())}{show(vars(value)) if vars(value) else ''}"
    if type(value) in (int, float, str, bytes, bool, type(None)):
        return repr(value)
    if isinstance(value, type):
        return value.__qualname__
    if type(value) in (list, tuple, set, dict):
        return f"{type(value).__name__}{[(show(k), show(value[k])) if type(value) is dict else show(k) for k in value]}"
    own = getattr(value, "__dict__", None)
    slots = [f"{n}={show(getattr(value, n))}" for c in type(value).__mro__ for n in vars(c).get("__slots__", ())
             if n[:2] != "__" and hasattr(value, n)] if not isinstance(value, tuple) else []
    plain = next((b for b in (int, float, str, bytes, list, tuple, dict, set, collections.deque)
                  if isinstance(value, b)), None)
    return f"<{type(value).__qualname__} {own and show(own)} {slots} {plain and show(plain(value))}>"

def attempt(label, function):
    try:
        print(label, show(function()))
    except Exception as error:
        print(label, show(error))

def in_thread(cls):
    """Call a class on a thread, as its function."""
    hook, threading.excepthook = threading.excepthook, lambda args: print("thread", show(args.exc_value))
    thread = threading.Thread(target=cls)
    thread.start()
    thread.join()
    threading.excepthook = hook

def facts(cls):
    print([f"{name}:{type(value).__name__}" for name, value in vars(cls).items()])
    print([base.__qualname__ for base in cls.__mro__], cls.__module__, cls.__qualname__, cls.__doc__)
    print(cls.__init__ is object.__init__, cls.__new__ is object.__new__, hasattr(cls, "__del__"), len(dir(cls)))
    print(cls.__basicsize__, cls.__dictoffset__, cls.__weakrefoffset__, [c.__name__ for c in cls.__subclasses__()])
    attempt("signature", lambda: str(inspect.signature(cls)))
    attempt("init", lambda: str(inspect.signature(cls.__init__)))
    print([name for name, _ in inspect.getmembers_static(cls, inspect.isroutine)])

class Described:
    def __set_name__(self, owner, name): self.name = name; print("named", owner.__name__, name)
    def __get__(self, obj, owner=None): return self if obj is None else obj.__dict__.get(self.name, "unset")
    def __set__(self, obj, value): obj.__dict__[self.name] = ("set", value)

class Meta(type):
    """A metaclass that looks at its classes."""
    def __new__(mcs, name, bases, body, **kw): return super().__new__(mcs, name, bases, {**body, "meta": kw.get("tag")})
    def __init__(cls, name, bases, body, **kw): super().__init__(name, bases, body)
    def __setattr__(cls, name, value): print("setattr", cls.__name__, name); super().__setattr__(name, value)
    def __delattr__(cls, name): print("delattr", cls.__name__, name); super().__delattr__(name)

class Calling(type):
    def __call__(cls, *args, **kwargs):
        made = super().__call__(*args, **kwargs)
        print("called", cls.__name__, len(args))
        return made

class Registering:
    subclasses = []
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        Registering.subclasses.append(cls.__name__)
        cls.tag = tag
'''

TAIL = """
print(threading.active_count(), Registering.subclasses, sorted(name for name in globals() if name[0] != "_"))
"""

BUILTINS = [
    *("str", "int", "float", "bytes", "list", "dict", "set", "tuple", "frozenset", "bytearray", "complex"),
    *("collections.deque", "collections.OrderedDict", "collections.defaultdict", "collections.Counter"),
    *("Exception", "ValueError", "KeyError", "OSError", "threading.local", "functools.partial", "property"),
]

CALLS = [
    *("", "1", "'x'", "[1, 2]", "{'a': 1}", "1, 2", "a=1", "1, b=2", "'x', 'ascii'", "*range(5)", "x=1, y=2"),
    *("print", "print, 1", "b'y', 'utf-8'", "1, 2, 3, a=4", "None", "**{'a b': 1}"),
]

INITS = [
    "def __init__(self, a=1, *rest, b=2, **more): self.a = a; self.rest = rest; self.more = (b, more)",
    "def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs); self.seen = len(args)",
    "def __init__(self, *args, **kwargs): super().__init__(); self.seen = (args, kwargs)",
    "def __init__(self, a): self.a = [a]; self.b = {}",
    "def __init__(self): self.x = 1",
    "def __init__(self, a, /, b, *, c=3): self.a, self.b, self.c = a, b, c",
    "def __init__(self, *a): raise LookupError(*a)",
    "def __init__(self, *a): return len(a) or None",
    "__init__ = object.__init__",
    "__init__ = lambda self, *a: None",
]

NEWS = [
    "def __new__(cls, *args, **kwargs): return super().__new__(cls, *args, **kwargs)",
    "def __new__(cls, *args, **kwargs): return super().__new__(cls)",
    "def __new__(cls, a): self = super().__new__(cls); self.made = a; return self",
    "def __new__(cls, *args): return 'something else'",
    "__new__ = object.__new__",
]

MORE = [
    "d = Described()",
    "x: int = 0",
    "def __eq__(self, other): return type(self) is type(other)",
    "def __call__(self, *a): return len(a)",
    "@property\n    def p(self): return 7",
    "@functools.cached_property\n    def c(self): return [8]",
    "@classmethod\n    def make(cls): return cls()",
    "def __del__(self): print('gone', type(self).__name__)",
    "def __getattr__(self, name): raise AttributeError(name + '?')",
    "def __setattr__(self, name, value): super().__setattr__(name, value)",
    "def __reduce__(self): return type(self), ()",
    "def __getnewargs__(self): return (1,)",
    "class Inner:\n        def __init__(self): self.outer = None",
]

SPECIAL = [
    "class {name}(typing.NamedTuple):\n    a: int\n    b: str = 'b'",
    "class {name}(enum.Enum):\n    A = 1\n    B = 'b'\n    def f(self): return self.value",
    "class {name}(int, enum.Enum):\n    A = 1\n    B = 2",
    "class {name}(enum.Flag):\n    A = 1\n    B = 2",
    "@dataclasses.dataclass\nclass {name}:\n    a: int = 1\n    b: list = dataclasses.field(default_factory=list)",
    "@dataclasses.dataclass(slots=True, frozen=True)\nclass {name}:\n    a: object = 1",
    "class {name}(typing.Protocol):\n    a: int\n    def f(self): ...",
    "class {name}(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...",
    "class {name}(typing.Generic[T]):\n    def __init__(self, a: T): self.a = a",
    "class {name}(typing.TypedDict):\n    a: int",
    "@functools.total_ordering\nclass {name}:\n    def __lt__(self, other): return True",
    "class {name}: __slots__ = ('a', 'b', '__dict__', '__weakref__')",
]


KNOWN = tuple(f"attempt('{label}'" for label in ("new", "object", "again", "pickle", "tracked"))


def program(seed, classes, *, pools=False):
    """The source of a program. With `pools`, it does nothing that is known to differ with them; comments say why."""
    chosen = random.Random(seed)
    names = []
    parts = [HEAD]
    for number in range(classes):
        name = f"C{number}"
        parts += [_definition(chosen, name, names, pools=pools), _use(chosen, name, names, pools=pools)]
        names.append(name)
    return "\n".join([*parts, "" if pools else TAIL])


def _definition(chosen, name, earlier, *, pools):
    if chosen.random() < 0.2:
        text = chosen.choice(SPECIAL).format(name=name)
        text = text.replace("(typing.Protocol)", "") if pools else text  # its subclasses have the `__init__` of object
    else:
        text = _class(chosen, name, earlier, pools=pools)
    body = text.replace("\n", "\n    ")
    return f"try:\n    {body}\nexcept Exception as error:\n    class {name}: pass\n    print('{name}', show(error))"


def _class(chosen, name, earlier, *, pools):
    bases = chosen.sample(earlier, min(len(earlier), chosen.choice([0, 0, 1, 1, 2, 3])))
    builtins = [
        base for base in BUILTINS if base != "OSError" or not pools
    ]  # OSError tests the slots of its subclasses
    bases += chosen.sample(builtins, chosen.choice([0, 0, 0, 1]))
    bases += ["Registering"] * (chosen.random() < 0.1)
    arguments = bases
    if chosen.random() < 0.15:
        metaclass = chosen.choice(["Meta", "Meta", "Calling", "abc.ABCMeta"])
        # Decoration sets attributes, which `Meta` prints.
        arguments = [*bases, f"metaclass={'abc.ABCMeta' if pools else metaclass}"]
    if chosen.random() < 0.1:
        arguments = [*arguments, "tag='t'"]
    body = [f"'''{name}, documented.'''"] if chosen.random() < 0.2 else []
    body += [f"__slots__ = {chosen.choice([(), ('s',), ('s', 't')])}"] if chosen.random() < 0.2 else []
    # `object.__init__` accepts arguments that it refuses without a pool.
    inits = [init for init in INITS if not pools or not any(text in init for text in ("object.", "__init__(*args"))]
    body += [chosen.choice(inits)] if chosen.random() < 0.5 else []
    # `object.__new__` names the wrong class in its errors, and refuses what it accepts without a pool.
    body += [chosen.choice(NEWS)] if chosen.random() < 0.2 and not pools else []
    # By design, a finalizer runs only when the object is freed.
    body += [each for each in chosen.sample(MORE, chosen.choice([0, 0, 1, 2])) if "__del__" not in each or not pools]
    return f"class {name}({', '.join(arguments)}):\n    " + "\n    ".join(body or ["pass"])


def _use(chosen, name, earlier, *, pools):
    lines = [] if pools else [f"facts({name})"]
    lines += [
        f"attempt('{name}({call.replace(chr(39), '')})', lambda: {name}({call}))" for call in chosen.sample(CALLS, 8)
    ]
    other = chosen.choice(earlier or [name])
    uses = [
        f"attempt('new', lambda: {name}.__new__({name}))",
        f"attempt('object', lambda: object.__new__({name}))",
        f"attempt('copy', lambda: copy.copy({name}()))",
        f"attempt('deepcopy', lambda: copy.deepcopy({name}()))",
        f"attempt('pickle', lambda: pickle.loads(pickle.dumps({name}(), {chosen.randrange(6)})))",
        f"attempt('again', lambda: {name}().__init__(1))",
        f"attempt('weak', lambda: weakref.getweakrefcount({name}()))",
        f"attempt('weak', lambda: weakref.ref({name}())())",
        f"attempt('many', lambda: len([{name}() for _ in range(300)]))",
        f"attempt('tracked', lambda: gc.is_tracked({name}()))",
        f"attempt('is', lambda: [isinstance({name}(), c) for c in ({name}, {other}, str, tuple)])",
        f"attempt('thread', lambda: in_thread({name}))",
    ]
    if pools:
        # `object.__new__` and `object.__init__` see our `__new__`. Old protocols pickle objects with slots.
        uses = [use for use in uses if not use.startswith(KNOWN)]
    else:
        uses += [
            f"attempt('class', lambda: setattr({name}(), '__class__', {other}))",
            f"attempt('patch', lambda: setattr({name}, '__init__', lambda self, *a: print('patched', a)))",
            f"attempt('patch', lambda: setattr({name}, '__del__', lambda self: print('end of', type(self).__name__)))",
            f"attempt('unpatch', lambda: delattr({name}, '__init__'))",
            f"attempt('unpatch', lambda: delattr({name}, '__del__'))",
            f"attempt('bases', lambda: setattr({name}, '__bases__', ({other},)))",
            f"attempt('finalized', lambda: gc.is_finalized({name}()))",
            f"attempt('references', lambda: weakref.getweakrefcount({name}) >= 0)",
        ]
    lines += chosen.sample(uses, min(8, len(uses)))
    cycle = f"o = {name}(); o.me = o; o = None; return gc.collect() > 0"
    if chosen.random() < 0.2:
        lines += [f"def f():\n    {cycle.replace('; ', chr(10) + '    ')}", "attempt('cycle', f)"]
    return "\n".join(lines + ([] if pools else [f"facts({name})"]))
