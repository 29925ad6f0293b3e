"""What the readings are of: the newest moment, the one under the mouse, or a span."""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.charts.plot_row import PlotRow
from leakgui.charts.readout import Readout, gap_cause
from leakgui.charts.source import PlotSource

Span = tuple[float, float]


class Cursor:
    """Moves the crosshair and the shaded span through all rows at once."""

    def __init__(self, rows: Sequence[PlotRow], readout: Readout) -> None:
        self._rows = rows
        self._readout = readout
        self._source: PlotSource | None = None
        self._moment_s: float | None = None
        self._measured: Span | None = None

    def set_source(self, source: PlotSource | None) -> None:
        """Read from another recording; what was measured in the old one is gone."""
        self._source = source
        self._moment_s = self._measured = None
        self.shade(None)

    def look_at(self, elapsed_s: float) -> None:
        """Read out the values at a moment."""
        self._moment_s = elapsed_s
        cause = gap_cause(self._source, elapsed_s) if self._source else ""
        for row in self._rows:
            row.plot.move_crosshair(elapsed_s)
            row.plot.setToolTip(cause)
        self.show_readings()

    def look_away(self) -> None:
        """Read out the newest values again."""
        self._moment_s = None
        for row in self._rows:
            row.plot.move_crosshair(None)
        self.show_readings()

    def measure(self, from_s: float, to_s: float) -> None:
        """Shade a span and read out what changed over it."""
        self._measured = (from_s, to_s)
        self.shade(self._measured)
        self.show_readings()

    def forget_measure(self) -> None:
        """Read out moments again."""
        self._measured = None
        self.shade(None)
        self.show_readings()

    def shade(self, span: Span | None) -> None:
        """Shade a part of time in every row, or none."""
        for row in self._rows:
            row.plot.decor.shade = span
            row.plot.redraw()

    def show_readings(self) -> None:
        """Write into every legend, and say above them of when it is."""
        for row in self._rows:
            if self._measured is not None:
                row.show_changes(*self._measured)
            else:
                row.show_readings(self._moment_s)
        self._say_of_when()

    def _say_of_when(self) -> None:
        if self._source is None:
            self._readout.say_nothing()
        elif self._measured is not None:
            changes = [
                row.change_text(*self._measured) for row in self._rows if row.is_open
            ]
            self._readout.say_span(*self._measured, changes)
        elif self._moment_s is not None:
            self._readout.say_moment(self._source, self._moment_s)
        else:
            self._readout.say_latest(self._source)
