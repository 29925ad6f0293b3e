"""The process list as a Qt table that is patched by key and never reset."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from leakgui.formatting import UNKNOWN, printable
from leakgui.model.process import Process
from leakgui.ui.process_rows import COLUMNS, ProcessColumn, Row, as_tree, tr

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class ProcessModel(QAbstractTableModel):
    """Filtered, sorted rows; as a list or indented as a tree."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: Sequence[Row] = ()
        self._shown: list[Row] = []
        self._words: list[str] = []
        self._only_mine = True
        self._as_tree = False
        self._column = 3
        self._descending = True
        self.hidden_matches = 0
        """Rows that match the filter but belong to somebody else."""

    # -- contents -----------------------------------------------------------------

    def update_rows(self, rows: Sequence[Row]) -> None:
        """Take the newest rows; selection and scroll position stay."""
        self._all = rows
        self._rearrange()

    def set_filter(self, needle: str) -> None:
        """Keep rows that hold every word in name, command line, pid or user."""
        self._words = needle.casefold().split()
        self._rearrange()

    def set_only_mine(self, only_mine: bool) -> None:
        """Show my own processes, or everybody's."""
        self._only_mine = only_mine
        self._rearrange()

    def set_as_tree(self, as_tree: bool) -> None:
        """Show children under their parents, or a flat list."""
        self._as_tree = as_tree
        self._rearrange()

    def process_at(self, row: int) -> Process | None:
        """Return the process of a shown row."""
        return self._shown[row].process if 0 <= row < len(self._shown) else None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by a column; what is unknown comes last."""
        self._column = max(column, 0)
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._rearrange()

    # -- order ----------------------------------------------------------------------

    def _rearrange(self) -> None:
        before = self._shown
        after = self._arranged()
        if [row.process.key for row in before] == [row.process.key for row in after]:
            self._shown = after
            if after:
                self.dataChanged.emit(
                    self.index(0, 0), self.index(len(after) - 1, len(COLUMNS) - 1)
                )
            return
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        self._shown = after
        place = {row.process.key: number for number, row in enumerate(after)}
        new = []
        for index in old:
            row = place.get(before[index.row()].process.key)
            new.append(
                QModelIndex() if row is None else self.index(row, index.column())
            )
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _arranged(self) -> list[Row]:
        matching = [row for row in self._all if self._matches(row.process)]
        mine = [row for row in matching if row.process.is_mine or not self._only_mine]
        self.hidden_matches = len(matching) - len(mine)
        rank = COLUMNS[self._column].rank
        known = [row for row in mine if rank(row) is not None]
        unknown = [row for row in mine if rank(row) is None]
        # Both sorts are stable; ranks of one column are of one type.
        known.sort(key=rank, reverse=self._descending)  # type: ignore[arg-type]
        # A name that matches is meant more often than a word in a command line.
        ordered = sorted(known + unknown, key=self._distance)
        return as_tree(ordered) if self._as_tree else ordered

    def _distance(self, row: Row) -> int:
        name = row.process.name.casefold()
        if not self._words or name.startswith(self._words[0]):
            return 0
        return 1 if any(word in name for word in self._words) else 2

    def _matches(self, process: Process) -> bool:
        if process.is_kernel_thread:
            return False
        texts = [
            text.casefold() for text in (process.name, process.command, process.user)
        ]
        pid = str(process.key.pid)
        return all(
            word == pid or any(word in text for text in texts) for word in self._words
        )

    # -- what Qt asks -------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row = self._shown[index.row()]
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.is_number:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(row, column)
        return None

    @staticmethod
    def _tooltip(row: Row, column: ProcessColumn) -> str:
        process = row.process
        if column.title == "Allows":
            return process.access_reason or tr("Everything this system tells")
        if column.title == "Command":
            return printable(process.command, most=1000)
        if column.title == "RSS":
            exact = process.rss_bytes
            return UNKNOWN if exact is None else f"{exact:,} bytes"
        return printable(process.group)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation != Qt.Orientation.Horizontal or section >= len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(column.title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(column.meaning) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = (
                Qt.AlignmentFlag.AlignRight
                if column.is_number
                else Qt.AlignmentFlag.AlignLeft
            )
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None
