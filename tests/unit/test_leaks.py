"""Nothing leaks: over many rounds of each kind, in a new process, allocated blocks and references level off.

With `--all`, there are a thousand rounds.
"""

import effort
import limits
import pytest
from prefork import Prefork

MEASURE = """
import collections, copy, dataclasses, functools, gc, pickle, sys, threading, weakref
import attrs
import pooled
from pooled.containers import *
from pooled.arc import Arc, Cell

ROUNDS = int(sys.argv[1])
MORTAL = sys.version_info < (3, 12)  # whether constants count their references
payload = "some payload that nobody else has"
{setup}
def churn():
    for _ in range(ROUNDS):
{body}
    gc.collect()
    return sys.getallocatedblocks(), sys.getrefcount(payload), sys.getrefcount(...) if MORTAL else 0

churn()
churn()
noise = ROUNDS // 10  # blocks that come and go
for _ in range(8):  # free lists and caches of the interpreter fill up first
    before = churn()
    churn()
    grown = [after - earlier for after, earlier in zip(churn(), before)]
    if grown[0] < noise and grown[1] == 0 and abs(grown[2]) < noise:
        break
else:
    raise AssertionError(grown)
"""

CLASS = """
@pooled.poolable({limits})
class Thing:
    {slots}
    def __init__(self, a=None): self.a = a
    {more}
"""


def thing(limits="", slots="", more=""):
    return CLASS.format(limits=limits, slots=slots, more=more)


FIELDS = """
@attrs.define
class Plain:
    items: list = attrs.field(factory=list)

@pooled.poolable
@attrs.define
class Inner:
    size: int = 3
    items: list = attrs.field(factory=list)

@pooled.poolable({limits})
@{define}
class Thing:
    a: object = None
    items: list = {field}(factory=list)
    table: dict = {field}(factory=dict)
    seen: set = {field}(factory=set)
    size: object = 3
    {more}

def fill(x):
    x.items.append(payload)
    x.table[1] = payload
    x.seen.add(payload)
"""


def fields(package="attrs", *, limits="", more="", **options):
    """A class of attrs or dataclasses with fields of each kind; for both, `factory` is the argument of a field."""
    define = {"attrs": "attrs.define", "dataclass": "dataclasses.dataclass"}[package]
    field = {"attrs": "attrs.field", "dataclass": "data_field"}[package]
    text = FIELDS.format(limits=limits, define=f"{define}(**{options})", field=field, more=more)
    return "def data_field(factory): return dataclasses.field(default_factory=factory)\n" + text


USE = (
    "x = pooled.take(Thing); fill(x); del x; x = pooled.take(Thing, a=payload, size=payload); fill(x); del x; "
    "x = Thing(payload); fill(x); del x; x = pooled.try_take(Thing, items=[payload]); fill(x); del x"
)
TRY = "\n        try: pooled.take(Thing, {given})\n        except {error}: pass"

WITH_FIELDS = {
    "fields in slots": (fields(slots=True), USE),
    "fields in a dict": (fields(slots=False), USE),
    "fields of a frozen class": (fields(frozen=True), USE),
    "fields of a frozen class in a dict": (fields(frozen=True, slots=False), USE),
    "fields of a dataclass": (fields("dataclass"), USE),
    "fields of a dataclass in slots": (fields("dataclass", slots=True), USE),
    "fields of a frozen dataclass": (fields("dataclass", frozen=True), USE),
    "fields, discarded": (fields(limits="max=0"), USE.replace("pooled.try_take", "pooled.take")),
    "fields, too large": (fields(limits="max_cap=5"), "x = pooled.take(Thing); x.items.extend([payload] * 50); del x"),
    "fields that grow": (
        fields(),
        "x = pooled.take(Thing); x.items.extend(range(500)); x.seen.update(range(500)); del x",
    ),
    "fields, extra attributes": (fields(slots=False), "x = pooled.take(Thing); x.more = payload; fill(x); del x"),
    "fields, dict that was kept": (
        fields("dataclass"),
        "x = pooled.take(Thing, a=payload); fill(x); y = vars(x); del x; x = pooled.take(Thing); fill(x); del x, y",
    ),
    "fields, deleted": (fields(), "x = pooled.take(Thing, a=payload); fill(x); del x.items, x.a, x.size; del x"),
    "fields, replaced": (
        fields(),
        "x = pooled.take(Thing); x.items = {payload}; x.table = List([payload]); x.seen = {payload}; del x",
    ),
    "shared parts": (
        fields(),
        "x = pooled.take(Thing); fill(x); kept = x.items, iter(x.table), x.seen.add; del x; y = Thing(1); del y, kept",
    ),
    "weakly referenced parts": (
        fields(),
        "x = pooled.take(Thing); fill(x); ref = weakref.ref(x.seen, lambda _: None); del x, ref",
    ),
    "made": (
        fields(
            more="made: object = attrs.field(factory=lambda: [payload]); late: object = attrs.field(default='5',"
            " converter=float); me: object = attrs.Factory(lambda self: [self.size], takes_self=True)"
        ),
        USE,
    ),
    "made, with an error": (
        "trouble = [0]\n"
        + fields(more="made: object = attrs.field(factory=lambda: [payload, 1 / (len(trouble) - 1)])"),
        TRY.format(given="a=payload, items=[payload]", error="ZeroDivisionError").strip(),
    ),
    "nested": (
        fields(more="inner: object = attrs.field(factory=Inner); rows: object = attrs.field(factory=List)"),
        "x = pooled.take(Thing); x.inner.items.append(payload); x.inner.size = payload; x.rows.append(payload); del x",
    ),
    "nested and kept": (
        fields(more="inner: object = attrs.field(factory=Inner); rows: object = attrs.field(factory=List)"),
        "x = pooled.take(Thing); x.rows.append(payload); y = x.inner, x.rows; del x; x = pooled.take(Thing); del x, y",
    ),
    "nested that are no fields of their own": (
        fields(),
        "x = pooled.take(Thing, a=Inner(), size=[Plain()]); x.items.append(Inner()); x.a.items.append(payload); del x",
    ),
    "bounded and by name": (
        fields(
            more="window: object = attrs.field(factory=functools.partial(collections.deque, maxlen=2)); names: object ="
            " attrs.field(factory=functools.partial(collections.defaultdict, list))"
        ),
        "x = pooled.take(Thing); x.window.append(payload); x.names['a'].append(payload); del x",
    ),
    "checked and converted": (
        fields(
            more="name: object = attrs.field(default='', validator=attrs.validators.instance_of(str));"
            " number: object = attrs.field(default=0, converter=int)"
        ),
        "x = pooled.take(Thing, name='n', number='5'); fill(x); del x"
        + TRY.format(given="a=payload, name=[payload]", error="TypeError")
        + TRY.format(given="a=payload, number='no'", error="ValueError")
        + TRY.format(given="a=payload, nmae=[payload]", error="TypeError"),
    ),
    "post_init": (
        fields("dataclass", more="def __post_init__(self): self.items.append(payload); 1 / (self.size is not None)"),
        "x = pooled.take(Thing, a=payload); fill(x); del x"
        + TRY.format(given="a=payload, size=None", error="ZeroDivisionError")
        + TRY.format(given="nmae=payload", error="TypeError"),
    ),
    "fields in a cycle": (fields(), "x = pooled.take(Thing); x.items.append(x); fill(x); x.a = x; del x"),
    "fields, blank": (fields(), "x = Thing.__new__(Thing); x.a = payload; del x; x = copy.copy(Thing(payload)); del x"),
    "fields in other pools": (
        fields() + "pool = pooled.GlobalPool(Thing, max=8)",
        (
            "x = pool.take(a=payload); fill(x); del x; x = pooled.assign(Thing(payload), pool); fill(x); del x; "
            "x = pooled.detach(pooled.take(Thing, a=payload)); fill(x); del x"
        ),
    ),
    "fields, prefilled": (fields() + "pool = pooled.pool_of(Thing)", "pool.prefill(3); pool.prune(); pool.clear()"),
    "kept": (
        thing("keep=('a', 'b')", more="def __init__(self): self.a, self.b, self.c = [], {}, payload"),
        (
            "x = pooled.take(Thing); x.a.append(payload); x.b[1] = payload; del x; x = Thing(); x.b[1] = payload; "
            "y = x.b; del x, y; x = Thing(); del x.a; del x; x = Thing(); x.b = 5; del x"
        ),
    ),
    "kept fields": (
        fields(limits="keep=('index',)", more="index: object = attrs.field(factory=lambda: {})"),
        "x = pooled.take(Thing); x.index[1] = payload; del x; x = pooled.take(Thing); y = x.index; del x, y",
    ),
    "classes with fields": (
        "",
        (
            "Thing = pooled.poolable(attrs.make_class('Thing', {'items': attrs.field(factory=list)}))"
            "\n        x = pooled.take(Thing); x.items.append(payload); del x"
        ),
    ),
}

KINDS = {
    "containers": (
        "",
        (
            "for cls, args in ((List, ([payload],)), (Dict, ({1: payload},)), (Set, ([payload],)),"
            " (Deque, ([payload], 3)), (OrderedDict, ({1: payload},)), (DefaultDict, (int, {1: payload})),"
            " (Counter, ([payload],)),"
            " (ByteArray, (b'xyz',)), (ByteArray, ('xyz', 'utf8')), (BytesIO, (b'xyz',)), (StringIO, ('xyz',)),"
            " (Array, ('h', [1]))): cls(*args)"
        ),
    ),
    "containers that grow": (
        "",
        "x = List(range(200)); y = Dict.fromkeys(range(200)); z = Set(range(200)); del x, y, z",
    ),
    "too large": ("pool = pooled.GlobalPool(List, max_cap=3)", "x = pool.take(); x.extend([payload] * 10); del x"),
    "slots": (thing(slots="__slots__ = ('a', 'b')"), "Thing(payload)"),
    "dict": (thing(), "Thing(payload)"),
    "dict that was looked at": (thing(), "x = Thing(payload); vars(x)['b'] = payload; del x"),
    "dict that was kept": (thing(), "x = Thing(payload); kept = vars(x); del x, kept"),
    "dict that was replaced": (thing(), "x = Thing(); x.__dict__ = {'b': payload}; del x"),
    "many attributes": (thing(), "x = Thing(); vars(x).update((f'n{i}', payload) for i in range(40)); del x"),
    "discarded": (thing("max=0"), "Thing(payload)"),
    "discarded slots": (thing("max=0", "__slots__ = ('a', 'b')"), "Thing(payload)"),
    "reset": (thing('reset="reset"', more="def reset(self): self.a = None"), "Thing(payload)"),
    "reset that raises": (
        thing('reset="reset"', more="def reset(self): raise ValueError") + "sys.unraisablehook = lambda args: None",
        "Thing(payload)",
    ),
    "reset with cached values": (
        thing(
            'reset="reset"', more="def reset(self): del self.a\n    b = functools.cached_property(lambda self: [self])"
        ),
        "x = Thing(payload); x.b[0] = payload; del x",
    ),
    "reset that refuses": (thing('reset="reset"', more="def reset(self): return False"), "Thing(payload)"),
    "capacity": (thing('capacity="capacity"', more="def capacity(self): return 5"), "Thing(payload)"),
    "escapes": (
        "kept = []" + thing('reset="reset"', more="def reset(self): kept.append(self)"),
        "Thing(payload); kept.clear()",
    ),
    "init that raises": (
        thing(more="def __init__(self, a): self.a = a; raise ValueError"),
        "try: Thing(payload)\n        except ValueError: pass",
    ),
    "planned": (
        thing(
            more="def __init__(self, a, b=None, *, c=payload):\n"
            "        self.a = a; self.b = [] if b is None else b; self.c = c; self.d = {}"
        ),
        (
            "x = Thing(payload); x.b.append(payload); x.d[1] = payload; del x"
            "; Thing(a=payload, b=[payload]); Thing(payload, c=[payload]); x = Thing(payload); y = x.d; del x, y"
            "\n        try: Thing(payload, nmae=[payload])\n        except TypeError: pass"
        ),
    ),
    "planned anew": (
        thing(more="def __init__(self, a=None, *, c=payload): self.a = a; self.c = c; self.d = []"),
        (
            "Thing.__init__.__defaults__ = ([payload],); Thing.__init__.__kwdefaults__['c'] = [payload]"
            "; Thing.more = [payload]; x = [Thing() for _ in range(20)]; del x"
        ),
    ),
    "weak references": (thing(), "x = Thing(payload); ref = weakref.ref(x, lambda _: None); del x, ref"),
    "cycles": (thing(), "x = Thing(payload); x.me = x; del x"),
    "finalizers": (thing("max=1", more="def __del__(self): pass"), "x = [Thing(payload), Thing(payload)]; del x"),
    "other pools": (
        thing() + "pool = pooled.GlobalPool(Thing, max=8)",
        "x = pool.take(); x.a = payload; del x; x = pooled.assign(Thing(payload), pool); del x",
    ),
    "pools that come and go": (thing(), "pool = pooled.LocalPool(Thing); x = pool.take(); x.a = payload; del pool, x"),
    "detached": (thing(), "pooled.detach(Thing(payload)); pooled.orphan(Thing, payload)"),
    "blank": (thing(), "Thing.__new__(Thing).a = payload; object.__new__(Thing).a = payload"),
    "pickles": (
        "",
        "pickle.loads(pickle.dumps(List([payload]))); copy.deepcopy(Dict(a=[payload])); copy.copy(Set([1]))",
    ),
    "classes": ("", thing().strip().replace("\n", "\n        ") + "\n        Thing(payload)"),
    "subclasses": (thing() + "\nclass Child(Thing): pass\n", "x = Child(payload); x.b = payload; del x"),
    "pools of functions": (
        "pool = pooled.GlobalPool(lambda: [], reset=list.clear)",
        "x = pool.take(); x.append(payload); del x",
    ),
    "arcs": ("cells = pooled.GlobalPool(Cell)", "x = Arc(payload, cells); y = x.clone(); del x, y"),
    "weak arcs": ("", "x = Arc(payload); y = x.downgrade(); z = y.upgrade(); z.make_mut(); del x, z; y.upgrade()"),
    "loans": (thing() + "pool = pooled.pool_of(Thing)", "with pool.borrow() as x: x.a = payload\n        del x"),
    "prefilled": (thing() + "pool = pooled.pool_of(Thing)", "pool.prefill(3); pool.prune(); pool.clear()"),
    **WITH_FIELDS,
}


NOT_ON_REFERENCE = {
    "classes": "reference-is-slow",
    "classes with fields": "reference-is-slow",
    "pools that come and go": "reference-is-slow",
    "dict that was replaced": "proxy-keeps-dict",
}


@pytest.fixture(scope="module")
def interpreter(engine):
    prefork = Prefork("pooled.arc", "pooled.containers", POOLED_ENGINE=engine)
    yield prefork
    prefork.close()


@pytest.mark.parametrize("kind", effort.some(list(KINDS), every=3))
def test_blocks_and_references_level_off(engine, interpreter, kind):
    if engine == "reference" and kind in NOT_ON_REFERENCE:
        limits.skip(NOT_ON_REFERENCE[kind])
    setup, body = KINDS[kind]
    code = MEASURE.format(setup=setup, body="        " + body)
    assert interpreter.run(code, str(effort.pick(short=100, long=1000))) == (0, "")
