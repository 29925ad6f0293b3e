"""A thin strip above the first plot with the labels of the markers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from leakgui.charts.markers import Marker, place_labels
from leakgui.charts.palette import LIGHT, Ground
from leakgui.charts.plot_area import PlotArea
from leakgui.model.recording import EventKind

_FLAG_MARGIN_PX = 4.0
_NEAR_PX = 8.0


class MarkerStrip(QWidget):
    """Numbered flags of snapshots, names of steps and notes, the target's end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._markers: Sequence[Marker] = ()
        self._area: PlotArea | None = None
        self._ground: Ground = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height() + 3)

    def set_ground(self, ground: Ground) -> None:
        self._ground = ground
        self.update()

    def show_markers(self, markers: Sequence[Marker], area: PlotArea) -> None:
        """Label these markers above the plot that fills this area."""
        if (list(markers), area) != (list(self._markers), self._area):
            self._markers, self._area = markers, area
            self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.tip_at(event.pos().x()))
        return super().event(event)

    def tip_at(self, x: float) -> str:
        """Return what the markers near this pixel column say."""
        area = self._area
        if area is None:
            return ""
        near = [m for m in self._markers if abs(area.x_of(m.elapsed_s) - x) <= _NEAR_PX]
        return "\n".join(marker.tip for marker in near)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  # Qt's signature
        if self._area is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._ground.plot))
        metrics = self.fontMetrics()
        positions = [self._area.x_of(marker.elapsed_s) for marker in self._markers]
        widths = [
            metrics.horizontalAdvance(marker.label) + 2 * _FLAG_MARGIN_PX
            for marker in self._markers
        ]
        right_end = self._area.rect.right()
        lefts = place_labels(self._markers, positions, widths, right_end)
        for marker, left, width in zip(self._markers, lefts, widths, strict=True):
            if left is not None:
                self._paint_flag(painter, marker, left, width)

    def _paint_flag(
        self, painter: QPainter, marker: Marker, left: float, width: float
    ) -> None:
        flag = QRectF(left, 1, width, self.height() - 2)
        ink = QColor(self._ground.text)
        if marker.kind is EventKind.SNAPSHOT:
            painter.fillRect(flag, QColor(self._ground.marker))
            ink = QColor(self._ground.plot)
        painter.setPen(ink)
        base = (self.height() + self.fontMetrics().ascent()) / 2 - 1.5
        painter.drawText(QPointF(left + _FLAG_MARGIN_PX, base), marker.label)
