"""A matplotlib figure as inline SVG that takes its colours from the page, so that it reads well in light and dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from html import escape
from typing import Any

import matplotlib
from matplotlib.figure import Figure


class Ink(StrEnum):
    """Colours that stand for the page's own, by the CSS variable that replaces them."""

    TEXT = "#0a0b01"
    MUTED = "#0a0b02"
    GRID = "#0a0b03"
    ACCENT = "#0a0b04"
    SOFT = "#0a0b05"
    GOOD = "#0a0b06"
    BAD = "#0a0b07"

    @property
    def variable(self) -> str:
        """How the page calls it."""
        return f"var(--plot-{self.name.lower()})"


_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "assistant",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 11,
    "ytick.labelsize": 12,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "text.color": Ink.TEXT.value,
    "axes.labelcolor": Ink.TEXT.value,
    "axes.titlecolor": Ink.TEXT.value,
    "xtick.color": Ink.MUTED.value,
    "ytick.color": Ink.TEXT.value,
    "axes.edgecolor": Ink.MUTED.value,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
    "grid.color": Ink.GRID.value,
    "ytick.major.size": 0,
}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_LABEL = 28


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw with the report's fonts and stand-in colours, whatever the person's own settings are."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def safe_label(text: str) -> str:
    """Make a text from a gold set fit for an axis: no control characters, not too long."""
    clean = _CONTROL.sub(" ", text)
    return clean if len(clean) <= _LONGEST_LABEL else clean[: _LONGEST_LABEL - 1] + "…"


def render_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Write a figure as an `svg` element that is the same for the same figure.

    Args:
        figure: Drawn within `plot_style`.
        name: Of letters; put before every id, so that figures on one page don't share any.
        title: What it shows, for people who can't see it.
        description: The same at length.
    """
    _settle(figure)
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    body = file.getvalue()
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="|url\()#', rf"\1#{name}-", body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    for ink in Ink:
        body = body.replace(ink.value, ink.variable)
    inner = body[body.index(">", body.index("<svg")) + 1 :].strip()
    inner = re.sub(r"\s*\n\s*", " ", inner)
    width, height = (72 * inches for inches in figure.get_size_inches())
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-description" viewBox="0 0 {width:g} {height:g}"'
        f' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-description">{escape(description)}</desc>{inner}'
    )


def _settle(figure: Figure) -> None:
    """Lay a figure out and round the places of its axes: the solver's last bits differ from time to time."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        x, y, width, height = (round(float(value), 4) for value in axes.get_position().bounds)
        axes.set_position((x, y, width, height))
