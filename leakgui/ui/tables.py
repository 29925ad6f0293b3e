"""A table with its filter above and its sums below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import format_count
from leakgui.ui.cells import ROOMY_CELLS
from leakgui.ui.columns_model import Column, ColumnsModel, Order

MOST_COPIED_ROWS = 10_000


class ColumnsTable(QWidget):
    """A sortable, filterable table of columns; says why when it is empty."""

    row_chosen = Signal(int)
    """The row of the columns (not of the view) that became current."""
    row_clicked = Signal(int)
    """The same of a click, also on the row that is current already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ColumnsModel(self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter (Ctrl+F)"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(320)
        self.filter.textChanged.connect(self._apply_filter)
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.footer = QLabel()
        self.footer.setTextFormat(Qt.TextFormat.PlainText)
        self.footer.setWordWrap(True)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._set_up_view()
        self._arrange()

    def _set_up_view(self) -> None:
        view = self.view
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setStyleSheet(ROOMY_CELLS)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 6)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setStretchLastSection(True)
        view.setSortingEnabled(True)
        view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        view.selectionModel().selectionChanged.connect(self._show_sums)
        view.selectionModel().currentRowChanged.connect(self._announce_row)
        view.clicked.connect(self._announce_click)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_selection)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.filter)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(body, 1)
        column.addWidget(self.footer)

    def show_columns(self, columns: Sequence[Column], title: str = "") -> None:
        """Show columns; widths are fitted when the set of columns changes.

        Later only figures get more room: "1…0" for 16,090 is no figure.
        """
        is_new = [column.title for column in columns] != [
            column.title for column in self.model.columns
        ]
        self.model.set_columns(columns)
        self.title.setText(title)
        self._fit_widths(is_new=is_new)
        self._stack.setCurrentWidget(self.view)
        self.filter.setEnabled(True)
        self._show_sums()

    def show_reason(self, text: str, title: str = "") -> None:
        """Show no table but the reason why there is none."""
        self.model.set_columns(())
        self.title.setText(title)
        self.footer.clear()
        self._empty.setText(text)
        self.filter.setEnabled(False)
        self._stack.setCurrentWidget(self._empty)

    def start_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def copy_selection(self) -> None:
        """Put the selected rows on the clipboard, tabs between cells."""
        rows = self.view.selectionModel().selectedRows()[:MOST_COPIED_ROWS]
        model = self.model
        lines = ["\t".join(column.title for column in model.columns)]
        for row in rows:
            cells = (
                str(model.index(row.row(), place).data())
                for place in range(model.columnCount())
            )
            lines.append("\t".join(cells))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _fit_widths(self, *, is_new: bool) -> None:
        """Fit by the first rows: asking a million would take seconds."""
        header = self.view.horizontalHeader()
        metrics = self.view.fontMetrics()
        for place, column in enumerate(self.model.columns):
            if column.is_text and not is_new:
                continue
            shown = range(min(60, self.model.rowCount()))
            texts = [str(self.model.index(row, place).data()) for row in shown]
            widest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
            title = metrics.horizontalAdvance(column.title) + 28
            least = 0 if is_new else header.sectionSize(place)
            header.resizeSection(place, max(least, min(max(widest + 24, title), 460)))
        # A number at the far end of a wide column is far from its row.
        last = self.model.columns[-1] if self.model.columns else None
        is_number = last is not None and not last.is_text
        header.setStretchLastSection(not is_number)

    def _apply_filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._show_sums()

    def _selected(self) -> Order:
        selection = self.view.selectionModel().selection()
        order = self.model.order
        ranges = [selection.at(place) for place in range(selection.count())]
        parts = [order[part.top() : part.bottom() + 1] for part in ranges]
        return np.concatenate(parts) if parts else order[:0]

    def _show_sums(self) -> None:
        parts = [self._sum_text(self.model.order, self._shown_text())]
        selected = self._selected()
        if len(selected) > 1:
            name = self.tr("{count} selected").format(count=format_count(len(selected)))
            parts.append(self._sum_text(selected, name))
        self.footer.setText("      ".join(parts))

    def _shown_text(self) -> str:
        shown, total = len(self.model.order), self.model.total_rows
        if shown == total == 1:
            return self.tr("1 row")
        if shown == total:
            return self.tr("{count} rows").format(count=format_count(total))
        return self.tr("{shown} of {total} rows").format(
            shown=format_count(shown), total=format_count(total)
        )

    def _sum_text(self, rows: Order, name: str) -> str:
        sums = []
        for column in self.model.columns:
            if column.has_sum and isinstance(column.values, np.ndarray):
                total = np.nansum(column.values[rows].astype(np.float64))
                text = column.write(total)
                sums += [f"{column.title} {text}"] if text else []
        return f"{name}: " + ", ".join(sums) if sums else name

    def _announce_row(self, current: QModelIndex) -> None:
        if current.isValid() and current.row() < len(self.model.order):
            self.row_chosen.emit(int(self.model.order[current.row()]))

    def _announce_click(self, index: QModelIndex) -> None:
        self.row_clicked.emit(int(self.model.order[index.row()]))
