"""Which program do you want to watch?"""

from __future__ import annotations

import time

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from leakgui.errors import LeakguiError
from leakgui.formatting import printable
from leakgui.model.process import Access, Process
from leakgui.ui.cells import ROOMY_CELLS
from leakgui.ui.problems import ProblemBanner
from leakgui.ui.process_model import ProcessModel
from leakgui.ui.process_rows import MemoryHistory
from leakgui.ui.process_watch import ProcessWatch

_WIDTHS = (190, 70, 90, 90, 110, 75, 70, 130, 95)


class ProcessesPage(QWidget):
    """The first screen: a live list of processes, and three other ways to begin."""

    chosen = Signal(Process)
    back_asked = Signal()
    start_asked = Signal()
    open_asked = Signal()
    practice_asked = Signal()

    def __init__(self, watch: ProcessWatch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._watch = watch
        self._history = MemoryHistory()
        self._model = ProcessModel(self)
        self.filter = QLineEdit()
        self.view = QTableView()
        self.banner = ProblemBanner()
        self._detail = QLabel()
        self._attach = QPushButton(self.tr("Watch"))
        self._back = QPushButton()
        self._back.hide()
        self._mine = QCheckBox(self.tr("My processes only"))
        self._tree = QCheckBox(self.tr("As a tree"))
        self._set_up_view()
        self._arrange()
        self._connect()

    # -- building -------------------------------------------------------------------

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self._model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setStyleSheet(ROOMY_CELLS)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 8)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for place, width in enumerate(_WIDTHS):
            header.resizeSection(place, width)
        view.setSortingEnabled(True)
        view.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        view.setAccessibleName(self.tr("Processes"))

    def _arrange(self) -> None:
        title = QLabel(self.tr("Choose a program to watch"))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        title.setFont(font)
        promise = QLabel(
            self.tr(
                "leakgui only reads what the system already reports; it does not stop "
                "or change the program."
            )
        )
        promise.setWordWrap(True)
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._attach.setDefault(True)
        foot = QHBoxLayout()
        foot.addWidget(self._detail, 1)
        foot.addWidget(self._back)
        foot.addWidget(self._attach)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(promise)
        column.addWidget(self.banner)
        column.addLayout(self._filter_row())
        column.addWidget(self.view, 1)
        column.addLayout(foot)

    def _filter_row(self) -> QHBoxLayout:
        self.filter.setPlaceholderText(
            self.tr("Type a name, command line, PID or user")
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName(self.tr("Filter processes"))
        self._mine.setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        row.addWidget(self._mine)
        row.addWidget(self._tree)
        row.addSpacing(16)
        for text, signal in (
            (self.tr("Start a program…"), self.start_asked),
            (self.tr("Open recording…"), self.open_asked),
            (self.tr("Try a practice leak…"), self.practice_asked),
        ):
            button = QPushButton(text)
            button.clicked.connect(signal)
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._apply_filter)
        self.filter.returnPressed.connect(self._choose_current_or_first)
        self._mine.toggled.connect(self._model.set_only_mine)
        self._mine.toggled.connect(self._show_detail)
        self._tree.toggled.connect(self._model.set_as_tree)
        self._back.clicked.connect(self.back_asked)
        self._attach.clicked.connect(self._choose_current_or_first)
        self.view.doubleClicked.connect(self._choose_index)
        self.view.selectionModel().currentRowChanged.connect(self._show_detail)
        self._watch.listed.connect(self.show_processes)
        self._watch.failed.connect(self._show_problem)

    # -- contents -----------------------------------------------------------------

    def show_processes(self, processes: list[Process]) -> None:
        """Show the newest list."""
        self._model.update_rows(self._history.update(processes, time.monotonic()))
        self._show_detail()

    def offer_way_back(self, name: str) -> None:
        """Offer to go on looking at what is open; an empty name means nothing is."""
        self._back.setText(self.tr("Back to {name}").format(name=name))
        self._back.setVisible(bool(name))

    def current_process(self) -> Process | None:
        """The chosen row, else the first one while a filter is typed."""
        index = self.view.currentIndex()
        if index.isValid():
            return self._model.process_at(index.row())
        return self._model.process_at(0) if self.filter.text() else None

    def _apply_filter(self, text: str) -> None:
        self.view.clearSelection()
        self.view.setCurrentIndex(QModelIndex())
        self._model.set_filter(text)
        self._show_detail()

    def _show_detail(self, *_: object) -> None:
        process = self.current_process()
        self._attach.setEnabled(
            process is not None and process.access is not Access.NOT_ALLOWED
        )
        self._detail.setText(self._describe(process))

    def _describe(self, process: Process | None) -> str:
        hidden = self._model.hidden_matches
        if process is not None:
            name = printable(process.name, most=40)
            text = f"{name} · PID {process.key.pid} · {self.tr(process.access.value)}"
            return f"{text}: {process.access_reason}" if process.access_reason else text
        if self.filter.text() and not self._model.rowCount():
            if hidden:
                return self.tr(
                    "Nothing of yours matches. Matches of others: {count}. "
                    "Untick “My processes only” to see them."
                ).format(count=hidden)
            return self.tr("No process matches.")
        return self.tr("{count} processes").format(count=self._model.rowCount())

    def _show_problem(self, error: LeakguiError) -> None:
        self.banner.show_problem(error, self.tr("Try again"), self._watch.start)

    # -- choosing ---------------------------------------------------------------------

    def _choose_current_or_first(self) -> None:
        process = self.current_process()
        if process is not None and process.access is not Access.NOT_ALLOWED:
            self.chosen.emit(process)

    def _choose_index(self, index: QModelIndex) -> None:
        process = self._model.process_at(index.row())
        if process is not None:
            if process.access is Access.NOT_ALLOWED:
                self._show_detail()
            else:
                self.chosen.emit(process)

    # -- events -----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from the filter into the table with the down key, choose with Enter."""
        if event.key() == Qt.Key.Key_Down and self.filter.hasFocus():
            self.view.setFocus()
            self.view.selectRow(0)
        elif event.key() == Qt.Key.Key_Escape and not self._back.isHidden():
            self.back_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose_current_or_first()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._model.rowCount():
            # The first list is read before the first paint: an empty table flickers.
            self.show_processes(self._watch.list_now())
        self._watch.start()
        self.filter.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._watch.stop()
