"""Axes that count in bytes, in things, and in the time of the local clock."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont

from leakgui.charts import ticks
from leakgui.charts.palette import Ground

LEFT_WIDTH = 78
"""Pixels of every left axis, so that the plots of a stack line up."""

_VALUE_TICK_DISTANCE = 26
_TIME_TICK_DISTANCE = 92
_DATE_TICK_DISTANCE = 112
_TOP_PX, _BOTTOM_PX = 5.0, 2.0
"""A tick so near an end would have half of its text cut off."""
_MOST_HALVINGS = 4
_DAY_S = 86400.0


class _Axis(pg.AxisItem):
    """What every axis here has in common: small ticks, no prefixes, own colours."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation=orientation, maxTickLength=-4)
        self.enableAutoSIPrefix(enable=False)

    def set_ground(self, ground: Ground, font: QFont) -> None:
        """Use the colours of a light or dark plot."""
        self.setPen(QColor(ground.axis))
        self.setTextPen(QColor(ground.dim_text))
        self.setTickFont(font)

    def wheelEvent(self, event: Any) -> None:  # noqa: ANN401  # untyped in pyqtgraph
        event.ignore()


class ValueAxis(_Axis):
    """A left axis that counts."""

    def __init__(self) -> None:
        super().__init__("left")
        self.setWidth(LEFT_WIDTH)
        self.setStyle(autoExpandTextSpace=False, tickTextWidth=LEFT_WIDTH - 12)

    def ticks_between(self, low: float, high: float, pixels: float) -> ticks.Ticks:
        """Return the ticks for a part of the axis that is so many pixels long."""
        return ticks.count_ticks(low, high, _most(pixels, _VALUE_TICK_DISTANCE))

    def labels(self, values: ticks.Ticks) -> list[str]:
        """Write the ticks."""
        return ticks.count_labels(values)

    def tickValues(
        self, low: float, high: float, size: float
    ) -> list[tuple[float, list[float]]]:
        pixel = (high - low) / max(size, 1.0)
        first, last = low + _BOTTOM_PX * pixel, high - _TOP_PX * pixel
        # Between two round values of a low plot there is a less round one.
        for finer in range(_MOST_HALVINGS):
            found = self.ticks_between(low, high, size * 2**finer)
            values = [value for value in found.values if first <= value <= last]
            if any(values):
                break
        return [(found.step, values[-1:] if finer else values)]

    def tickStrings(
        self,
        values: list[float],
        scale: float,  # noqa: ARG002  # pyqtgraph's signature
        spacing: float,
    ) -> list[str]:
        return self.labels(ticks.Ticks(spacing, tuple(values)))


class ByteAxis(ValueAxis):
    """A left axis in KiB, MiB, GiB at powers of two; kB, MB, GB when asked."""

    decimal = False

    def ticks_between(self, low: float, high: float, pixels: float) -> ticks.Ticks:
        most = _most(pixels, _VALUE_TICK_DISTANCE)
        return ticks.byte_ticks(low, high, most, decimal=self.decimal)

    def labels(self, values: ticks.Ticks) -> list[str]:
        return ticks.byte_labels(values, decimal=self.decimal)


class TimeAxis(_Axis):
    """A bottom axis in elapsed seconds that shows wall-clock time."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.started_unix_s = 0.0
        self._with_date = False

    def tickValues(
        self, low: float, high: float, size: float
    ) -> list[tuple[float, list[float]]]:
        self._with_date = high - low > _DAY_S
        distance = _DATE_TICK_DISTANCE if self._with_date else _TIME_TICK_DISTANCE
        start = self.started_unix_s
        found = ticks.time_ticks(low + start, high + start, _most(size, distance))
        return [(found.step, [value - start for value in found.values])]

    def tickStrings(
        self,
        values: list[float],
        scale: float,  # noqa: ARG002  # pyqtgraph's signature
        spacing: float,
    ) -> list[str]:
        moments = [value + self.started_unix_s for value in values]
        return ticks.time_labels(moments, spacing, with_date=self._with_date)


def _most(pixels: float, distance: int) -> int:
    return max(int(pixels / distance), 1)
