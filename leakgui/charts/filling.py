"""Fill an area with the colour of its kind, hatched where that kind is lost."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from leakgui.charts.palette import Fill, ground

_HATCH_ALPHA = 70
"""Faint enough for the text that stands on it."""


def fill_area(
    painter: QPainter,
    area: QRectF,
    fill: Fill,
    dark: bool,  # light or dark
) -> None:
    """Fill an area; colour is never the only sign of what is lost."""
    painter.fillRect(area, fill.color(dark))
    if fill.is_hatched:
        ink = QColor(ground(dark).text)
        ink.setAlpha(_HATCH_ALPHA)
        painter.fillRect(area, QBrush(ink, Qt.BrushStyle.BDiagPattern))
