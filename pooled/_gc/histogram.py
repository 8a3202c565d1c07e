"""Histograms of durations. Those of several processes can be added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Self

from pooled._record import Record

BOUNDS: Final = tuple(1 << power for power in range(12, 34, 2))
"""Nanoseconds, from 4 microseconds to 4 seconds, each four times the one before."""


class Histogram(Record):
    """How long the pauses were, in nanoseconds.

    Attributes:
        counts: the number of pauses by bucket. There are eight buckets for each power of two: see `bucket_of`.
        total: the sum of the pauses.
        longest: the longest pause.
    """

    counts: Mapping[int, int] = {}
    total: int = 0
    longest: int = 0

    @property
    def count(self) -> int:
        """The number of pauses."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> int:
        """The end of the bucket in which a share of the pauses is reached."""
        rank, seen = share * self.count, 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return min(self.longest, _end_of(bucket))
        return 0

    def up_to(self, bounds: Iterable[int] = BOUNDS) -> list[int]:
        """How many pauses did not exceed each bound; the bounds are powers of two from 8 on."""
        return [sum(count for bucket, count in self.counts.items() if _end_of(bucket) <= bound) for bound in bounds]

    def __add__(self, other: Histogram) -> Self:
        counts = dict(self.counts)
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        return type(self)(counts=counts, total=self.total + other.total, longest=max(self.longest, other.longest))


def bucket_of(nanoseconds: int) -> int:
    """The bucket of a duration: its number of bits, and the three bits below the highest one."""
    length = nanoseconds.bit_length()
    return length << 3 | nanoseconds >> length - 4 & 7 if length > 3 else nanoseconds


def _end_of(bucket: int) -> int:
    """The first duration above the bucket."""
    length, part = bucket >> 3, bucket & 7
    return (9 + part) << length - 4 if length > 3 else bucket
