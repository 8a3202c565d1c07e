"""Line charts as SVG, for the page of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

WIDTH: Final = 420
HEIGHT: Final = 170

# What is left of these for what is written at the sides.
LEFT: Final = 48
RIGHT: Final = 10
TOP: Final = 12
BOTTOM: Final = 24


def chart(title: str, seconds: Sequence[float], series: Mapping[str, Sequence[int]]) -> str:
    """Lines through counts over time. Their colours are those that the page's style gives to their names."""
    most = _round_up(max(1, *(max(counts) for counts in series.values())))
    first, last = seconds[0], max(seconds[-1], seconds[0] + 1e-9)

    def x(at: float) -> float:
        return LEFT + (at - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(count: float) -> float:
        return HEIGHT - BOTTOM - count / most * (HEIGHT - TOP - BOTTOM)

    parts = [f"<title>{escape(title)}: {' and '.join(series)} over {last - first:.1f} seconds</title>"]
    for share in (0, 0.5, 1):
        at = y(most * share)
        parts.append(f'<line class=axis x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 3:.1f}" text-anchor="end">{_short(most * share)}</text>')
    decimals = 2 if last < 10 else 0
    for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        at = first + (last - first) * share
        parts.append(f'<text x="{x(at):.1f}" y="{HEIGHT - 7}" text-anchor="{anchor}">{at:,.{decimals}f} s</text>')
    for name, counts in series.items():
        points = " ".join(f"{x(at):.1f},{y(count):.1f}" for at, count in zip(seconds, counts, strict=True))
        parts.append(f'<path class="{name}" d="M{points.replace(" ", "L")}"/>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def _round_up(count: int) -> int:
    """The next number of one digit and zeros, an even one, so that half of it is a whole number."""
    step = max(2, int(10 ** (len(str(count)) - 1)))
    return -(-count // step) * step


def _short(count: float) -> str:
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if count >= scale * 10:
            return f"{count / scale:g}{unit}"
    return f"{count:,g}"
