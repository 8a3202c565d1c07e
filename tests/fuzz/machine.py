"""A random program that runs on both engines, step by step; their visible state must be the same."""

import gc

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fuzz import changes, steps
from fuzz.engines import Side, engines
from fuzz.random_classes import FACTORIES, make, shapes

PLAIN_VALUES = st.sampled_from([None, 7, "text", "bad", 0])
VALUES = st.one_of(
    PLAIN_VALUES,
    st.tuples(st.just("new"), st.sampled_from(sorted(FACTORIES))),
    st.tuples(st.sampled_from(["held", "alive"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["part", "list"]), st.none()),
)
FATES = st.sampled_from(["error", "refuse", "escape", "take", "drop"])
NUMBERS = st.sampled_from([1, 3, 0, 20, 150])
POOLS = st.integers(0, 4)
LISTS = 3
"""The index of the pool of a class that cannot be hooked."""


class Agreeing(RuleBasedStateMachine):
    """The program on both engines."""

    @initialize(shape=shapes())
    def start(self, shape):
        gc.collect()
        gc.disable()
        self.shape, self.agreed = shape, True
        self.sides = [Side(engine) for engine in engines()]
        for side in self.sides:
            make(side, shape)

    def both(self, step, *args):
        """Run a step on both engines, and compare their visible state."""
        one, other = [steps.turn(side, step, *args) for side in self.sides]
        # Each part is compared separately, which keeps the message short.
        for what, found in one.items():
            agree = found == other[what]
            self.agreed &= agree
            assert agree, f"{what} after {step.__name__}{args}: {found}, not {other[what]} as on {self.names[1]}"

    @property
    def names(self):
        return [side.engine.name for side in self.sides]

    @property
    def some_live(self):
        return bool(self.sides[0].alive)

    def one(self, data):
        """The index of a live object."""
        return data.draw(st.integers(0, len(self.sides[0].alive) - 1), label="object")

    def name(self, data):
        return data.draw(st.sampled_from(self.shape.names), label="name")

    def arguments(self, data):
        """The arguments of a call: some by position, the others by name; from time to time they are wrong."""
        if not self.shape.is_of_fields and self.shape.family != "plain":
            return (), {}
        wrong = data.draw(st.integers(0, 15), label="wrong")
        given = {
            field.name: data.draw(VALUES, label=field.name)
            for field in self.shape.parameters
            if (field.source == "required" and wrong != 1) or data.draw(st.integers(0, 3)) == 0
        }
        if wrong == 2:
            given["unknown"] = 1
        names = [field.name for field in self.shape.parameters]
        many = 0 if self.shape.kw_only and self.shape.is_of_fields else data.draw(st.integers(0, len(names)))
        args = []
        while names and names[0] in given and len(args) < many:
            args.append(given.pop(names.pop(0)))
        return tuple(args), given

    @rule(data=st.data())
    def construct(self, data):
        self.both(steps.construct, *self.arguments(data))

    @rule(data=st.data(), way=st.sampled_from(["take", "take", "try_take", "pool", "second", "bare", "orphan"]))
    def take(self, data, way):
        if way == "orphan" and self.shape.family == "deque":
            return  # the reference engine sees a bare object, which cannot copy itself
        if way == "bare" and self.shape.family.endswith("IO"):
            return  # before __init__, a new file cannot be read, but a recycled one can; the contract promises neither
        has_none = way == "bare" or data.draw(st.integers(0, 3)) == 0
        self.both(steps.take, way, *(((), {}) if has_none else self.arguments(data)))

    @rule(data=st.data())
    def warm(self, data):
        self.both(steps.warm, self.arguments(data)[1])

    @rule(way=st.sampled_from(changes.ALL))
    def change(self, way):
        if changes.is_possible(self.shape, way):
            self.both(changes.change, way)

    @rule(number=POOLS, keeps=st.booleans())
    def borrow(self, number, keeps):
        # For a hooked class, the engines differ in when a borrowed object is parked if a variable outlives the block.
        self.both(steps.borrow, number, keeps and number == LISTS)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), value=VALUES)
    def set_attribute(self, data, value):
        name = self.name(data)
        if self.shape.may_change(name):
            self.both(steps.set_attribute, self.one(data), name, value)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def delete_attribute(self, data):
        name = self.name(data)
        if self.shape.may_change(name):
            self.both(steps.delete_attribute, self.one(data), name)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), fate=FATES)
    def meet_a_fate(self, data, fate):
        if self.shape.takes_attributes and not self.shape.frozen:
            self.both(steps.set_attribute, self.one(data), "fate", fate)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), size=st.sampled_from([5000, 50, "error", "text"]))
    def grow(self, data, size):
        if self.shape.takes_attributes and not self.shape.frozen:
            self.both(steps.set_attribute, self.one(data), "size", size)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), number=NUMBERS)
    def fill(self, data, number):
        itself = not self.shape.is_of_fields and self.shape.family != "plain" and data.draw(st.booleans())
        self.both(steps.fill, self.one(data), None if itself else self.name(data), number)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def hold(self, data):
        self.both(steps.hold, self.one(data), self.name(data))

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def hold_dict(self, data):
        self.both(steps.hold_dict, self.one(data))

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def drop(self, data):
        self.both(steps.drop, self.one(data))

    @rule(what=st.sampled_from([steps.drop_all, steps.forget, steps.collect, steps.take_list]))
    def do(self, what):
        self.both(what)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def detach(self, data):
        self.both(steps.detach, self.one(data))

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), number=POOLS)
    def assign(self, data, number):
        if self.sides[0].refs:
            return  # the reference engine refuses an orphan that had a weak reference before it had a proxy
        self.both(steps.assign, self.one(data), number)

    @rule(number=POOLS, count=st.integers(0, 4))
    def prefill(self, number, count):
        self.both(steps.prefill, number, count)

    @rule(number=POOLS, way=st.sampled_from(["prune", "clear", "trim"]))
    def shrink(self, number, way):
        self.both(steps.shrink, number, way)

    @rule(
        number=POOLS,
        bound=st.sampled_from([None, 0, 1, 3, -1, "auto", "auto"]),
        cap=st.sampled_from([None, 4096, 100, 0]),
    )
    def resize(self, number, bound, cap):
        self.both(steps.resize, number, bound, cap)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data(), way=st.sampled_from(["copy", "deepcopy", "pickle"]))
    def copied(self, data, way):
        self.both(steps.copied, self.one(data), way)

    @precondition(lambda self: self.some_live)
    @rule(data=st.data())
    def watch(self, data):
        if self.shape.has_weakref:
            self.both(steps.watch, self.one(data))

    @rule(with_pool=st.booleans(), value=VALUES)
    def share(self, with_pool, value):
        self.both(steps.share, with_pool, value)

    @precondition(lambda self: bool(self.sides[0].arcs))
    @rule(data=st.data(), way=st.sampled_from(["clone", "drop", "look"]))
    def use_arc(self, data, way):
        self.both(steps.use_arc, data.draw(st.integers(0, len(self.sides[0].arcs) - 1)), way)

    def teardown(self):
        if hasattr(self, "sides") and self.agreed:
            self.both(steps.forget)
            self.both(steps.drop_all)
            self.both(steps.collect)
        gc.enable()
