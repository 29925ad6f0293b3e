"""What the mouse means over a plot: zoom, pan, measure, look."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent

from leakgui.charts.time_plot import TimePlot

_LEAST_DRAG_PX = 4.0
_ZOOM_A_NOTCH = 0.8
_PAN_A_NOTCH = 0.1
_NOTCH = 120.0


class _Drag(Enum):
    NONE = auto()
    ZOOM = auto()
    MEASURE = auto()
    PAN = auto()


class Gestures(QObject):
    """Reads the mouse over one plot.

    Drag chooses a part of time, shift-drag measures, the middle button pans, the
    wheel zooms at the cursor, shift and wheel pan, a double click goes back.
    """

    hovered = Signal(float)
    left = Signal()
    choosing = Signal(float, float)
    """While the button is down: the part that would be zoomed into."""
    chosen = Signal(float, float)
    measured = Signal(float, float)
    dropped = Signal()
    """A click, or a drag that was too short: nothing is chosen or measured."""
    zoomed = Signal(float, float)
    """Factor of the span, and the moment that stays where it is."""
    panned = Signal(float)
    """Share of the span, negative is backwards."""
    reset = Signal()

    def __init__(self, plot: TimePlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._drag = _Drag.NONE
        self._origin = QPointF()
        self._last = QPointF()
        plot.viewport().setMouseTracking(True)
        plot.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take mouse events away from pyqtgraph, which would look for items there."""
        if isinstance(event, QMouseEvent):
            return self._mouse(event)
        if isinstance(event, QWheelEvent):
            return self._wheel(event)
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        return super().eventFilter(watched, event)

    def _mouse(self, event: QMouseEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            return self._press(event)
        if event.type() == QEvent.Type.MouseMove:
            return self._move(event)
        if event.type() == QEvent.Type.MouseButtonRelease:
            return self._release(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = _Drag.NONE
            self.reset.emit()
        return True

    def _press(self, event: QMouseEvent) -> bool:
        self._origin = self._last = event.position()
        self._drag = _meaning(event)
        return self._drag is not _Drag.NONE

    def _move(self, event: QMouseEvent) -> bool:
        here = self._plot.area().time_at(event.position().x())
        self.hovered.emit(here)
        if self._drag is _Drag.PAN:
            self._pan_to(event.position())
        elif self._drag is not _Drag.NONE and self._is_long(event):
            signal = self.choosing if self._drag is _Drag.ZOOM else self.measured
            signal.emit(*self._part(event))
        return True

    def _pan_to(self, position: QPointF) -> None:
        width = max(self._plot.area().rect.width(), 1.0)
        self.panned.emit((self._last.x() - position.x()) / width)
        self._last = position

    def _release(self, event: QMouseEvent) -> bool:
        drag, self._drag = self._drag, _Drag.NONE
        if drag in {_Drag.ZOOM, _Drag.MEASURE}:
            if not self._is_long(event):
                self.dropped.emit()
            elif drag is _Drag.ZOOM:
                self.chosen.emit(*self._part(event))
        return drag is not _Drag.NONE

    def _is_long(self, event: QMouseEvent) -> bool:
        return abs(event.position().x() - self._origin.x()) >= _LEAST_DRAG_PX

    def _part(self, event: QMouseEvent) -> tuple[float, float]:
        area = self._plot.area()
        first = area.time_at(self._origin.x())
        second = area.time_at(event.position().x())
        return min(first, second), max(first, second)

    def _wheel(self, event: QWheelEvent) -> bool:
        turn = event.angleDelta()
        notches = (turn.y() or turn.x()) / _NOTCH
        is_pan = event.modifiers() & Qt.KeyboardModifier.ShiftModifier or not turn.y()
        if is_pan:
            self.panned.emit(-notches * _PAN_A_NOTCH)
        else:
            at_s = self._plot.area().time_at(event.position().x())
            self.zoomed.emit(_ZOOM_A_NOTCH**notches, at_s)
        return True


def _meaning(event: QMouseEvent) -> _Drag:
    if event.button() == Qt.MouseButton.MiddleButton:
        return _Drag.PAN
    if event.button() != Qt.MouseButton.LeftButton:
        return _Drag.NONE
    is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    return _Drag.MEASURE if is_shifted else _Drag.ZOOM
