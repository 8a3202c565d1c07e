"""Nothing leaks: over a thousand rounds of each kind, blocks and references level off. In a process of its own."""

import pytest
from helpers import run_python

MEASURE = """
import gc, sys, weakref, pickle, copy, threading
import pooled
from pooled.containers import *
from pooled.arc import Arc, Cell

MORTAL = sys.version_info < (3, 12)  # whether constants count their references
payload = "some payload that nobody else has"
{setup}
def churn():
    for _ in range(1000):
{body}
    gc.collect()
    return sys.getallocatedblocks(), sys.getrefcount(payload), sys.getrefcount(...) if MORTAL else 0

churn()
churn()
before = churn()
churn()
grown = [after - earlier for after, earlier in zip(churn(), before)]
assert grown[0] < 100 and grown[1] == 0 and abs(grown[2]) < 100, grown
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
    "reset": (thing(more="def reset(self): self.a = None"), "Thing(payload)"),
    "reset that raises": (
        thing(more="def reset(self): raise ValueError") + "sys.unraisablehook = lambda args: None",
        "Thing(payload)",
    ),
    "reset that refuses": (thing(more="def reset(self): return False"), "Thing(payload)"),
    "capacity": (thing(more="def capacity(self): return 5"), "Thing(payload)"),
    "escapes": ("kept = []" + thing(more="def reset(self): kept.append(self)"), "Thing(payload); kept.clear()"),
    "init that raises": (
        thing(more="def __init__(self, a): self.a = a; raise ValueError"),
        "try: Thing(payload)\n        except ValueError: pass",
    ),
    "weak references": (thing(), "x = Thing(payload); ref = weakref.ref(x, lambda _: None); del x, ref"),
    "cycles": (thing(), "x = Thing(payload); x.me = x; del x"),
    "finalizers": (thing("max=1", more="def __del__(self): pass"), "x = [Thing(payload), Thing(payload)]; del x"),
    "other pools": (
        thing() + "pool = pooled.GlobalPool(Thing)",
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
    "arcs": ("cells = pooled.GlobalPool(Cell)", "x = Arc(cells, payload); y = x.clone(); del x, y"),
    "loans": (thing() + "pool = pooled.pool_of(Thing)", "with pool.borrow() as x: x.a = payload\n        del x"),
    "prefilled": (thing() + "pool = pooled.pool_of(Thing)", "pool.prefill(3); pool.prune(); pool.clear()"),
}


REFERENCE_CANNOT = {
    "classes": "the reference engine takes long to make them",
    "pools that come and go": "the same",
    "dict that was replaced": "the __dict__ of a proxy cannot be replaced",
}


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_and_references_level_off(engine, kind):
    if engine == "reference" and kind in REFERENCE_CANNOT:
        pytest.skip(REFERENCE_CANNOT[kind])
    setup, body = KINDS[kind]
    code = MEASURE.format(setup=setup, body="        " + body)
    assert run_python(code, POOLED_ENGINE=engine) == (0, "")
