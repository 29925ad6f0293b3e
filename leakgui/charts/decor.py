"""What is painted behind and before the curves of one plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from leakgui.charts.limit_lines import LimitLine
from leakgui.charts.palette import LIGHT, LIMIT_STYLE, Ground
from leakgui.charts.plot_area import PlotArea
from leakgui.model.recording import TimeGap

Span = tuple[float, float]

_SHADE_ALPHA = 46
_LABEL_MARGIN = 4.0


@dataclass(slots=True)
class Decor:
    """Everything in a plot that is not a curve."""

    ground: Ground = LIGHT
    is_dark: bool = False
    grid: Sequence[float] = ()
    gaps: Sequence[TimeGap] = ()
    markers: Sequence[float] = ()
    """Elapsed seconds of thin vertical lines."""
    ends: Sequence[float] = ()
    """Elapsed seconds of the thick line at the target's end."""
    limits: Sequence[tuple[LimitLine, str]] = ()
    """Each limit with what is written at it."""
    crosshair_s: float | None = None
    shade: Span | None = None
    """The part of time that is measured, chosen or judged."""
    message: str = ""
    """Said in the middle of a plot without curves."""
    _colors: dict[str, QColor] = field(default_factory=dict)

    def color(self, code: str) -> QColor:
        """Return a colour, made once: this is asked for in every frame."""
        if code not in self._colors:
            self._colors[code] = QColor(code)
        return self._colors[code]


def paint_behind(painter: QPainter, area: PlotArea, decor: Decor) -> None:
    """Paint the grid, the gaps and the shaded part."""
    painter.setPen(QPen(decor.color(decor.ground.grid), 1))
    painter.drawLines(
        [
            QLineF(area.rect.left(), y, area.rect.right(), y)
            for y in map(area.y_of, decor.grid)
        ]
    )
    hatch = QBrush(decor.color(decor.ground.gap), Qt.BrushStyle.BDiagPattern)
    for gap in decor.gaps:
        if area.shows_any_of(gap.from_s, gap.to_s):
            painter.fillRect(area.columns(gap.from_s, gap.to_s), hatch)
    if decor.shade is not None and area.shows_any_of(*decor.shade):
        tint = QColor(decor.ground.shade)
        tint.setAlpha(_SHADE_ALPHA)
        painter.fillRect(area.columns(*decor.shade), tint)


def paint_before(painter: QPainter, area: PlotArea, decor: Decor) -> None:
    """Paint markers, limits, the crosshair and the message."""
    painter.save()
    painter.setClipRect(area.rect)
    _paint_lines(painter, area, decor)
    _paint_limits(painter, area, decor)
    if decor.message:
        _paint_message(painter, area, decor)
    painter.restore()


def _paint_message(painter: QPainter, area: PlotArea, decor: Decor) -> None:
    how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    place = painter.boundingRect(area.rect, how, decor.message)
    painter.fillRect(
        place.adjusted(-8, -3, 8, 3), decor.color(decor.ground.plot)
    )  # gaps behind it are hatched
    painter.setPen(decor.color(decor.ground.dim_text))
    painter.drawText(area.rect, how, decor.message)


def _paint_lines(painter: QPainter, area: PlotArea, decor: Decor) -> None:
    painter.setPen(QPen(decor.color(decor.ground.marker), 1, Qt.PenStyle.DotLine))
    painter.drawLines([_column(area, moment) for moment in decor.markers])
    painter.setPen(QPen(decor.color(decor.ground.text), 2))
    painter.drawLines([_column(area, moment) for moment in decor.ends])
    if decor.crosshair_s is not None:
        painter.setPen(QPen(decor.color(decor.ground.text), 1))
        painter.drawLine(_column(area, decor.crosshair_s))


def _column(area: PlotArea, moment: float) -> QLineF:
    x = round(area.x_of(moment)) + 0.5
    return QLineF(x, area.rect.top(), x, area.rect.bottom())


def _paint_limits(painter: QPainter, area: PlotArea, decor: Decor) -> None:
    height = QFontMetricsF(painter.font()).height()
    ceiling = area.rect.top()
    for text in (text for line, text in decor.limits if not line.is_in_sight):
        _paint_label(painter, area, decor, text, ceiling)
        ceiling += height
    for line, text in decor.limits:
        if line.is_in_sight:
            y = round(area.y_of(line.value)) + 0.5
            pen = LIMIT_STYLE.pen(decor.is_dark)
            pen.setCosmetic(False)  # nothing is scaled here but for the screen
            painter.setPen(pen)
            painter.drawLine(QLineF(area.rect.left(), y, area.rect.right(), y))
            above = y - height - 1
            _paint_label(
                painter, area, decor, text, above if above >= ceiling else y + 2
            )


def _paint_label(
    painter: QPainter, area: PlotArea, decor: Decor, text: str, top: float
) -> None:
    """Write at the right edge on a ground that keeps curves from crossing it."""
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(text)
    left = area.rect.right() - width - _LABEL_MARGIN
    painter.fillRect(
        QRectF(left - 2, top, width + 4, metrics.height()),
        decor.color(decor.ground.plot),
    )
    painter.setPen(decor.color(decor.ground.text))
    painter.drawText(QPointF(left, top + metrics.ascent()), text)
