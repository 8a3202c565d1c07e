"""Random programs with `Arc`, `TArc` and `Weak`, against a model that counts handles in a table."""

import copy
import gc
import pickle

import effort
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

NUMBERS = st.integers(0, 99)


class Shared:
    """What the model knows of one value: its content, and how many handles there are."""

    def __init__(self, content, pool):
        self.content, self.pool = content, pool
        self.strong = self.weak = 0


def machine(pooled, arc):
    pools = [None, False, pooled.GlobalPool(arc.Cell, max=2), pooled.LocalPool(arc.Cell, max=1)]

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.strong = []  # pairs of a handle and what the model knows of it
            self.weak = []
            self.before = [pool.stats() if pool else None for pool in pools]

        def add(self, handle, shared):
            shared.strong += 1
            self.strong.append((handle, shared))

        def pick(self, at):
            return self.strong[at % len(self.strong)]

        @rule(pool=st.integers(0, 3), cls=st.sampled_from(["Arc", "Arc", "TArc"]), content=NUMBERS)
        def make(self, pool, cls, content):
            self.add(getattr(arc, cls)([content], pools[pool]), Shared([content], pool))

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS, way=st.sampled_from(["clone", "copy"]))
        def clone(self, at, way):
            handle, shared = self.pick(at)
            self.add(handle.clone() if way == "clone" else copy.copy(handle), shared)

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS, way=st.sampled_from(["deepcopy", "pickle"]))
        def copy_both(self, at, way):
            handle, shared = self.pick(at)
            both = [handle, handle]
            one, two = copy.deepcopy(both) if way == "deepcopy" else pickle.loads(pickle.dumps(both))
            assert one is two
            self.add(one, Shared(list(shared.content), 1 if shared.pool == 1 else 0))

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS)
        def drop(self, at):
            _, shared = self.strong.pop(at % len(self.strong))
            shared.strong -= 1

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS, content=NUMBERS)
        def change_alone(self, at, content):
            handle, shared = self.pick(at)
            value = handle.get_mut()
            assert (value is not None) == (shared.strong == 1 and shared.weak == 0)
            if value is not None:
                value.append(content)
                shared.content.append(content)

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS, content=NUMBERS)
        def change_a_copy(self, at, content):
            handle, shared = self.pick(at)
            handle.make_mut().append(content)
            if shared.strong > 1 or shared.weak:
                shared.strong -= 1
                shared = Shared(list(shared.content), shared.pool)
                shared.strong = 1
                self.strong[at % len(self.strong)] = handle, shared
            shared.content.append(content)

        @precondition(lambda self: any(isinstance(handle, arc.Arc) for handle, _ in self.strong))
        @rule(at=NUMBERS)
        def downgrade(self, at):
            arcs = [(handle, shared) for handle, shared in self.strong if isinstance(handle, arc.Arc)]
            handle, shared = arcs[at % len(arcs)]
            self.weak.append((handle.downgrade(), shared))
            shared.weak += 1

        @precondition(lambda self: self.weak)
        @rule(at=NUMBERS)
        def upgrade(self, at):
            weak, shared = self.weak[at % len(self.weak)]
            handle = weak.upgrade()
            assert (handle is None) == (shared.strong == 0)
            if handle is not None:
                self.add(handle, shared)

        @precondition(lambda self: self.weak)
        @rule(at=NUMBERS)
        def clone_weak(self, at):
            weak, shared = self.weak[at % len(self.weak)]
            self.weak.append((weak.clone(), shared))
            shared.weak += 1

        @precondition(lambda self: self.weak)
        @rule(at=NUMBERS)
        def drop_weak(self, at):
            _, shared = self.weak.pop(at % len(self.weak))
            shared.weak -= 1

        @precondition(lambda self: self.strong)
        @rule(at=NUMBERS)
        def leave_a_cycle(self, at):
            handle, shared = self.strong.pop(at % len(self.strong))
            shared.strong -= 1
            cycle = [handle]
            cycle.append(cycle)
            del handle, cycle
            gc.collect()

        @invariant()
        def counts_agree(self):
            for handle, shared in self.strong:
                assert (handle.get(), handle.strong_count()) == (shared.content, shared.strong)
                assert handle.is_unique() == (shared.strong == 1 and shared.weak == 0)
                if isinstance(handle, arc.Arc):
                    assert handle.weak_count() == shared.weak
            for weak, shared in self.weak:
                expected = (shared.strong, shared.weak) if shared.strong else (0, 0)
                assert (weak.strong_count(), weak.weak_count()) == expected
            for handle, shared in self.strong[:4]:
                assert [handle.ptr_eq(other) for other, _ in self.strong] == [
                    shared is other for _, other in self.strong
                ]

        @invariant()
        def pools_count_cells(self):
            values = {id(shared): shared for _, shared in self.strong}.values()
            for number, pool in enumerate(pools[2:], start=2):
                alive = sum(shared.pool == number for shared in values)
                assert pool.stats().live - self.before[number].live == alive

        def teardown(self):
            self.strong.clear()
            self.weak.clear()

    return Machine


@pytest.mark.needs_pool
def test_random_programs(pooled, arc):
    run_state_machine_as_test(
        machine(pooled, arc),
        settings=settings(
            max_examples=effort.examples(40),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
