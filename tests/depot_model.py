"""A model of global pools without a GIL, and a checker that runs it in every order of its threads' steps.

    python -P tests/depot_model.py

The model has the rules of `pooled/_engine/native/pool/depot.c`, and nothing of CPython. Its terms:

- The *depot* holds objects for all threads. Threads use it under its lock.
- A *front* is the part of the pool that one thread has. It is closed, with room 0, or open, with room for two
  magazines. Its thread uses it without a lock. The depot's `claimed` is the room of all fronts.
- An *exclusive* step runs while every other thread is at a safe point: between two operations, never inside one.

A thread opens its front under the lock. A magazine moves from a full front to the depot, or from the depot to an empty
front, under the lock. An exclusive step, or the end of the thread, moves all objects of a front to the depot and closes
the front.

Two threads that are at the depot may race, and the lock orders them. A thread at its front races with no other, because
an exclusive step waits for it. One race is allowed: a thread that reads without the lock that the depot is empty makes
a new object, and an older or a newer value does no harm.

Each step is one read or write of shared memory, so the checker sees what can happen between any two of them. `BUGS`
break one rule each; the checker has to find every one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

MAGAZINE: Final = 1
FRONT: Final = 2 * MAGAZINE

BUGS: Final = {
    "no lock": ("magazines move without the depot's lock", "one front and one without"),
    "no stop": ("an exclusive step does not wait until the others are at a safe point", "clear beside two threads"),
    "no claim": ("the room of fronts does not count towards max", "a full pool"),
    "no return": ("a thread that ends keeps its magazines", "one front and one without"),
    "no exchange": ("a full front gives no magazine to the depot", "producer and consumer"),
}
"""The description of each bug, and the scenario that shows it."""


class ViolationError(Exception):
    """A rule of the model was broken."""


class Front:
    def __init__(self) -> None:
        self.objects: list[int] = []
        self.room = 0


class Pool:
    """The memory that threads share, and what the checker counts."""

    def __init__(self, most: int, threads: int, bug: str | None) -> None:
        self.most, self.bug = most, bug
        self.depot: list[int] = []
        self.claimed = 0
        self.locked = False
        self.fronts = [Front() for _ in range(threads)]
        self.crossing: list[int] = []  # handed over by a thread, and not yet received by another
        self.held: list[list[int]] = [[] for _ in range(threads)]
        self.made = self.hits = self.recycled = self.discarded = self.destroyed = 0

    def parked(self) -> list[int]:
        return self.depot + [each for front in self.fronts for each in front.objects]

    def out(self) -> list[int]:
        return self.crossing + [each for held in self.held for each in held]

    def check(self, calm: bool) -> None:
        """Check the rules between any two steps; with `calm`, also the rules while no operation is in progress."""
        places = self.parked() + self.out()
        if len(places) != len(set(places)) and calm:
            raise ViolationError(f"an object has two owners: {self}")
        if len(set(self.out())) != len(self.out()):
            raise ViolationError(f"an object was handed out twice: {self}")
        if len(self.parked()) > self.most:
            raise ViolationError(f"more than max={self.most} objects are parked: {self}")
        if calm and self.made != len(places) + self.discarded + self.destroyed:
            raise ViolationError(f"an object is lost: {self}")
        if calm and self.made + self.hits != len(self.out()) + self.recycled + self.discarded:
            raise ViolationError(f"a count is lost: {self}")
        if calm and self.claimed != sum(front.room for front in self.fronts):
            raise ViolationError(f"room is lost: {self}")

    def __str__(self) -> str:
        fronts = ", ".join(f"{front.objects} of {front.room}" for front in self.fronts)
        return (
            f"depot {self.depot}, claimed {self.claimed}, fronts {fronts}, crossing {self.crossing}, held {self.held}"
        )

    def key(self) -> tuple[object, ...]:
        counts = (self.made, self.hits, self.recycled, self.discarded, self.destroyed)
        return (str(self), self.locked, counts)


# An operation yields before each of its steps what the step waits for: a condition, EXCLUSIVE, or None.
Condition = Callable[[Pool], bool] | str | None
Operation = Callable[[Pool, int], Iterator[Condition]]

EXCLUSIVE: Final = "exclusive"


def lock(pool: Pool) -> Iterator[Condition]:
    if pool.bug != "no lock":
        yield lambda pool: not pool.locked
        pool.locked = True


def unlock(pool: Pool) -> None:
    pool.locked = False


def space(pool: Pool) -> int:
    return pool.most - len(pool.depot) - (0 if pool.bug == "no claim" else pool.claimed)


def open_front(pool: Pool, front: Front) -> None:
    """Open a front, under the lock. Half of max stays with the depot. A depot that is too full also moves objects."""
    missing = FRONT - space(pool)
    if front.room or (pool.claimed + FRONT) * 2 > pool.most or missing > min(FRONT, len(pool.depot)):
        return
    front.room = FRONT
    pool.claimed += FRONT
    if missing > 0:
        front.objects = pool.depot[-missing:]
        del pool.depot[-missing:]


def close_front(pool: Pool, front: Front) -> None:
    pool.depot = pool.depot + front.objects
    pool.claimed -= front.room
    front.objects, front.room = [], 0


def take(pool: Pool, thread: int) -> Iterator[Condition]:
    """Take an object: from the front, else with a magazine from the depot, else a new one."""
    front, held = pool.fronts[thread], pool.held[thread]
    yield None
    count = len(front.objects)
    if count:
        yield None
        obj = front.objects[count - 1]
        yield None
        front.objects = front.objects[: count - 1]
        pool.hits += 1
        held.append(obj)
        return
    yield None
    if pool.depot:
        yield from lock(pool)
        open_front(pool, front)
        yield None
        count = len(pool.depot)
        moves = min(MAGAZINE if front.room else 1, count) if not front.objects else 0
        yield None
        objects = front.objects + pool.depot[count - moves : count]
        yield None
        pool.depot = pool.depot[: count - moves]
        if objects:
            held.append(objects.pop())
            pool.hits += 1
            front.objects = objects
            unlock(pool)
            return
        unlock(pool)
    pool.made += 1
    held.append(pool.made)


def put(pool: Pool, thread: int) -> Iterator[Condition]:
    """Drop an object: it goes to the front, which gives a magazine to the depot if it is full; else to the depot."""
    front = pool.fronts[thread]
    yield None
    count = len(front.objects)
    if count < front.room:
        yield None
        front.objects = [*front.objects[:count], pool.held[thread].pop()]
        pool.recycled += 1
        return
    yield from lock(pool)
    open_front(pool, front)
    yield None
    free = space(pool)
    depot = pool.depot
    if front.room and len(front.objects) == front.room and pool.bug != "no exchange":
        moved = front.objects[: max(min(MAGAZINE, free), 0)]
        front.objects = front.objects[len(moved) :]
        yield None
        pool.depot = depot = depot + moved
    obj = pool.held[thread].pop()
    if len(front.objects) < front.room:
        front.objects = [*front.objects, obj]
        pool.recycled += 1
    elif front.room == 0 and free > 0:
        pool.depot = [*depot, obj]
        pool.recycled += 1
    else:
        pool.discarded += 1
    unlock(pool)


def give(pool: Pool, thread: int) -> Iterator[Condition]:
    """Hand an object to another thread."""
    yield lambda pool: len(pool.crossing) < 2
    pool.crossing = [*pool.crossing, pool.held[thread].pop()]


def receive(pool: Pool, thread: int) -> Iterator[Condition]:
    yield lambda pool: bool(pool.crossing)
    pool.held[thread].append(pool.crossing[0])
    pool.crossing = pool.crossing[1:]


def clear(pool: Pool, thread: int) -> Iterator[Condition]:
    """Destroy the parked objects, in an exclusive step. `trim`, `resize` and `prune` begin in the same way."""
    stops = pool.bug != "no stop"
    yield EXCLUSIVE if stops else None
    for front in pool.fronts:
        objects, room = front.objects, front.room
        if not stops:
            yield None
        pool.depot = pool.depot + objects
        pool.claimed -= room
        front.objects, front.room = [], 0
    pool.destroyed += len(pool.depot)
    pool.depot = []


def length(pool: Pool, thread: int) -> Iterator[Condition]:
    """`len(pool)`: the lock keeps magazines where they are while the counts are added."""
    yield from lock(pool)
    yield None
    count = len(pool.depot)
    for front in pool.fronts:
        yield None
        count += len(front.objects)
    unlock(pool)
    if count > pool.most:
        raise ViolationError(f"len(pool) is {count}, above max={pool.most}: {pool}")


def end(pool: Pool, thread: int) -> Iterator[Condition]:
    """The thread ends, and its magazines go to the depot."""
    if pool.bug != "no return":
        yield from lock(pool)
        yield None
        close_front(pool, pool.fronts[thread])
        unlock(pool)


class Thread:
    """A thread: its remaining operations, and its position in the one that runs."""

    def __init__(self, pool: Pool, number: int, program: list[Operation]) -> None:
        self.pool, self.number, self.before = pool, number, [*program, end]
        self.running: Iterator[Condition] | None = None
        self.waits_for: Condition = None
        self.taken = 0  # steps of the operation that runs
        self._begin()

    def _begin(self) -> None:
        self.taken, self.running = 0, None
        if self.before:
            self.running = self.before.pop(0)(self.pool, self.number)
            self._go_on()

    def _go_on(self) -> None:
        assert self.running is not None
        try:
            self.waits_for = next(self.running)
        except StopIteration:
            self._begin()

    def step(self) -> None:
        self.taken += 1
        try:
            self._go_on()
        except IndexError:
            raise ViolationError(f"a thread takes an object that is gone: {self.pool}") from None

    def can_step(self, threads: list[Thread]) -> bool:
        if self.running is None:
            return False
        if self.waits_for == EXCLUSIVE:
            return all(other.taken == 0 for other in threads if other is not self)
        return self.waits_for is None or self.waits_for(self.pool)  # type: ignore[operator]

    def key(self) -> tuple[object, ...]:
        """The position and the memory of the thread."""
        place: list[object] = [len(self.before), self.taken]
        running: Any = self.running
        while running is not None:
            known = running.gi_frame.f_locals
            place += [running.gi_frame.f_lasti, repr([each for each in known.values() if isinstance(each, int | list)])]
            running = running.gi_yieldfrom
        return tuple(place)


SCENARIOS: Final[dict[str, tuple[int, list[list[Operation]]]]] = {
    "one front and one without": (4, [[take, take, put, put, take, put], [take, put, take, put]]),
    "two fronts": (8, [[take, take, take, put, put, put, take], [take, take, take, put, put, put, take]]),
    "a full pool": (4, [[take, take, take, take, take, put, put, put, put, put, take], [take, put, length]]),
    "producer and consumer": (8, [[take, give] * 8, [receive, put] * 8]),
    "clear beside two threads": (8, [[take, take, put, put, take], [take, put, take, put], [clear, length]]),
    "length beside two threads": (8, [[take, take, put, put, take, put], [length, length], [take, put, take]]),
}
"""max, and the operations of each thread."""

MOST_MADE: Final = {"producer and consumer": 6}
"""The most new objects in eight hand-overs: a thread that only takes gets objects of one that only drops."""


def start(name: str, bug: str | None, schedule: list[int]) -> tuple[Pool, list[Thread]]:
    most, programs = SCENARIOS[name]
    pool = Pool(most, len(programs), bug)
    threads = [Thread(pool, number, program) for number, program in enumerate(programs)]
    for number in schedule:
        threads[number].step()
    return pool, threads


def explore(name: str, bug: str | None = None) -> tuple[int, int]:
    """Run a scenario in every order of its steps. Return the numbers of states and of steps; raise ViolationError."""
    seen: set[object] = set()
    steps = 0
    pending: list[list[int]] = [[]]
    while pending:
        schedule = pending.pop()
        try:
            pool, threads = start(name, bug, schedule)
        except ViolationError as error:
            raise ViolationError(f"{error}; after the steps of threads {schedule}") from None
        while True:
            key = (pool.key(), *(thread.key() for thread in threads))
            if key in seen:
                break
            seen.add(key)
            able = [thread.number for thread in threads if thread.can_step(threads)]
            calm = all(thread.taken == 0 for thread in threads)
            try:
                pool.check(calm)
                if not able and any(thread.running for thread in threads):
                    raise ViolationError(f"no thread can go on: {pool}")
                if not able and pool.claimed:
                    raise ViolationError(f"a thread that ended has room: {pool}")
                if not able and pool.made > MOST_MADE.get(name, pool.made):
                    raise ViolationError(f"a thread starves: {pool.made} new objects: {pool}")
            except ViolationError as error:
                raise ViolationError(f"{error}; after the steps of threads {schedule}") from None
            if not able:
                break
            pending += [[*schedule, number] for number in able[1:]]
            schedule = [*schedule, able[0]]
            steps += 1
            try:
                threads[able[0]].step()
            except ViolationError as error:
                raise ViolationError(f"{error}; after the steps of threads {schedule}") from None
    return len(seen), steps


def find(bug: str) -> str:
    """Return the checker's report of a bug."""
    try:
        explore(BUGS[bug][1], bug)
    except ViolationError as violation:
        return str(violation)
    raise AssertionError(f"{bug}: the checker does not find it")


def main() -> None:
    for name, (_, programs) in SCENARIOS.items():
        began = time.process_time()
        states, steps = explore(name)
        took = time.process_time() - began
        print(f"{name}: {len(programs)} threads, {states:,} states, {steps:,} steps, {took:.1f} s, no violation")
    for bug, (what, name) in BUGS.items():
        print(f"planted, {what}:\n    {name}: {find(bug)}")


if __name__ == "__main__":
    main()
