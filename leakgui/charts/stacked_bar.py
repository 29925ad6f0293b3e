"""One bar in parts: what something consists of, drawn to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from leakgui.charts.filling import fill_area
from leakgui.charts.palette import fill_of, ground

_HEIGHT = 18
_LEAST_PX = 2.0
"""What is there is seen, however little it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the whole; a negative amount is not drawn."""

    kind: str
    """A key of ``palette.FILLS``."""
    amount: float
    text: str
    """What the tooltip says."""


class StackedBar(QWidget):
    """Parts beside each other, in the order they were given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: Sequence[Part] = ()
        self._is_dark = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, _HEIGHT)

    def set_dark(self, dark: bool) -> None:
        """Use the dark palette or the light one."""
        self._is_dark = dark
        self.update()

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Draw other parts; screen readers are told all of them."""
        self._parts = [part for part in parts if part.amount > 0]
        self.setAccessibleDescription("; ".join(part.text for part in parts))
        self.update()

    def areas(self) -> list[QRectF]:
        """Return where each drawn part lies; the last ends where the bar ends."""
        total = sum(part.amount for part in self._parts)
        if total <= 0:
            return []
        room = max(self.width() - _LEAST_PX * len(self._parts), 0.0)
        left, found = 0.0, []
        for part in self._parts:
            width = _LEAST_PX + room * part.amount / total
            found.append(QRectF(left, 0.0, width, float(self.height())))
            left += width
        return found

    def part_at(self, place: QPointF) -> Part | None:
        """Return the part under a point."""
        for part, area in zip(self._parts, self.areas(), strict=True):
            if area.contains(place):
                return part
        return None

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            part = self.part_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), part.text if part else "", self)
            return True
        return super().event(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        colors = ground(self._is_dark)
        for part, area in zip(self._parts, self.areas(), strict=True):
            fill_area(painter, area, fill_of(part.kind), self._is_dark)
        painter.setPen(QColor(colors.axis))
        for area in self.areas()[1:]:
            painter.drawLine(area.topLeft(), area.bottomLeft())
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
