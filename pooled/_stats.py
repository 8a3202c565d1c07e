"""Statistics: counts of how the objects of a pool were constructed, and of how they ended."""

from __future__ import annotations

from typing import Final

from pooled._record import Record


class Stats(Record):
    """Counts of the objects of a pool so far: how they were obtained, and how they ended. Two can be added.

    The counts add up: `hits + misses + inserted = live + recycled + discarded + escaped + collected + detached`.

    Attributes:
        hits: handed out from the pool.
        misses: created, because there was no parked object, or none that fitted the arguments.
        inserted: added by `insert` or `assign`. The pool did not hand them out, so `taken` does not include them.
        recycled: emptied and parked when their last reference was dropped.
        discarded_full: freed because the pool was full (with `max=0` it always is).
        discarded_large: freed because their capacity was above `max_cap`.
        discarded_error: freed because `__init__`, `reset` or `capacity` raised an error.
        discarded_refused: freed because `reset` returned False; or because `__init__` never ran, and the class has a
            `reset` that keeps what `__init__` makes; or because of weak references to them (the reference engine cannot
            clear the weak references that an object made to itself).
        escaped: left alive, because another reference existed when they should have been parked.
        collected: found by the cyclic garbage collector, or dropped during a collection, and freed.
        detached: removed from the pool by `detach`, or moved to another pool by `insert` or `assign`.
        parked: parked in the pool now (a local pool: in all running threads).
    """

    hits: int = 0
    misses: int = 0
    inserted: int = 0
    recycled: int = 0
    discarded_full: int = 0
    discarded_large: int = 0
    discarded_error: int = 0
    discarded_refused: int = 0
    escaped: int = 0
    collected: int = 0
    detached: int = 0
    parked: int = 0

    @property
    def taken(self) -> int:
        """How many objects were handed out: hits and misses."""
        return self.hits + self.misses

    @property
    def discarded(self) -> int:
        """How many objects were freed when they were dropped, for any reason."""
        return self.discarded_full + self.discarded_large + self.discarded_error + self.discarded_refused

    @property
    def live(self) -> int:
        """How many objects are in use: handed out or inserted, and not dropped yet."""
        came = self.taken + self.inserted
        return came - self.recycled - self.discarded - self.escaped - self.collected - self.detached

    @property
    def hit_rate(self) -> float:
        """The share of objects that came from the pool, from 0.0 to 1.0; 0.0 if none was handed out."""
        return self.hits / self.taken if self.taken else 0.0

    def __add__(self, other: Stats) -> Stats:
        if not isinstance(other, Stats):
            return NotImplemented
        theirs = other.asdict()
        return Stats(**{name: count + theirs[name] for name, count in self.asdict().items()})


COUNTERS: Final = tuple(name for name in Stats().asdict() if name != "parked")
"""Names of the attributes of `Stats` that are counters. `parked` is no counter: it is looked up."""

ARRIVALS: Final = COUNTERS[:3]
"""The counters of how objects were obtained: hits, misses and inserted. All others count how objects end."""


class Constructions(Record):
    """How calls of a class constructed its objects. The counts begin when the native engine reads `__init__`.

    If C cannot carry out the `__init__` of a class, all counts are 0, and `field_reset` gives the reason.

    Attributes:
        in_c: `__init__` was carried out in C.
        traced: `__init__` ran as Python code, because a trace function, a profile function or a tool of
            `sys.monitoring` was active.
        patched: it ran as Python code, because its code, its defaults, or a name that it reads had been replaced.
        changed: it ran as Python code, because an attribute of the class had been set shortly before.
        unbound: it ran as Python code and raised `TypeError`, because the arguments did not match the parameters.
        unfit: it ran as Python code, because the object had no place for an attribute, or the class changed during the
            call.
    """

    in_c: int = 0
    traced: int = 0
    patched: int = 0
    changed: int = 0
    unbound: int = 0
    unfit: int = 0

    @property
    def in_python(self) -> int:
        """How often `__init__` ran as Python code, for any of these reasons."""
        return self.traced + self.patched + self.changed + self.unbound + self.unfit
