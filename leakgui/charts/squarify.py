"""Divide a rectangle into smaller ones of given areas, each as square as can be.

Bruls, Huizing and van Wijk: Squarified Treemaps (2000), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle; left and top are its corner."""

    left: float
    top: float
    width: float
    height: float


def squarify(sizes: Sequence[float], room: Box) -> list[Box]:
    """Return one box for each size; together they fill the room.

    Sizes are positive, the largest first; what has no room has boxes of no area.
    """
    total = float(sum(sizes))
    if total <= 0 or room.width <= 0 or room.height <= 0:
        return [Box(room.left, room.top, 0.0, 0.0) for _ in sizes]
    scale = room.width * room.height / total
    areas = [size * scale for size in sizes]
    boxes: list[Box] = []
    begin = 0
    while begin < len(areas):
        side = min(room.width, room.height)
        end = _row_end(areas, begin, side)
        row, room = _lay_row(areas[begin:end], room)
        boxes += row
        begin = end
    return boxes


def _row_end(areas: Sequence[float], begin: int, side: float) -> int:
    """Return where the row that starts at ``begin`` becomes worse by growing."""
    total = areas[begin]
    worst = _worst(areas[begin], areas[begin], total, side)
    for end in range(begin + 1, len(areas)):
        grown = total + areas[end]
        next_worst = _worst(areas[begin], areas[end], grown, side)
        if next_worst > worst:
            return end
        total, worst = grown, next_worst
    return len(areas)


def _worst(largest: float, smallest: float, total: float, side: float) -> float:
    """Return the worst ratio of sides in a row of this area along a side."""
    if smallest <= 0 or total <= 0 or side <= 0:
        return float("inf")
    return max(
        side * side * largest / (total * total),
        total * total / (side * side * smallest),
    )


def _lay_row(areas: Sequence[float], room: Box) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; return it and the room that is left."""
    total = sum(areas)
    left, top, width, height = room
    boxes = []
    if width >= height:
        thick = min(total / height, width) if height > 0 else 0.0
        for area in areas:
            long = area / thick if thick > 0 else 0.0
            boxes.append(Box(left, top, thick, long))
            top += long
        return boxes, Box(room.left + thick, room.top, width - thick, height)
    thick = min(total / width, height) if width > 0 else 0.0
    for area in areas:
        long = area / thick if thick > 0 else 0.0
        boxes.append(Box(left, top, long, thick))
        left += long
    return boxes, Box(room.left, room.top + thick, width, height - thick)
