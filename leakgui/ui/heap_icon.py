"""The mark of a snapshot that holds the heap: blocks, one of them apart."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from leakgui.charts.filling import fill_area
from leakgui.charts.palette import fill_of, ground

_SIDE = 16
_BLOCKS = (
    ("in-use", QRectF(1, 8, 6, 6)),
    ("in-use", QRectF(9, 8, 6, 6)),
    ("lost", QRectF(5, 1, 6, 6)),
)


@cache
def heap_icon(dark: bool) -> QIcon:  # light or dark
    """Return the mark, sharp at every scale of the screen."""
    icon = QIcon()
    for scale in (1, 2, 3):
        picture = QPixmap(_SIDE * scale, _SIDE * scale)
        picture.fill(Qt.GlobalColor.transparent)
        picture.setDevicePixelRatio(scale)
        painter = QPainter(picture)
        painter.setPen(QColor(ground(dark).axis))
        for kind, area in _BLOCKS:
            fill_area(painter, area, fill_of(kind), dark)
            painter.drawRect(area)
        painter.end()
        icon.addPixmap(picture)
    return icon
