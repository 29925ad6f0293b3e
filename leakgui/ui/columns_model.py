"""Columns in a Qt table: sorted and filtered by an order array, never row by row.

A proxy model asks Python for every cell it compares (12 s for 100,000 rows); an
argsort of a NumPy column takes a tenth of a second for a million.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor

from leakgui.model.text_column import TextColumn

Index = QModelIndex | QPersistentModelIndex
Order = npt.NDArray[np.intp]
_NOWHERE = QModelIndex()
# setAlignment wants a plain number: the enum costs a conversion for every cell.
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: its values and how to write them.

    Numbers are right-aligned; NaN sorts last in both directions.
    """

    title: str
    values: npt.NDArray[Any] | TextColumn
    write: Callable[[Any], str] = str
    exact: Callable[[Any], str] | None = None
    """What the tooltip says, where it is more than the cell."""
    colour: Callable[[Any], QColor | None] | None = None
    has_sum: bool = False
    meaning: str = ""

    @property
    def is_text(self) -> bool:
        """True for texts, False for numbers."""
        return isinstance(self.values, TextColumn)


def in_words(texts: TextColumn, word: Callable[[str], str]) -> TextColumn:
    """Put each text into words once, so that the filter finds what is shown."""
    return TextColumn(texts.codes, tuple(word(text) for text in texts.pool))


class ColumnsModel(QAbstractTableModel):
    """Equally long columns, shown in an order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: Sequence[Column] = ()
        self._rows = 0
        self._order: Order = np.empty(0, dtype=np.intp)
        self._sorted: Order = np.empty(0, dtype=np.intp)
        self._keep: npt.NDArray[np.bool_] | None = None
        self._needle = ""
        self._folded: dict[int, list[str]] = {}
        self._ranks: dict[int, npt.NDArray[np.uint32]] = {}
        self._sort_column = -1
        self._descending = False

    # -- contents ---------------------------------------------------------------

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; order and filter stay as they were chosen."""
        self.beginResetModel()
        self._columns = columns
        self._rows = len(columns[0].values) if columns else 0
        self._folded, self._ranks = {}, {}
        self._sorted = self._sort_all()
        self._keep = self._match(self._needle)
        self._order = self._visible()
        self.endResetModel()

    def set_filter(self, needle: str) -> None:
        """Keep the rows in whose texts the needle occurs; case does not matter."""
        self._needle = needle.casefold()
        self._keep = self._match(self._needle)
        self._rearrange(self._visible())

    @property
    def order(self) -> Order:
        """The rows of the columns that are shown, in the order they are shown."""
        return self._order

    @property
    def total_rows(self) -> int:
        """How many rows there are without the filter."""
        return self._rows

    @property
    def columns(self) -> Sequence[Column]:
        """The columns as they were given."""
        return self._columns

    # -- order --------------------------------------------------------------------

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by a column; equal rows keep the order they were given in."""
        self._sort_column = column
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._sorted = self._sort_all()
        self._rearrange(self._visible())

    def _rearrange(self, order: Order) -> None:
        """Show another order; what is selected goes where its row goes."""
        self.layoutAboutToBeChanged.emit()
        before, self._order = self._order, order
        kept = self.persistentIndexList()
        if kept:
            place = np.full(self._rows, -1, dtype=np.intp)
            place[order] = np.arange(len(order))
            moved = [
                self.index(int(place[before[index.row()]]), index.column())
                for index in kept
            ]
            self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _sort_all(self) -> Order:
        if not 0 <= self._sort_column < len(self._columns):
            return np.arange(self._rows, dtype=np.intp)
        keys = self._sort_keys(self._sort_column)
        if not self._descending:
            return np.argsort(keys, kind="stable")
        # Reversed twice, so that equal rows keep their order and NaN stays last.
        order = self._rows - 1 - np.argsort(keys[::-1], kind="stable")[::-1]
        if keys.dtype.kind == "f":
            unknown = np.isnan(keys[order])
            order = np.concatenate([order[~unknown], order[unknown]])
        return order

    def _sort_keys(self, place: int) -> npt.NDArray[Any]:
        values = self._columns[place].values
        if not isinstance(values, TextColumn):
            return values
        # Ordering a million texts takes a third of a second: once is enough.
        if place not in self._ranks:
            self._ranks[place] = values.ranks()
        return self._ranks[place]

    def _match(self, needle: str) -> npt.NDArray[np.bool_] | None:
        if not needle:
            return None
        keep = np.zeros(self._rows, dtype=np.bool_)
        for place, column in enumerate(self._columns):
            if not isinstance(column.values, TextColumn):
                continue
            if place not in self._folded:
                self._folded[place] = [text.casefold() for text in column.values.pool]
            hits = np.fromiter(
                (needle in text for text in self._folded[place]),
                dtype=np.bool_,
                count=len(self._folded[place]),
            )
            if hits.any():
                keep |= hits[column.values.codes]
        return keep

    def _visible(self) -> Order:
        return (
            self._sorted
            if self._keep is None
            else self._sorted[self._keep[self._sorted]]
        )

    # -- what Qt asks -----------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column.is_text else _RIGHT
        if role not in _ROLES:
            return None
        value = column.values[int(self._order[index.row()])]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.write(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (column.exact or column.write)(value)
        return column.colour(value) if column.colour else None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.meaning or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column.is_text else _RIGHT
        return None


_ROLES = frozenset(
    (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.ForegroundRole,
    )
)
