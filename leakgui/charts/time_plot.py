"""One plot: curves over time in a frame, with what is painted around them."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QMargins, QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsGridLayout, QWidget

from leakgui.charts.axes import ByteAxis, TimeAxis, ValueAxis
from leakgui.charts.curves import Curve
from leakgui.charts.decor import Decor, paint_before, paint_behind
from leakgui.charts.palette import ground
from leakgui.charts.plot_area import PlotArea
from leakgui.charts.value_range import Range
from leakgui.model.metric import Unit

_RIGHT_MARGIN = 10
_TOP_MARGIN = 4


class TimePlot(pg.GraphicsView):
    """Curves, a value axis at the left and, where asked for, a time axis below.

    Built from pyqtgraph's parts without its PlotItem, whose menus and controls
    are not used here and would take most of the time that building takes.
    """

    def __init__(self, unit: Unit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.decor = Decor()
        self.values: Range | None = None
        self._curves: dict[str, Curve] = {}
        self._view = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0)
        self._view.disableAutoRange()
        self._view.sigResized.connect(self._follow_size)
        self.value_axis = ByteAxis() if unit is Unit.BYTES else ValueAxis()
        self.time_axis = TimeAxis()
        # pyqtgraph caches the background; here it moves with the data. And it paints
        # when a curve changes, in pieces: here redraw() paints all, once a frame.
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)
        self._lay_out()
        self.set_dark(dark=False)

    def _lay_out(self) -> None:
        frame = pg.GraphicsWidget()
        grid = QGraphicsGridLayout()
        grid.setContentsMargins(0, _TOP_MARGIN, _RIGHT_MARGIN, 2)
        grid.setSpacing(0)
        grid.addItem(self.value_axis, 0, 0)
        grid.addItem(self._view, 0, 1)
        grid.addItem(self.time_axis, 1, 1)
        frame.setLayout(grid)
        self.value_axis.linkToView(self._view)
        self.time_axis.linkToView(self._view)
        self.setCentralItem(frame)
        self.setMinimumHeight(48)

    def set_dark(self, dark: bool) -> None:
        """Use the colours of the dark plot or the light one."""
        self.decor.is_dark, self.decor.ground = dark, ground(dark)
        self.setBackground(self.decor.ground.plot)
        font = self.font()
        for axis in (self.value_axis, self.time_axis):
            axis.set_ground(self.decor.ground, font)
        self.redraw()

    def set_decimal(self, decimal: bool) -> None:
        """Label bytes in kB, MB, GB."""
        if isinstance(self.value_axis, ByteAxis):
            self.value_axis.decimal = decimal
            self._forget_axis_picture()

    def _forget_axis_picture(self) -> None:
        self.value_axis.picture = None
        self.value_axis.update()

    def show_time_axis(self, visible: bool) -> None:
        """Write times below this plot; only the lowest of a stack does."""
        self.time_axis.setStyle(showValues=visible)

    def set_start(self, started_unix_s: float) -> None:
        """Say which wall-clock time elapsed second 0 is."""
        self.time_axis.started_unix_s = started_unix_s
        self.time_axis.picture = None
        self.time_axis.update()

    def show_times(self, from_s: float, to_s: float) -> None:
        """Show this part of time."""
        self._view.setXRange(from_s, to_s, padding=0)

    def show_values(self, values: Range) -> None:
        """Show this part of the value axis."""
        if values != self.values:
            self.values = values
            self.value_axis.setStyle(showValues=True)
            self._view.setYRange(*values, padding=0)
            self._lay_grid()

    def show_no_values(self) -> None:
        """Leave the value axis empty: without a curve its numbers mean nothing."""
        self.values = None
        self.decor.grid = ()
        self.value_axis.setStyle(showValues=False)

    def _lay_grid(self) -> None:
        if self.values is not None:
            height = self._view.sceneBoundingRect().height()
            found = self.value_axis.ticks_between(*self.values, height)
            self.decor.grid = found.values

    def curve(self, key: str) -> Curve:
        """Return the curve of this name, made on first use."""
        if key not in self._curves:
            self._curves[key] = Curve()
            self._view.addItem(self._curves[key], ignoreBounds=True)
        return self._curves[key]

    def curve_keys(self) -> tuple[str, ...]:
        return tuple(self._curves)

    def remove_curve(self, key: str) -> None:
        """Take a curve away; unknown names are no error."""
        curve = self._curves.pop(key, None)
        if curve is not None:
            self._view.removeItem(curve)

    def area(self) -> PlotArea:
        """Return the frame in pixels of this widget with what it shows."""
        (from_s, to_s), (low, high) = self._view.viewRange()
        return PlotArea(self._view.sceneBoundingRect(), from_s, to_s, low, high)

    def width_px(self) -> int:
        """Return how many columns of pixels the curves have."""
        return max(int(self._view.width()), 16)

    def move_crosshair(self, elapsed_s: float | None) -> None:
        """Draw the crosshair elsewhere, repainting only the two columns."""
        before, self.decor.crosshair_s = self.decor.crosshair_s, elapsed_s
        for moment in (before, elapsed_s):
            if moment is not None:
                self._update_column(moment)

    def _update_column(self, moment: float) -> None:
        x = self.area().x_of(moment)
        if math.isfinite(x):
            column = QRect(int(x), 0, 2, self.height())
            self.viewport().update(column.marginsAdded(QMargins(2, 0, 2, 0)))

    def redraw(self) -> None:
        """Paint everything again."""
        self.viewport().update()

    def _follow_size(self) -> None:
        self._lay_grid()
        self.redraw()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawBackground(painter, rect)
        paint_behind(painter, self.area(), self.decor)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawForeground(painter, rect)
        paint_before(painter, self.area(), self.decor)
