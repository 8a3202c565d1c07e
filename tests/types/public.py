# pyright: strict
"""The public names for mypy and pyright; nothing here runs.

A line that the checkers must reject has a `type: ignore` and a `pyright: ignore`, which are errors if not needed.
"""

import codecs
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, assert_type

import attrs

import pooled
from pooled import arc, containers


@pooled.poolable
class Plain:
    def __init__(self, number: int, text: str = "") -> None:
        self.number = number
        self.text = text


@pooled.poolable(max=4, max_cap=10, scope="global", idle_trim=1.5)
@attrs.define
class Attrs:
    number: int
    items: list[str] = attrs.field(factory=list[str])


@pooled.poolable(keep=("items",))
@dataclass
class Data:
    number: int = 0
    items: list[str] = field(default_factory=list[str])


class Meta(metaclass=pooled.PooledMeta, max=3, scope="global"):
    def __init__(self, number: int) -> None:
        self.number = number


class Abstract(metaclass=pooled.PooledABCMeta):
    pass


def classes_keep_their_types() -> None:
    assert_type(Plain(1, text="x"), Plain)
    assert_type(Plain(1).number, int)
    assert_type(Attrs(1).items, list[str])
    assert_type(Data().items, list[str])
    assert_type(Meta(1).number, int)
    assert_type(Abstract(), Abstract)
    Plain("1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Attrs()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Meta(1).none  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


def objects() -> None:
    assert_type(pooled.take(Attrs, number=1), Attrs)
    assert_type(pooled.try_take(Data), Data | None)
    assert_type(pooled.orphan(Plain, 1), Plain)
    pooled.orphan(Plain, "1")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(pooled.detach(Plain(1)), Plain)
    assert_type(pooled.assign(Plain(1), pooled.pool_of(Plain)), Plain)
    assert_type(pooled.insert(Plain(1)), Plain)


def pools() -> None:
    pool = pooled.pool_of(Attrs)
    assert_type(pool, pooled.Pool[Attrs])
    assert_type(pool.take(1), Attrs)
    assert_type(pool.try_take(number=1, items=[]), Attrs | None)
    assert_type(pool.borrow(), AbstractContextManager[Attrs])
    with pool.borrow() as borrowed:
        assert_type(borrowed, Attrs)
    assert_type(pool.insert(Attrs(1)), Attrs)
    pool.insert(Plain(1))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(pool.name, str)
    assert_type(pool.policy, pooled.Policy)
    assert_type(pool.depth, int)
    assert_type(pool.prefill(3), int)
    assert_type(pool.prune(), int)
    assert_type(pool.trim(), int)
    assert_type(pool.clear(), int)
    assert_type(pool.stats(), pooled.Stats)
    assert_type(len(pool), int)
    pool.resize(max=3, max_cap=4, idle_trim=0)
    assert_type(pooled.LocalPool(Plain, max=3), pooled.LocalPool[Plain])
    strings = pooled.GlobalPool(containers.ByteArray, max_cap=10, name="strings", idle_trim=3)
    assert_type(strings.take(), containers.ByteArray)
    decoders = pooled.GlobalPool(codecs.IncrementalDecoder, reset=lambda decoder: decoder.reset())
    assert_type(decoders.take(), codecs.IncrementalDecoder)
    assert_type(pooled.GlobalPool(list[int]).take(), list[int])
    pooled.LocalPool(Plain, max="3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def counts() -> None:
    assert_type(pooled.stats(), pooled.AllStats)
    assert_type(pooled.stats()["a"], pooled.Stats)
    stats = pooled.Stats() + pooled.Stats(hits=1)
    assert_type(stats.taken, int)
    assert_type(stats.hit_rate, float)
    constructions = pooled.pool_of(Plain).constructions()
    assert_type(constructions, pooled.Constructions)
    assert_type((constructions.in_c, constructions.in_python), tuple[int, int])
    assert_type((constructions.traced, constructions.patched, constructions.changed), tuple[int, int, int])
    assert_type((constructions.unbound, constructions.unfit), tuple[int, int])
    assert_type(pooled.report(html="page.html"), str)
    with pooled.record_gc() as recording:
        assert_type(recording, pooled.GcRecording)
    pauses = recording.pauses[2]
    assert_type(pauses, pooled.GcPauses)
    assert_type((pauses.count, pauses.histogram), tuple[int, tuple[tuple[float, int], ...]])
    assert_type((pauses.seconds, pauses.p50, pauses.p99, pauses.longest), tuple[float, float, float, float])
    assert_type(recording.types["a"], int)
    with pooled.sample(0.1, keep=10) as sampling:
        assert_type(sampling, pooled.Sampling)
    assert_type(sampling.samples, list[pooled.Sample])
    assert_type(sampling.samples[0].pools["a"], pooled.Stats)
    assert_type(pooled.live(Plain), list[pooled.Live])
    assert_type(pooled.live()[0].lineno, int)
    assert_type(pooled.engine, str)
    assert_type(pooled.engine_info(), pooled.EngineInfo)
    assert_type(pooled.field_reset(Attrs), pooled.FieldResets)
    for entry in pooled.field_reset(Attrs):
        assert_type(entry, pooled.FieldReset)


def settings() -> None:
    policy = pooled.configure(max=1, max_cap=2, scope="local", idle_trim=3.0, budget="1GiB", gc_trim=False)
    assert_type(policy, pooled.Policy)
    assert_type(policy.max, int | Literal["auto"])
    assert_type(policy.idle_trim, float)
    assert_type(policy.replace(max=3), pooled.Policy)
    assert_type(policy.most, int)
    assert_type(policy.asdict(), dict[str, Any])
    pooled.configure(scope="global")
    pooled.configure(gc={"threshold": [50_000, 20, 100], "freeze": "steady"})
    pooled.configure(gc=None)
    pooled.configure(gc={"freeze": "often"})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(pooled.freeze(), int)
    pooled.configure(scope="everywhere")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(pooled.clear(), int)
    assert_type(pooled.prune(), int)
    assert_type(pooled.trim(), int)
    pooled.disable()
    pooled.enable(Plain)
    pooled.enable(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert_type(pooled.instrument.when_imported("a.b:C", max=3), None)
    assert_type(pooled.instrument.left_out(), dict[str, str])
    errors: tuple[type[Exception], ...] = (pooled.ConfigurationError, pooled.DirtyWarning)
    del errors


def structures() -> None:
    table: containers.UserDict[str, int] = containers.UserDict({"a": 1})
    assert_type(table["a"], int)
    assert_type(containers.UserList([1])[0], int)
    assert_type(containers.ChainMap({"a": 1})["a"], int)
    ordered = containers.OrderedSet([1, 2])
    assert_type(ordered, containers.OrderedSet[int])
    assert_type(ordered.pop(last=False), int)
    assert_type(ordered.copy(), containers.OrderedSet[int])
    assert_type(ordered.union([1], {2}), containers.OrderedSet[int])
    assert_type(ordered.difference("a"), containers.OrderedSet[int])
    assert_type(ordered.intersection("a"), containers.OrderedSet[int])
    assert_type(ordered.symmetric_difference([1]), containers.OrderedSet[int])
    assert_type(ordered & {1}, containers.OrderedSet[int])
    assert_type(ordered.issubset([1]) or ordered.issuperset([1]), bool)
    ordered.add(3)
    ordered.discard("other")
    ordered.remove(3)
    ordered.update([4], {5})
    ordered.difference_update([4])
    ordered.intersection_update([5])
    ordered.symmetric_difference_update([6])
    ordered.clear()
    ordered.add("3")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def every_container() -> None:
    assert_type(containers.List([1]), containers.List[int])
    assert_type(containers.List([1])[0], int)
    assert_type(containers.Dict({"a": 1}), containers.Dict[str, int])
    assert_type(containers.Set({1}), containers.Set[int])
    assert_type(containers.Deque([1]), containers.Deque[int])
    assert_type(containers.OrderedDict({"a": 1}), containers.OrderedDict[str, int])
    assert_type(containers.Counter("a"), containers.Counter[str])
    assert_type(containers.ByteArray(3), containers.ByteArray)
    assert_type(containers.BytesIO(b""), containers.BytesIO)
    assert_type(containers.StringIO(""), containers.StringIO)
    numbers: containers.DefaultDict[str, int] = containers.DefaultDict(int)
    assert_type(numbers["a"], int)
    assert_type(containers.Array("d"), containers.Array[float])
    assert_type(containers.Array("i", [1])[0], int)
    buffers = containers.BufferPool(max_bytes=1 << 20)
    assert_type(buffers.take(100), memoryview)
    assert_type(buffers.prefill(100, n=3), int)
    assert_type((buffers.max_bytes, buffers.max_cap, buffers.parked_bytes), tuple[int, int, int])


def shared() -> None:
    counted = arc.Arc(Plain(1))
    assert_type(counted, arc.Arc[Plain])
    assert_type(counted.get(), Plain)
    assert_type(counted.get_mut(), Plain | None)
    assert_type(counted.make_mut(), Plain)
    assert_type(counted.clone(), arc.Arc[Plain])
    assert_type((counted.strong_count(), counted.weak_count(), hash(counted)), tuple[int, int, int])
    assert_type((counted.ptr_eq(counted), counted.is_unique()), tuple[bool, bool])
    weak = counted.downgrade()
    assert_type(weak, arc.Weak[Plain])
    assert_type(weak.upgrade(), arc.Arc[Plain] | None)
    assert_type(weak.clone(), arc.Weak[Plain])
    assert_type((weak.strong_count(), weak.weak_count(), weak.ptr_eq(weak)), tuple[int, int, bool])
    cells: pooled.GlobalPool[arc.Cell[int]] = pooled.GlobalPool(arc.Cell)
    assert_type(arc.TArc(3, cells), arc.TArc[int])
    assert_type(arc.TArc(3, False).make_mut(), int)
    assert_type(arc.Arc[float](3).get(), float)
    assert_type(sorted([arc.Arc(2), arc.Arc(1)]), list[arc.Arc[int]])
    arc.Arc(3, True)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    arc.TArc(3).downgrade()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(Plain(1), pooled.Poolable)
