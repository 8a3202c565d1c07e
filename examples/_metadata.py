"""The data that a scheduler passes to the model at every step, and the results: new or pooled objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import attrs
from _serving import Request, SamplingParams

import pooled

T = TypeVar("T")


@attrs.define(eq=False)
class SequenceData:
    """The tokens of a request that the model gets: those of this step, and the number of all."""

    length: int
    computed: int
    tokens: list[int] = attrs.field(factory=list)
    new_blocks: list[int] = attrs.field(factory=list)


@attrs.define(eq=False)
class RequestMetadata:
    """A request in one step.

    Attributes:
        name: its name, which the client chose.
        is_prompt: whether its prompt is still being read.
        do_sample: whether this step adds a token to the answer.
        chunk: how many tokens are computed.
        sampling: how its token is chosen.
        sequences: its tokens, by the number of the sequence.
        block_tables: its blocks, by the number of the sequence.
        reused_blocks: its blocks that were found in the cache.
        stop_tokens: the tokens that are never chosen.
        multi_modal: its pictures and sounds, by kind; text has none.
        adapter: the name of the fine-tuned weights to use.
    """

    name: str
    is_prompt: bool
    do_sample: bool
    chunk: int
    sampling: SamplingParams
    sequences: dict[int, SequenceData] = attrs.field(factory=dict)
    block_tables: dict[int, list[int]] = attrs.field(factory=dict)
    reused_blocks: list[int] = attrs.field(factory=list)
    stop_tokens: set[int] = attrs.field(factory=set)
    multi_modal: dict[str, Any] = attrs.field(factory=dict)
    adapter: str | None = None


@dataclass(eq=False, slots=True)
class ModelInput:
    """The input of the model's kernels for one request, before the inputs of all requests are joined."""

    name: str
    is_prompt: bool
    sequences: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    block_table: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    adapters: set[str] = field(default_factory=set)
    multi_modal: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class ToSample:
    """The place of the probabilities of a request in the model's result, and how to choose a token."""

    name: str
    sampling: SamplingParams
    sequences: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    barred: set[int] = field(default_factory=set)
    bias: dict[int, float] = field(default_factory=dict)


@attrs.define(eq=False)
class Sampled:
    """The token that was chosen for a request, by sequence, and the probabilities of the likely tokens."""

    name: str
    tokens: dict[int, int] = attrs.field(factory=dict)
    logprobs: dict[int, float] = attrs.field(factory=dict)


@attrs.define(eq=False)
class Scheduled:
    """A request that is part of a step, with its number of tokens."""

    request: Request
    chunk: int
    new_blocks: list[int] = attrs.field(factory=list)


@attrs.define(eq=False)
class SchedulerOutput:
    """The work of one step.

    Attributes:
        requests: those that are part of it.
        chunks: the number of tokens of each request, by its number.
        preempted: the numbers of the requests that have to wait again.
        admitted: the numbers of the requests that waited before.
        loads: the copies from the host's memory to blocks of the device.
        saves: the copies from the device to the host, which come before the loads.
        tokens: the number of tokens of all requests.
    """

    requests: list[Scheduled] = attrs.field(factory=list)
    chunks: dict[int, int] = attrs.field(factory=dict)
    preempted: set[int] = attrs.field(factory=set)
    admitted: set[int] = attrs.field(factory=set)
    loads: list[tuple[int, int]] = attrs.field(factory=list)
    saves: list[tuple[int, int]] = attrs.field(factory=list)
    tokens: int = 0


class Makers:
    """The classes of the objects of a step, poolable or not.

    A program that always pools decorates each class, `@pooled.poolable(max_cap=...)`, and calls it as before. This
    program compares, so it decorates the classes only on one side.
    """

    def __init__(self, *, pooling: bool) -> None:
        self.pooled_classes: list[type] = []
        self._pooling = pooling
        self.sequence_data = self._maker(SequenceData)
        self.request_metadata = self._maker(RequestMetadata)
        self.model_input = self._maker(ModelInput)
        self.to_sample = self._maker(ToSample)
        self.sampled = self._maker(Sampled)
        self.scheduled = self._maker(Scheduled)
        self.scheduler_output = self._maker(SchedulerOutput)

    def _maker(self, cls: type[T]) -> Callable[..., T]:
        if not self._pooling:
            return cls
        poolable = pooled.poolable(max=1024, max_cap=8192)(cls)
        self.pooled_classes.append(poolable)
        return poolable
