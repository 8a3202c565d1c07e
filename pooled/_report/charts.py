"""Line charts and bar charts as SVG, for the page of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from pooled._record import Record

WIDTH: Final = 400
HEIGHT: Final = 165

# Margins for the labels.
LEFT: Final = 46
RIGHT: Final = 8
TOP: Final = 10
BOTTOM: Final = 24

_UNITS: Final = (("h", 3600, 3), ("min", 60, 5))
"""Units of time: the name, the seconds, and the least number of them for which the unit is used."""


class Chart(Record):
    """Counts over time.

    Attributes:
        title: the heading, for screen readers.
        seconds: the times of the counts.
        series: the counts, by name. The style of the page gives each name a colour, and the area below the first.
        span: the seconds at which the chart begins and ends; charts with the same span can be compared.
    """

    title: str
    seconds: Sequence[float]
    series: Mapping[str, Sequence[int]]
    span: tuple[float, float]

    def svg(self, name: str) -> str:
        """The chart as an `svg` element. Its identifiers begin with `name`, which must be unique in the page."""
        parts = [
            f'<title id="{name}-title">{escape(self.title)}: {" and ".join(self.series)} over time</title>',
            f'<desc id="{name}-desc">{escape(self.described())}</desc>',
            *self._grid(),
            *self._lines(),
        ]
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-title" '
            f'aria-describedby="{name}-desc">{"".join(parts)}</svg>'
        )

    def described(self) -> str:
        """A description of the chart in words."""
        first, last = self.seconds[0], self.seconds[-1]
        said = [
            f"{name}: {counts[0]:,} at the start, {max(counts):,} at most, {counts[-1]:,} at the end"
            for name, counts in self.series.items()
        ]
        return f"{'; '.join(said)}. From {_time(first, last)} to {_time(last, last)}."

    def _most(self) -> int:
        return _round_up(max(1, *(max(counts) for counts in self.series.values())))

    def _x(self, at: float) -> float:
        first, last = self.span
        return LEFT + (at - first) / max(last - first, 1e-9) * (WIDTH - LEFT - RIGHT)

    def _y(self, share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def _grid(self) -> list[str]:
        parts = []
        for share in (0, 0.5, 1):
            at = self._y(share)
            parts.append(f'<line class=axis x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            count = _short(self._most() * share)
            parts.append(f'<text x="{LEFT - 6}" y="{at + 3.5:.1f}" text-anchor="end">{count}</text>')
        first, last = self.span
        for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
            at = first + (last - first) * share
            parts.append(
                f'<text x="{self._x(at):.1f}" y="{HEIGHT - 7}" text-anchor="{anchor}">{_time(at, last)}</text>'
            )
        return parts

    def _lines(self) -> list[str]:
        """The lines of the series, and the area below the first one."""
        parts: list[str] = []
        most = self._most()
        for name, counts in self.series.items():
            points = [
                f"{self._x(at):.1f},{self._y(count / most):.1f}" for at, count in zip(self.seconds, counts, strict=True)
            ]
            if not parts:
                ground = f"{self._y(0):.1f}"
                ends = f"V{ground}H{self._x(self.seconds[0]):.1f}Z"
                parts.append(f'<path class="{name} area" d="M{"L".join(points)}{ends}"/>')
            parts.append(f'<path class="{name}" d="M{"L".join(points)}"/>')
        return parts


class Bars(Record):
    """Counts by label, as groups of bars. The scale is logarithmic.

    Attributes:
        title: the heading, for screen readers.
        labels: the labels of the groups.
        series: the counts by name, one for each label. The style of the page gives each name a colour.
    """

    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[int]]

    def svg(self, name: str) -> str:
        """The chart as an `svg` element. Its identifiers begin with `name`, which must be unique in the page."""
        parts = [
            f'<title id="{name}-title">{escape(self.title)}</title>',
            f'<desc id="{name}-desc">{escape(self.described())}</desc>',
            *self._scale(),
            *self._groups(),
        ]
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-title" '
            f'aria-describedby="{name}-desc">{"".join(parts)}</svg>'
        )

    def described(self) -> str:
        """A description of the chart in words."""
        return "; ".join(
            f"{label}: {', '.join(f'{name} {counts[at]:,}' for name, counts in self.series.items())}"
            for at, label in enumerate(self.labels)
        )

    def _decades(self) -> int:
        """The top of the scale, as a power of ten."""
        return len(str(max(max(counts) for counts in self.series.values())))

    def _height(self, count: int) -> float:
        """A count of 1 is a tenth of a decade high."""
        share = (math.log10(count) + 0.1) / (self._decades() + 0.1) if count else 0.0
        return share * (HEIGHT - TOP - BOTTOM)

    def _scale(self) -> list[str]:
        parts = []
        for decade in range(0, self._decades() + 1, max(1, self._decades() // 3)):
            at = HEIGHT - BOTTOM - self._height(10**decade)
            parts.append(f'<line class=axis x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{at + 3.5:.1f}" text-anchor="end">{_short(10**decade)}</text>')
        return parts

    def _groups(self) -> list[str]:
        parts = []
        group = (WIDTH - LEFT - RIGHT) / len(self.labels)
        width = group * 0.8 / len(self.series)
        for at, label in enumerate(self.labels):
            left = LEFT + group * (at + 0.1)
            for number, (name, counts) in enumerate(self.series.items()):
                height = self._height(counts[at])
                if height:
                    parts.append(
                        f'<rect class={name} x="{left + number * width:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" '
                        f'width="{width:.1f}" height="{height:.1f}"/>'
                    )
            if at % 2 == (len(self.labels) - 1) % 2 or len(self.labels) <= 6:
                middle = LEFT + group * (at + 0.5)
                parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 7}" text-anchor="middle">{label}</text>')
        return parts


def _round_up(count: int) -> int:
    """The next number of one digit and zeros; it is even, so that half of it is an integer."""
    step = max(2, int(10 ** (len(str(count)) - 1)))
    return -(-count // step) * step


def _short(count: float) -> str:
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if count >= scale * 10:
            return f"{count / scale:g}{unit}"
    return f"{count:,g}"


def _time(seconds: float, last: float) -> str:
    """Seconds as text, in the unit that suits the number `last`."""
    for unit, scale, least in _UNITS:
        if last >= least * scale:
            return f"{seconds / scale:,.1f} {unit}"
    return f"{seconds:,.{2 if last < 10 else 0}f} s"
