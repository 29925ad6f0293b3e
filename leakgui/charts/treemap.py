"""What fills a heap, as rectangles: area is bytes, colour is kind, hatching is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from leakgui.charts.filling import fill_area
from leakgui.charts.palette import fill_of, ground
from leakgui.charts.squarify import Box, squarify
from leakgui.texts import say

MOST_RECTANGLES = 200
"""What is smaller than these comes together as the rest."""
_LEAST_LABEL = QSize(34, 15)
_LABEL_SPACE = 4.0
_DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One rectangle."""

    label: str
    amount: float
    lost: float = 0.0
    """How much of the amount is lost; drawn from below."""
    kind: str = "size"
    """A key of ``palette.FILLS``."""
    text: str = ""
    """What the tooltip and a screen reader say."""
    row: int = -1
    """Of the table it stands for; -1: the rest."""


class Treemap(QWidget):
    """Tiles of given areas; arrows and clicks choose one."""

    chosen = Signal(int)
    """The row of the tile that was chosen; the rest is not announced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: Sequence[Tile] = ()
        self._boxes: list[QRectF] = []
        self._current = -1
        self._is_dark = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 60)
        self.setAccessibleName(say("Treemap"))

    def set_dark(self, dark: bool) -> None:
        """Use the dark palette or the light one."""
        self._is_dark = dark
        self.update()

    @property
    def tiles(self) -> Sequence[Tile]:
        """What is drawn, in the order it was given."""
        return self._tiles

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Draw other tiles; none is chosen."""
        self._tiles = [tile for tile in tiles if tile.amount > 0]
        self._current = -1
        self._place()
        self.setAccessibleDescription(
            say("{n} rectangles; arrow keys choose one", n=len(self._tiles))
        )

    def choose_row(self, row: int) -> None:
        """Mark the tile of a row of the table, without announcing it."""
        places = [place for place, tile in enumerate(self._tiles) if tile.row == row]
        self._mark(places[0] if places else -1)

    # -- placing --------------------------------------------------------------------

    def resizeEvent(self, _: object) -> None:
        self._place()

    def _place(self) -> None:
        room = Box(0.0, 0.0, float(self.width()), float(self.height()))
        sizes = [tile.amount for tile in self._tiles]
        order = sorted(range(len(sizes)), key=lambda place: -sizes[place])
        placed = squarify([sizes[place] for place in order], room)
        boxes = dict(zip(order, placed, strict=True))
        self._boxes = [QRectF(*boxes[place]) for place in range(len(sizes))]
        self.update()

    def _tile_at(self, place: QPointF) -> int:
        for number, box in enumerate(self._boxes):
            if box.contains(place):
                return number
        return -1

    # -- choosing -------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(self._tile_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to the next tile in the direction of the arrow; Home is the first."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Home or (key in _DIRECTIONS and self._current < 0):
            self._choose(0)
        elif key in _DIRECTIONS:
            self._choose(self._neighbour(*_DIRECTIONS[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def _neighbour(self, right: int, down: int) -> int:
        """Return the nearest tile on that side; sideways counts twice."""
        here = self._boxes[self._current].center()
        nearest, least = self._current, float("inf")
        for number, box in enumerate(self._boxes):
            step = box.center() - here
            ahead = step.x() * right + step.y() * down
            aside = abs(step.x() * down) + abs(step.y() * right)
            if ahead > 0.5 and ahead + 2 * aside < least:
                nearest, least = number, ahead + 2 * aside
        return nearest

    def _choose(self, number: int) -> None:
        if not 0 <= number < len(self._tiles):
            return
        self._mark(number)
        if self._tiles[number].row >= 0:
            self.chosen.emit(self._tiles[number].row)

    def _mark(self, number: int) -> None:
        self._current = number
        text = self._tiles[number].text if number >= 0 else ""
        self.setAccessibleName(say("Treemap") + (f": {text}" if text else ""))
        QAccessible.updateAccessibility(
            QAccessibleEvent(self, QAccessible.Event.NameChanged)
        )
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._tile_at(QPointF(event.pos()))
            text = self._tiles[number].text if number >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    # -- drawing --------------------------------------------------------------------

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        for tile, box in zip(self._tiles, self._boxes, strict=True):
            self._draw(painter, tile, box)
        if 0 <= self._current < len(self._boxes):
            pen = QPen(self.palette().highlight().color(), 3)
            if self.hasFocus():
                pen.setColor(QColor(ground(self._is_dark).text))
            painter.setPen(pen)
            painter.drawRect(self._boxes[self._current].adjusted(1.5, 1.5, -2, -2))

    def _draw(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        colors = ground(self._is_dark)
        fill_area(painter, box, fill_of(tile.kind), self._is_dark)
        if tile.lost > 0:
            deep = box.height() * min(tile.lost / tile.amount, 1.0)
            lost = QRectF(box.left(), box.bottom() - deep, box.width(), deep)
            fill_area(painter, lost, fill_of("lost"), self._is_dark)
        painter.setPen(QColor(colors.axis))
        painter.drawRect(box.adjusted(0, 0, -0.5, -0.5))
        if box.width() < _LEAST_LABEL.width() or box.height() < _LEAST_LABEL.height():
            return
        room = box.adjusted(_LABEL_SPACE, 1.0, -_LABEL_SPACE, -1.0)
        metrics = painter.fontMetrics()
        label = metrics.elidedText(
            tile.label, Qt.TextElideMode.ElideMiddle, int(room.width())
        )
        painter.setPen(QColor(colors.text))
        painter.drawText(
            room, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, label
        )
