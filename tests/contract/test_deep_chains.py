"""Contract line 8: deep and re-entrant. Long chains do not overflow the stack, and `reset` may use pools itself."""

import pytest
from helpers import drop_chain


@pytest.mark.needs_pool
@pytest.mark.parametrize("bound", [1024, 10**9])
def test_a_long_chain(pooled, bound):
    @pooled.poolable(max=bound)
    class Node:
        def __init__(self, next_node):
            self.next = next_node

    def run(length):
        length = min(length, 100_000) if bound > length else length  # parked objects need memory
        head = None
        for _ in range(length):
            head = Node(head)
        head = None
        stats = pooled.pool_of(Node).stats()
        assert (stats.parked, stats.live) == (min(bound, length), 0)
        assert stats.escaped == stats.collected == 0

    drop_chain(run)


@pytest.mark.needs_pool
def test_a_chain_through_other_containers(pooled, containers):
    @pooled.poolable
    class Node:
        __slots__ = ("children",)

        def __init__(self, child):
            self.children = containers.List([[child]])

    head = None
    for _ in range(20_000):
        head = Node(head)
    head = None
    stats = pooled.pool_of(Node).stats()
    assert stats.live == 0
    assert stats.parked == 1024


@pytest.mark.needs_pool
def test_a_tree_is_recycled_whole(pooled):
    @pooled.poolable(max=10_000)
    class Branch:
        def __init__(self, depth):
            self.children = [Branch(depth - 1) for _ in range(3)] if depth else []

    tree = Branch(7)
    del tree
    stats = pooled.pool_of(Branch).stats()
    assert stats.parked == stats.recycled == stats.misses == sum(3**n for n in range(8))


@pytest.mark.needs_pool
def test_reset_uses_its_own_pool(pooled):
    seen = []

    @pooled.poolable(max=8, reset="reset")
    class Thing:
        def reset(self):
            if len(seen) < 20:
                seen.append(id(self))
                pooled.take(Thing)
                Thing()
                other = Thing()
                other.tag = "theirs"

    Thing()
    stats = pooled.pool_of(Thing).stats()
    assert stats.live == 0
    assert 0 < stats.parked <= 8
    assert len(seen) == 20


@pytest.mark.needs_pool
def test_reset_drops_objects_that_are_taken_again_at_once(pooled):
    @pooled.poolable
    class Part:
        pass

    @pooled.poolable(reset="reset")
    class Whole:
        def __init__(self):
            self.part = Part()

        def reset(self):
            self.part = None
            self.part = Part()

    whole = Whole()
    del whole
    assert pooled.pool_of(Part).stats().hits == 1
    assert pooled.pool_of(Whole).stats().recycled == 1


@pytest.mark.needs_pool
def test_dropping_while_another_is_scrubbed(pooled):
    order = []

    @pooled.poolable(reset="reset")
    class Inner:
        def reset(self):
            order.append("inner")

    @pooled.poolable
    class Outer:
        def __init__(self):
            self.inner = Inner()

    Outer()
    assert order == ["inner"]
    assert pooled.pool_of(Outer).stats().recycled == pooled.pool_of(Inner).stats().recycled == 1
