"""The frame of one plot: where a moment and a value lie in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF


@dataclass(frozen=True, slots=True)
class PlotArea:
    """A rectangle in pixels and the part of time and values it shows."""

    rect: QRectF
    from_s: float
    to_s: float
    low: float
    high: float

    def x_of(self, elapsed_s: float) -> float:
        share = (elapsed_s - self.from_s) / (self.to_s - self.from_s)
        return self.rect.left() + share * self.rect.width()

    def y_of(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.rect.bottom() - share * self.rect.height()

    def time_at(self, x: float) -> float:
        """Return the moment under a pixel, at an edge where it lies outside."""
        share = (x - self.rect.left()) / max(self.rect.width(), 1.0)
        return self.from_s + min(max(share, 0.0), 1.0) * (self.to_s - self.from_s)

    def columns(self, from_s: float, to_s: float) -> QRectF:
        """Return the full-height band of a span, at least one pixel wide."""
        left = min(max(self.x_of(from_s), self.rect.left()), self.rect.right())
        right = min(max(self.x_of(to_s), self.rect.left()), self.rect.right())
        width = max(right - left, 1.0)
        return QRectF(left, self.rect.top(), width, self.rect.height())

    def shows_any_of(self, from_s: float, to_s: float) -> bool:
        return to_s >= self.from_s and from_s <= self.to_s
