"""The interpreter exits in the middle of various operations: nothing crashes, and nothing is printed."""

import itertools

from .programs import run_program
from .scenario import Run, scenario

MOMENTS = {
    "in globals": "kept = some()",
    "in a cycle": "kept = some(); kept.append(kept); kept[0].next = kept; kept[1].next = kept[1]; del kept",
    "in a cycle that is reachable": "kept = some(); kept.append(kept); kept[0].next = kept; Thing.me = kept",
    "in a module": "import types; sys.modules['mine'] = module = types.ModuleType('mine'); module.kept = some(); del module",
    "in a module that outlives others": "sys.kept = some(); import builtins; builtins.kept = some()",
    "in a class": "class Holder: kept = some()\nHolder.me = Holder()",
    "in its own class": "Thing.kept = some(); Slotted.kept = some()\nKeeping.kept = pooled.take(Keeping)",
    "in a default": "def function(kept=some()): return function",
    "in a closure": "def outer():\n    kept = some()\n    return lambda: kept\nfunction = outer()",
    "in a thread-local": "local = threading.local(); local.kept = some()",
    "in a context variable": "import contextvars; variable = contextvars.ContextVar('v'); variable.set(some())",
    "in thread-locals of a daemon": """
local, ready = threading.local(), threading.Event()
def hold():
    local.kept = some()
    ready.set()
    threading.Event().wait()
threading.Thread(target=hold, daemon=True).start()
ready.wait()
""",
    "daemons that are busy": """
ready = threading.Barrier(4)
def churn():
    ready.wait()
    while True:
        some()
for _ in range(3):
    threading.Thread(target=churn, daemon=True).start()
ready.wait()
""",
    "daemons that use a global pool often": """
@pooled.poolable(scope="global")
class Shared:
    pass
ready = threading.Barrier(3)
def often():
    kept = [Shared() for _ in range(100)]
    for _ in range(300):
        Shared()
    ready.wait()
    while True:
        kept = [Shared() for _ in range(100)]
for _ in range(2):
    threading.Thread(target=often, daemon=True).start()
ready.wait()
""",
    "a thread that ends after the main one": """
go = threading.Event()
def late(kept=some()):
    threading.main_thread().join()
    some()
    kept.clear()
threading.Thread(target=late).start()
""",
    "in atexit": "atexit.register(lambda kept=some(): [kept.clear(), some()])",
    "in atexit, registered late": "atexit.register(lambda: atexit.register(some))",
    "atexit before ours": "import atexit; atexit._run_exitfuncs(); some(); kept = some()",
    "in __del__": """
class Last:
    def __del__(self, some=some, Thing=Thing, collect=gc.collect):
        some(); self.kept = Thing(self); collect()
last = Last(); last.kept = some()
sys.last = Last()
""",
    "in a __del__ of a pooled class": """
@pooled.poolable
class Dies:
    def __del__(self, Thing=Thing, List=List):
        Thing(List([1])); self.kept = List()
dies = [Dies(), Dies()]; dies[0].other = dies[1]; Dies(); Dies()
""",
    "in a __del__ that saves": """
saved = []
@pooled.poolable(max=0)
class Saves:
    def __del__(self, saved=saved):
        saved.append(self)
kept = [Saves() for _ in range(3)]
""",
    "weak references": """
kept = some()
refs = [weakref.ref(x, lambda _, make=Thing: make()) for x in kept if hasattr(type(x), '__weakref__')]
sys.kept = kept; sys.refs = refs
weakref.finalize(kept[0], some)
""",
    "parked with kept parts": """
for cls in (Keeping, Fields, Resetting):
    taken = [pooled.take(cls) for _ in range(20)]
    del taken
pooled.pool_of(Fields).prefill(20)
""",
    "parts that somebody has": "kept = pooled.take(Fields); sys.kept = kept.items, iter(kept.table), kept.items.append; del kept",
    "modules torn down": "kept = some(); sys.modules.clear()",
    "the package forgotten": "kept = some(); del sys.modules['pooled'], sys.modules['pooled._pool.pools'], sys.modules['pooled.containers']",
    "pools of many kinds": """
pool = pooled.GlobalPool(list); kept = [pool.take(), pooled.LocalPool(List).take(), pooled.GlobalPool(Thing).take()]
loan = pool.borrow(); borrowed = loan.__enter__()
def generator():
    with pool.borrow() as one, pooled.pool_of(Keeping).borrow() as other:
        yield one, other
suspended = generator(); next(suspended)
""",
    "detached and assigned": """
kept = some(); pooled.detach(kept[0]); pool = pooled.GlobalPool(Slotted)
kept[1] = pooled.assign(kept[1], pool)
orphans = [pooled.orphan(Thing), pooled.orphan(List)]
inserted = [pooled.insert(pooled.orphan(Thing)), pool.insert(pooled.orphan(Slotted)), pooled.GlobalPool(list).insert([1])]
class AtExit:
    def __del__(self):
        pooled.insert(pooled.orphan(Thing))
kept.append(AtExit())
""",
    "a frame that is kept": "def fail(kept=None):\n    kept = some()\n    1 / 0\ntry: fail()\nexcept ZeroDivisionError as error: sys.kept = error",
    "a long chain": "kept = None\nfor _ in range(20_000): kept = Slotted(Thing(kept))",
    "gc is off": "gc.disable(); kept = some(); kept.append(kept)",
    "gc at every step": "gc.set_threshold(1); kept = some(); kept.append(kept)",
    "frozen": "kept = some(); gc.freeze()",
    "a class that dies": "def local():\n    @pooled.poolable\n    class Mine: pass\n    Mine(); Mine.kept = Mine()\nlocal()",
    "tasks of asyncio": """
import asyncio
async def hold():
    kept = some()
    await asyncio.Event().wait()
async def main():
    tasks.extend([asyncio.ensure_future(hold()) for _ in range(3)])
    await asyncio.sleep(0)
tasks = []
asyncio.run(main())
""",
    "a trace function": "sys.settrace(lambda *args: some() and None); kept = some()",
    "a profile function": "sys.setprofile(lambda *args: None); kept = some()",
    "debug logging of gc": "gc.callbacks.append(lambda phase, info: some()); kept = some()",
}
"""The last lines of a program, by the state that they leave."""

WAYS = {
    "it ends": ("", 0),
    "sys.exit": ("\nsys.exit(3)", 3),
    "os._exit": ("\nos._exit(4)", 4),
    "sys.exit in reset": (
        """
@pooled.poolable(reset="reset")
class Exits:
    def reset(self): sys.exit(5)
sys.unraisablehook = lambda args: None
exits = Exits(); del exits; exits = Exits()""",
        0,
    ),
}

NOT_TOGETHER = ("modules torn down", "sys.exit in reset")
"""Decorating a class with a hook imports a module, which Python cannot do without `sys.modules`."""


@scenario()
def exits(run: Run) -> None:
    """Programs exit in each of these states, in several ways."""
    cases = [
        ((moment, code), (way, rest))
        for (moment, code), (way, rest) in itertools.product(MOMENTS.items(), WAYS.items())
        if (moment, way) != NOT_TOGETHER
    ]
    run.rng.shuffle(cases)
    for (moment, code), (way, (last_words, status)) in cases:
        if not run.going():
            break
        try:
            run_program(code + last_words, status=status)
        except AssertionError as error:
            raise AssertionError(f"{moment}, {way}: {error}") from None
        run.operations += 1
