"""The cost of runs with a candidate beside that of the plain program, and whether it gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final, TypeAlias

import attrs

from pooled._cli.measure.launcher import Run

PLAIN: Final = "plain"
"""The name of the program without settings."""

MIN_GAIN: Final = 1.03
"""A candidate has to make the program this many times as fast."""

_LOSS: Final = 0.99
"""A candidate that makes it slower than this loses, unless it may be noise."""

_MAX_RATIO: Final = 1.05
"""The processor time of a server and its p99 must not grow by more than this factor."""

_MAX_MEMORY: Final = (2.0, 64 << 20)
"""The peak memory must not grow by both this factor and this many bytes."""

_SHORTEST: Final = 1e-9

Round: TypeAlias = Mapping[str, Run]
"""Runs one after the other: of the plain program and of candidates, by name."""


@attrs.frozen(kw_only=True)
class Figures:
    """The cost with a candidate. `--json` prints it under these names.

    Attributes:
        rounds: the number of rounds.
        plain: the median cost of the plain program: seconds of processor time, or a mean latency.
        with_settings: the median cost with the candidate.
        gain: how many times as fast the program is.
        lowest: the least gain of a round.
        highest: the largest gain of a round.
        cpu: how many times as much processor time it takes.
        memory: how many times as much memory it takes at its peak.
        p99: how many times as long the 99th percentile of latencies is; None if there are no latencies.
        pauses: what the last report of `run` said on pauses of the collector; None if nothing.
        loses: whether it is slower, and this is not noise.
        against: why not to use the candidate; empty if it gains.
    """

    rounds: int
    plain: float
    with_settings: float
    gain: float
    lowest: float
    highest: float
    cpu: float
    memory: float
    p99: float | None
    pauses: Mapping[str, Any] | None
    loses: bool
    against: str


def figures_of(name: str, rounds: Sequence[Round]) -> Figures | None:
    """The figures of a candidate; None if no round has a run of it beside one of the plain program."""
    pairs = [(each[PLAIN], each[name]) for each in rounds if PLAIN in each and name in each]
    if not pairs:
        return None
    plain, ours = [one.cost for one, _ in pairs], [other.cost for _, other in pairs]
    gains = [_ratio(*pair) for pair in zip(plain, ours, strict=True)]
    gain = _ratio(median(plain), median(ours))
    return Figures(
        rounds=len(pairs),
        plain=median(plain),
        with_settings=median(ours),
        gain=gain,
        lowest=min(gains),
        highest=max(gains),
        cpu=_ratio(*(median(run.cpu for run in runs) for runs in _turned(pairs))),
        memory=_ratio(*(median(run.usage.memory for run in runs) for runs in _turned(pairs))),
        p99=_p99(pairs),
        pauses=pairs[-1][1].pauses,
        loses=gain < _LOSS and median(ours) > max(plain),
        against=_against(gain, min(gains) <= 1 and median(ours) >= min(plain), pairs),
    )


def _against(gain: float, is_noise: bool, pairs: Sequence[tuple[Run, Run]]) -> str:
    """Why not to use a candidate; empty if it gains."""
    if gain < MIN_GAIN:
        return f"it gains less than {MIN_GAIN - 1:.0%}" if gain >= _LOSS else "it is slower"
    if is_noise:
        return "that is within the noise"
    ours, plain = _turned(pairs)
    if _is_worse([run.cpu for run in ours], [run.cpu for run in plain]):
        return "it takes more processor time"
    tails = [[run.p99 for run in runs if run.p99 is not None] for runs in (ours, plain)]
    if all(tails) and _is_worse(*tails):
        return "the 99th percentile is worse"
    memory, before = (median(run.usage.memory for run in runs) for runs in (ours, plain))
    factor, added = _MAX_MEMORY
    return "it takes too much memory" if memory > before * factor and memory > before + added else ""


def _is_worse(ours: Sequence[float], plain: Sequence[float]) -> bool:
    return median(ours) > median(plain) * _MAX_RATIO and median(ours) > max(plain)


def _p99(pairs: Sequence[tuple[Run, Run]]) -> float | None:
    ours, plain = ([run.p99 for run in runs if run.p99 is not None] for runs in _turned(pairs))
    return _ratio(median(ours), median(plain)) if ours and plain else None


def _turned(pairs: Sequence[tuple[Run, Run]]) -> tuple[list[Run], list[Run]]:
    """The runs with the candidate, and those of the plain program."""
    return [ours for _, ours in pairs], [plain for plain, _ in pairs]


def _ratio(one: float, other: float) -> float:
    return max(one, _SHORTEST) / max(other, _SHORTEST)
