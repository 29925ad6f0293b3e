"""One name of a legend: how its curve looks, what it is called, what it reads."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from leakgui.charts.palette import style_of
from leakgui.model.metric import Metric
from leakgui.texts import say

_SAMPLE_PX = 24
_SPACE_PX = 5
_WIDEST_BYTES = "−1,023 MiB"
_WIDEST_COUNT = "−99,999"


class LegendEntry(QAbstractButton):
    """A name that hides and shows its curve and holds the readout beside it.

    Its width never changes with the reading, so that nothing jumps.
    """

    def __init__(self, metric: Metric, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry_metric = metric
        self._style = style_of(metric.key)
        self._is_dark = False
        self.reading = ""
        self.setText(say(metric.label))
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_note("")

    def set_dark(self, dark: bool) -> None:
        self._is_dark = dark
        self.update()

    def set_reading(self, reading: str) -> None:
        """Show this value beside the name."""
        if reading != self.reading:
            self.reading = reading
            self.setAccessibleName(f"{self.text()} {reading}")
            self.update()

    def set_note(self, note: str) -> None:
        """Say in the tooltip what the metric means, and the note below it."""
        meaning = say(self.entry_metric.meaning)
        action = say("Click to hide or show the curve.")
        self.setToolTip("\n".join(part for part in (meaning, note, action) if part))

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        is_bytes = self.entry_metric.unit == "bytes"
        value = metrics.horizontalAdvance(_WIDEST_BYTES if is_bytes else _WIDEST_COUNT)
        name = metrics.horizontalAdvance(self.text())
        return QSize(
            _SAMPLE_PX + name + value + 3 * _SPACE_PX, max(metrics.height() + 4, 18)
        )

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  # Qt's signature
        painter = QPainter(self)
        middle = self.height() / 2
        if self.isChecked():
            painter.setPen(self._sample_pen())
            painter.drawLine(QLineF(2, middle, _SAMPLE_PX, middle))
        self._paint_texts(painter)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _sample_pen(self) -> QPen:
        pen = self._style.pen(self._is_dark)
        # Twice as wide as the curve, dashes kept as long: they are pen widths.
        pen.setCosmetic(False)
        pen.setWidthF(2)
        if self._style.dashes:
            pen.setDashPattern([length / 2 for length in self._style.dashes])
        return pen

    def _paint_texts(self, painter: QPainter) -> None:
        metrics = self.fontMetrics()
        base = (self.height() + metrics.ascent() - metrics.descent()) / 2
        left = _SAMPLE_PX + _SPACE_PX
        role = QPalette.ColorRole.WindowText
        if not self.isChecked():
            role = QPalette.ColorRole.PlaceholderText
        painter.setPen(self.palette().color(role))
        font = painter.font()
        font.setStrikeOut(not self.isChecked())
        painter.setFont(font)
        painter.drawText(QPointF(left, base), self.text())
        font.setStrikeOut(False)
        font.setBold(True)
        painter.setFont(font)
        left += metrics.horizontalAdvance(self.text()) + _SPACE_PX
        painter.drawText(QPointF(left, base), self.reading)
