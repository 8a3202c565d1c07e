"""A weak reference to a pooled object returns the object for which it was created, or None."""

import gc
import sys
import weakref
from random import Random
from typing import Any

import pooled

from .object_kinds import Kind, check_at_rest, check_blank, kinds, weakly_referable
from .run_threads import run_threads
from .scenario import Run, scenario


def look_up(kind: Kind, cache: Any, key: int) -> None:
    """An object that was found by its key contains its token, as long as it is held."""
    try:
        obj = cache.get(key)
        if obj is None:
            return
        token = kind.read(obj)
    except (ReferenceError, AttributeError, TypeError) as error:
        # A proxy whose object was parked a moment ago: it has no special methods, and other attributes raise.
        has_proxies = pooled.engine == "reference" or kind.name == "function"
        is_released = isinstance(error, ReferenceError) or str(error).startswith("__") or "_Gone" in str(error)
        if not (has_proxies and is_released):
            raise
        return
    assert token == key + 1, f"{kind.name}: {token} under {key}"


@scenario()
def weak_caches(run: Run) -> None:
    """Threads add objects to one WeakValueDictionary, look others up, and drop at random."""
    tried = [kind for scope in ("local", "global") for kind in kinds(max=20, scope=scope) if weakly_referable(kind)]
    while run.going():
        kind = run.rng.choice(tried)
        cache: Any = weakref.WeakValueDictionary()

        def work(rng: Random, number: int, kind: Kind = kind, cache: Any = cache) -> int:
            held = []
            for step in range(150):
                key = number * 1000 + step
                obj = kind.make()
                check_blank(kind, obj)
                kind.fill(obj, key + 1)
                cache[key] = obj
                held.append(obj)
                del obj
                look_up(kind, cache, rng.randrange(3) * 1000 + rng.randrange(step + 1))
                if rng.random() < 0.7:
                    held.pop(rng.randrange(len(held)))
            return 150

        run_threads(run, 3, work)
        cache.clear()
    gc.collect()
    for kind in tried:
        stats = kind.pool.stats()
        assert stats.live == 0, f"{kind.name}: {stats}"


@scenario()
def weak_callbacks(run: Run) -> None:
    """Callbacks take, drop, keep objects, collect, raise, and create weak references."""
    tried = [kind for scope in ("local", "global") for kind in kinds(max=5, scope=scope) if weakly_referable(kind)]
    saved: list[Any] = []
    refs: list[Any] = []
    depth = 0
    sys.unraisablehook = lambda args: None

    def callback(ref: Any, kind: Kind) -> None:
        nonlocal depth
        assert ref() is None, "its callback ran while it was alive"
        if depth > 3:
            return
        depth += 1
        try:
            what = run.rng.randrange(7)
            if what == 0:
                obj = kind.make()
                check_blank(kind, obj)
                kind.fill(obj, 5)
                watch(obj, kind)
            elif what == 1:
                saved.append(kind.make())
            elif what == 2:
                saved.clear()
            elif what == 3:
                gc.collect()
            elif what == 4:
                kind.pool.clear()
            elif what == 5:
                raise ValueError
            else:
                refs.clear()
        finally:
            depth -= 1

    def watch(obj: Any, kind: Kind) -> None:
        refs.append(weakref.ref(obj, lambda ref: callback(ref, kind)))

    while run.going():
        kind = run.rng.choice(tried)
        for token in range(1, 20):
            obj = kind.make()
            check_blank(kind, obj)
            kind.fill(obj, token)
            watch(obj, kind)
            watch(obj, kind)
            if run.rng.random() < 0.2:
                cycle = [obj]
                cycle.append(cycle)
                del cycle
            assert kind.read(obj) == token
            assert all(ref() is not obj or ref is not None for ref in refs)
            del obj
            run.operations += 1
        refs.clear()
        saved.clear()
    refs.clear()
    saved.clear()
    gc.collect()
    for kind in tried:
        check_at_rest(kind, parked=5)
