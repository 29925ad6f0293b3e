"""Colours and dashes of the plots, light and dark, and the contrast of two colours.

Colours start from Okabe and Ito's palette (https://jfly.uni-koeln.de/color/) and
are darkened on white, or lightened on the dark ground, until a line has a contrast
of 3:1 and text one of 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11). Within one plot no two
metrics share their dashes, so that colour is never the only cue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtGui import QColor, QPen

Dashes = tuple[float, ...]
"""Lengths of dash and space in pixels, in turn; empty is a solid line."""

SOLID: Dashes = ()
DASH: Dashes = (7, 4)
DOT: Dashes = (2, 3)
DASH_DOT: Dashes = (8, 3, 2, 3)
DASH_DOT_DOT: Dashes = (8, 3, 2, 3, 2, 3)
LONG_DASH: Dashes = (14, 5)
SHORT_DASH: Dashes = (4, 3)
TWO_DASHES: Dashes = (9, 3, 4, 3)
SPARSE_DOT: Dashes = (2, 7)
DASH_TWO_DASHES: Dashes = (12, 3, 4, 3, 4, 3)


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How the curve of one metric looks."""

    light: str
    dark: str
    dashes: Dashes = SOLID

    def color(self, dark: bool) -> QColor:  # light or dark
        return QColor(self.dark if dark else self.light)

    def pen(self, dark: bool) -> QPen:  # light or dark
        """Return a pen one pixel wide at every zoom: two would cost twice the time."""
        pen = QPen(self.color(dark), 1)
        pen.setCosmetic(True)
        if self.dashes:
            pen.setDashPattern(self.dashes)
        return pen


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies around and under the curves."""

    plot: str
    text: str
    dim_text: str
    axis: str
    grid: str
    gap: str
    marker: str
    shade: str


LIGHT = Ground(
    plot="#ffffff",
    text="#1b1e23",
    dim_text="#565d67",
    axis="#767d87",
    grid="#e6e8eb",
    gap="#b4bac2",
    marker="#5b6470",
    shade="#0072b2",
)
DARK = Ground(
    plot="#16191d",
    text="#e6e8eb",
    dim_text="#a3abb5",
    axis="#79828d",
    grid="#2a2f36",
    gap="#4a525c",
    marker="#9aa3ae",
    shade="#56b4e9",
)

LIMIT_STYLE = LineStyle("#d55e00", "#ee7a26", DASH_DOT)

_BLUE = ("#0072b2", "#3d9bdc")
_ORANGE = ("#b87700", "#e69f00")
_SKY = ("#2b8cc4", "#8cd0f5")
_GREEN = ("#009e73", "#1fbf92")
_PINK = ("#c2679a", "#cc79a7")
_PURPLE = ("#6a3d9a", "#b39ddb")
_BROWN = ("#8c510a", "#d8a25e")
_OLIVE = ("#7a7200", "#f0e442")
_GREY = ("#5a5a5a", "#b0b0b0")
_INK = ("#2b2f36", "#e0e3e7")

STYLES: Mapping[str, LineStyle] = {
    "rss_bytes": LineStyle(*_BLUE, SOLID),
    "pss_bytes": LineStyle(*_SKY, DOT),
    "uss_bytes": LineStyle(*_ORANGE, DASH),
    "anon_bytes": LineStyle(*_PURPLE, DASH_DOT_DOT),
    "swap_bytes": LineStyle(*_BROWN, LONG_DASH),
    "file_bytes": LineStyle(*_OLIVE, SHORT_DASH),
    "shmem_bytes": LineStyle(*_PINK, TWO_DASHES),
    "vms_bytes": LineStyle(*_GREY, SPARSE_DOT),
    "data_bytes": LineStyle(*_INK, DASH_TWO_DASHES),
    "heap_bytes": LineStyle(*_GREEN, DASH_DOT),
    "stack_bytes": LineStyle(*_PURPLE, SOLID),
    "mappings": LineStyle(*_GREEN, SOLID),
    "threads": LineStyle(*_BLUE, SOLID),
    "handles": LineStyle(*_INK, SOLID),
    "handles_file": LineStyle(*_GREEN, DASH),
    "handles_socket": LineStyle(*_PINK, DOT),
    "handles_pipe": LineStyle(*_BLUE, DASH_DOT),
    "handles_eventfd": LineStyle(*_ORANGE, SHORT_DASH),
    "handles_epoll": LineStyle(*_PURPLE, DASH_DOT_DOT),
    "handles_inotify": LineStyle(*_BROWN, LONG_DASH),
    "handles_timerfd": LineStyle(*_SKY, TWO_DASHES),
    "handles_signalfd": LineStyle(*_OLIVE, SPARSE_DOT),
    "handles_memfd": LineStyle(*_GREY, DASH_TWO_DASHES),
    "handles_device": LineStyle(*_GREY, (1, 2)),
    "handles_other": LineStyle(*_GREY, (20, 4)),
    "sockets_close_wait": LineStyle(*_ORANGE, (16, 3, 2, 3)),
    "sockets_established": LineStyle(*_SKY, (5, 8)),
}
_UNKNOWN_METRIC = LineStyle(*_GREY, SOLID)


@dataclass(frozen=True, slots=True)
class Fill:
    """How an area is filled, light and dark; hatched where it is lost."""

    light: str
    dark: str
    is_hatched: bool = False

    def color(self, dark: bool) -> QColor:  # light or dark
        return QColor(self.dark if dark else self.light)


# Where memory is. Neighbours in a bar differ in lightness as well as in hue, and
# text in the ink of the theme has a contrast of 4.5:1 on every one of them.
FILLS: Mapping[str, Fill] = {
    "in-use": Fill("#7db8e0", "#1f5b8a"),
    "lost": Fill("#f2a65e", "#8c4a10", is_hatched=True),
    "possible": Fill("#f5dc8c", "#6e5b12", is_hatched=True),
    "free": Fill("#cfe3f1", "#2c4458"),
    "overhead": Fill("#aab7c4", "#46525e"),
    "stacks": Fill("#c9b8e4", "#54407c"),
    "files": Fill("#9fd8c1", "#1c5c48"),
    "shared": Fill("#e6bcd4", "#703d5a"),
    "other": Fill("#dcdfe3", "#3a424c"),
    "swapped": Fill("#c4c9b0", "#4c5238", is_hatched=True),
    "kernel": Fill("#d9c3a5", "#5c4526"),
    "class": Fill("#a9cdea", "#254f73"),
    "text": Fill("#b4dfcc", "#1d5645"),
    "size": Fill("#d8dce1", "#39414b"),
    "rest": Fill("#eceef1", "#262b32"),
}
_UNKNOWN_FILL = FILLS["other"]


def fill_of(kind: str) -> Fill:
    """Return how an area of this kind is filled; grey where nobody decided."""
    return FILLS.get(kind, _UNKNOWN_FILL)


def style_of(key: str) -> LineStyle:
    """Return how the curve of this metric looks; grey where nobody decided."""
    return STYLES.get(key, _UNKNOWN_METRIC)


def ground(dark: bool) -> Ground:  # light or dark
    """Return the colours around the curves."""
    return DARK if dark else LIGHT


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lights = sorted((_luminance(QColor(first)), _luminance(QColor(second))))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(color: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.redF(), color.greenF(), color.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
