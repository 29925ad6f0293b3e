"""One metric with the part that was judged shaded, for the Evidence page."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.analysis.envelope import Envelope
from leakgui.charts.curves import as_line, is_slow
from leakgui.charts.palette import style_of
from leakgui.charts.time_plot import TimePlot
from leakgui.charts.value_range import fitting_range
from leakgui.charts.wording import Wording, describe_curve
from leakgui.model.metric import Metric
from leakgui.model.recording import Series
from leakgui.texts import say

_HEIGHT = 150
_CONTEXT_SHARE = 0.1
_DESCRIBED_POINTS = 256


class SmallPlot(QWidget):
    """A still plot of one series; the part before and after is shown for context."""

    def __init__(self, metric: Metric, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._metric = metric
        self._envelope: Envelope | None = None
        self._shown = (0.0, 1.0)
        self._judged = (0.0, 1.0)
        self._started_unix_s = 0.0
        self._is_dark = False
        self.plot = TimePlot(metric.unit)
        self.plot.setAccessibleName(say("Plot: {title}", title=say(metric.label)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.setFixedHeight(_HEIGHT)

    def set_dark(self, dark: bool) -> None:
        """Use the dark palette or the light one."""
        self._is_dark = dark
        self.plot.set_dark(dark)
        self._draw()

    def set_data(
        self, series: Series, from_s: float, to_s: float, started_unix_s: float
    ) -> None:
        """Draw the series and shade the judged part (elapsed seconds)."""
        self._envelope = Envelope.of(series)
        self._judged = (from_s, to_s)
        self._started_unix_s = started_unix_s
        self.plot.set_start(started_unix_s)
        room = max(to_s - from_s, 1.0) * _CONTEXT_SHARE
        self._shown = (max(from_s - room, 0.0), to_s + room)
        self.setAccessibleDescription(self.describe())
        self.plot.setAccessibleDescription(self.describe())
        self._draw()

    def describe(self) -> str:
        """Say in words what the judged part does."""
        if self._envelope is None:
            return ""
        strip = self._envelope.between(*self._judged, _DESCRIBED_POINTS)
        return describe_curve(self._metric, strip, self._started_unix_s, Wording())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        decor = self.plot.decor
        if self._envelope is None or not len(self._envelope):
            decor.message = say("No readings")
            self.plot.redraw()
            return
        decor.message, decor.shade = "", self._judged
        strip = self._envelope.between(*self._shown, self.plot.width_px())
        curve = self.plot.curve(self._metric.key)
        curve.setPen(style_of(self._metric.key).pen(self._is_dark))
        times, values = as_line(strip, in_steps=is_slow(self._metric.key))
        curve.show_line(times, values)
        bounds = curve.boundingRect()
        self.plot.show_times(*self._shown)
        self.plot.show_values(
            fitting_range(bounds.top(), bounds.bottom(), self._metric.unit)
        )
        self.plot.redraw()
