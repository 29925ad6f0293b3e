"""Rows of types and sizes as tiles of a treemap."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from leakgui.charts.treemap import MOST_RECTANGLES, Tile
from leakgui.formatting import format_bytes, format_count
from leakgui.model.heap import TypeKind
from leakgui.ui.heap_groups import By, SummedBlocks
from leakgui.ui.heap_words import size_text, type_text


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("HeapTiles", text)


def heap_tiles(rows: SummedBlocks, by: By) -> list[Tile]:
    """Return a tile for each of the first rows, and one for all the others."""
    shown = min(len(rows), MOST_RECTANGLES)
    tiles = [_tile(rows, row, by) for row in range(shown)]
    rest = len(rows) - shown
    if rest:
        amount = float(rows.bytes[shown:].sum())
        label = tr("{n} others").format(n=format_count(rest))
        tiles.append(
            Tile(
                label=label,
                amount=amount,
                lost=float(rows.lost_bytes[shown:].sum()),
                kind="rest",
                text=f"{label}: {format_bytes(amount)}",
            )
        )
    return tiles


def _tile(rows: SummedBlocks, row: int, by: By) -> Tile:
    label, lost = _label(rows, row, by), float(rows.lost_bytes[row])
    text = tr("{label}: {size} in {count} blocks").format(
        label=label,
        size=format_bytes(float(rows.bytes[row])),
        count=format_count(float(rows.count[row])),
    )
    if lost:
        text += tr(", {size} of them lost").format(size=format_bytes(lost))
    return Tile(
        label=label,
        amount=float(rows.bytes[row]),
        lost=lost,
        kind=TypeKind.SIZE.value if by is By.SIZE else rows.type_kind[row],
        text=text,
        row=row,
    )


def _label(rows: SummedBlocks, row: int, by: By) -> str:
    size = size_text(int(rows.least_bytes[row]), int(rows.most_bytes[row]))
    name = rows.type_name[row]
    if by is By.SIZE or (by is By.TYPE_AND_SIZE and not name):
        return size
    return type_text(name) if by is By.TYPE else f"{type_text(name)} · {size}"
