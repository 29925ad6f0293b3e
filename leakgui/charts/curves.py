"""From a strip of least and greatest values to a line on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEngine, QPainter

from leakgui.analysis.envelope import Strip
from leakgui.model.metric import METRIC_BY_KEY, Tier
from leakgui.model.recording import Floats, TimeGap


def is_slow(key: str) -> bool:
    """Whether seconds lie between two readings, in which nobody knows the way."""
    metric = METRIC_BY_KEY.get(key)
    return metric is not None and metric.tier is not Tier.COUNTERS


def as_line(strip: Strip, *, in_steps: bool = False) -> tuple[Floats, Floats]:
    """Return times and values of one line that goes through every low and high.

    ``in_steps`` keeps a value until the next reading: a slanted line between slow
    readings would tell of a rise before there was one.
    """
    if np.array_equal(strip.low, strip.high, equal_nan=True):
        if not in_steps:
            return strip.elapsed_s, strip.low
        return _as_steps(strip.elapsed_s, strip.low)
    times = np.repeat(strip.elapsed_s, 2)
    values = np.empty(len(times))
    values[0::2], values[1::2] = strip.low, strip.high
    return times, values


def _as_steps(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return corners: (t0, v0), (t1, v0), (t1, v1), ...; none leads into a gap."""
    corners, levels = np.repeat(times, 2)[1:], np.repeat(values, 2)[:-1]
    corners[1::2] = np.where(np.isnan(values[1:]), times[:-1], times[1:])
    return corners, levels


def broken_at(
    times: Floats, values: Floats, gaps: Sequence[TimeGap]
) -> tuple[Floats, Floats]:
    """Return the line with a break in every gap, so that nothing bridges it."""
    if not gaps or not len(times):
        return times, values
    starts = np.array([gap.from_s for gap in gaps])
    # Right of a start that is itself a reading: that reading belongs to the line.
    places = np.searchsorted(times, starts, side="right")
    return np.insert(times, places, starts), np.insert(values, places, np.nan)


def gaps_of(key: str, gaps: Iterable[TimeGap]) -> list[TimeGap]:
    """Return the gaps in which this metric has no readings."""
    return [gap for gap in gaps if not gap.metrics or key in gap.metrics]


class Curve(pg.PlotCurveItem):
    """A line one pixel wide, drawn in pixels where the file keeps few digits."""

    _bounds = QRectF()

    def show_line(self, times: Floats, values: Floats) -> None:
        """Draw this line from now on."""
        has_breaks = bool(np.isnan(values).any())
        known = values[~np.isnan(values)] if has_breaks else values
        self._bounds = QRectF()
        if len(known):
            low, high = float(known.min()), float(known.max())
            span_s = float(times[-1] - times[0])
            # Never empty: Qt leaves out an item without a height.
            self._bounds = QRectF(times[0], low, span_s, max(high - low, 1.0))
        self.setData(
            times,
            values,
            connect="finite" if has_breaks else "all",
            skipFiniteCheck=not has_breaks,
        )

    def boundingRect(self) -> QRectF:
        """Return what was found while setting: pyqtgraph looks several times."""
        return self._bounds

    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:  # noqa: ANN401
        """Draw as pyqtgraph does, but turn bytes and seconds into pixels for SVG.

        QSvgGenerator writes six digits of a number, too few for 2,592,000.1 s.
        """
        if painter.paintEngine().type() != QPaintEngine.Type.SVG:
            super().paint(painter, option, widget)
            return
        path = painter.worldTransform().map(self.getPath())
        painter.save()
        painter.resetTransform()
        painter.setPen(self.opts["pen"])
        painter.drawPath(path)
        painter.restore()
