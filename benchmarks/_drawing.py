"""The style of charts: one message each, labelled axes with units, for light and for dark pages, as SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes


@attrs.frozen
class Look:
    """The colours of the page, of texts, of lines in the background, and of the data, the pooled one first."""

    page: str
    ink: str
    faint: str
    marks: tuple[str, ...]

    @property
    def settings(self) -> dict[str, Any]:
        """The colours as settings of matplotlib."""
        return {
            "figure.facecolor": self.page,
            "axes.facecolor": self.page,
            "savefig.facecolor": self.page,
            "text.color": self.ink,
            "axes.labelcolor": self.ink,
            "axes.titlecolor": self.ink,
            "xtick.color": self.ink,
            "ytick.color": self.ink,
            "axes.edgecolor": self.faint,
            "grid.color": self.faint,
        }


LOOKS: Final = {
    "": Look("#ffffff", "#1f2328", "#d0d7de", ("#0969da", "#6e7781", "#bf8700", "#8250df", "#cf222e", "#1a7f37")),
    "-dark": Look("#0d1117", "#e6edf3", "#30363d", ("#58a6ff", "#8b949e", "#d29922", "#bc8cff", "#ff7b72", "#3fb950")),
}
"""The looks, by the suffix of the file name."""

SETTINGS: Final = {
    "svg.hashsalt": "pooled",  # so that a chart of the same figures is the same file
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}

Draw = Callable[[Axes, Look], None]


def chart(folder: Path, name: str, draw: Draw, *, height: float = 4.0, width: float = 8.0) -> list[Path]:
    """Draw a chart into files of this name, `width` by `height` inches; return the files."""
    made = []
    for suffix, look in LOOKS.items():
        settings: Any = {**SETTINGS, **look.settings}
        with mpl.rc_context(settings):
            figure, axes = plt.subplots(figsize=(width, height))
            draw(axes, look)
            formats: dict[str, Any] = {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 144}}
            for kind, options in formats.items():
                made.append(folder / f"{name}{suffix}.{kind}")
                figure.savefig(made[-1], **options)
            plt.close(figure)
    return made


def bars(axes: Axes, look: Look, figures: dict[str, float], form: str, *, ours: str = "pooled") -> None:
    """Draw horizontal bars with their figures, the first on top. Names that begin with `ours` get the pooled colour."""
    names = list(figures)
    colours = [look.marks[0] if name.startswith(ours) else look.marks[1] for name in names]
    drawn = axes.barh(names, list(figures.values()), color=colours, height=0.62)
    axes.bar_label(drawn, [form.format(value) for value in figures.values()], padding=4, color=look.ink)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.12)


def grouped(axes: Axes, look: Look, groups: list[str], series: dict[str, list[float]], form: str) -> None:
    """Draw groups of vertical bars, each with one bar for each series."""
    width = 0.8 / len(series)
    for number, (name, values) in enumerate(series.items()):
        places = [group + (number - (len(series) - 1) / 2) * width for group in range(len(groups))]
        drawn = axes.bar(places, values, width * 0.92, label=name, color=look.marks[number])
        axes.bar_label(drawn, [form.format(value) for value in values], padding=2, fontsize=7, color=look.ink)
    axes.set_xticks(range(len(groups)), groups)
    axes.tick_params(axis="x", length=0)
    axes.legend()


def lines(axes: Axes, look: Look, series: dict[str, tuple[list[float], list[float]]]) -> None:
    """Draw a line through the points of each series."""
    marks = look.marks if len(series) == 2 else look.marks[:1] + look.marks[2:]
    for mark, (name, (xs, ys)) in zip(marks, series.items(), strict=False):
        axes.plot(xs, ys, marker="o", markersize=4, label=name, color=mark)
    axes.grid(visible=True, axis="y", linewidth=0.6)
    axes.legend()
