"""Which blocks fill the heap, and which of them are lost?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.charts.treemap import Treemap
from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap
from leakgui.model.snapshot import Snapshot
from leakgui.ui.block_view import BlockView
from leakgui.ui.flow_layout import FlowLayout
from leakgui.ui.heap_groups import By, SummedBlocks, sum_groups
from leakgui.ui.heap_sections import SECTIONS, TYPES, Shown, section_names, show_section
from leakgui.ui.heap_summary import HeapSummary
from leakgui.ui.heap_tiles import heap_tiles
from leakgui.ui.heap_words import heap_troubles
from leakgui.ui.section_style import CHOSEN_STANDS_OUT
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.workspace import Workspace

MOST_NAME_SHARE = 0.4
"""Of the width of the table, for the names of types."""


class HeapPage(QWidget):
    """A summary, a table for each question, and a treemap or one block beside it."""

    heap_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._snapshot: Snapshot | None = None
        self._heap: Heap | None = None
        self._section = TYPES
        self._rows: SummedBlocks | None = None
        self._shown: Shown | None = None
        self.summary = HeapSummary(workspace.theme)
        self.table = ColumnsTable()
        self.treemap = Treemap()
        self.block = BlockView()
        self._take = QPushButton(self.tr("Heap snapshot… (F6)"))
        self._sections = QButtonGroup(self)
        self._by = QComboBox()
        self._arrange()
        self._connect()
        self.clear()

    # -- building -----------------------------------------------------------------

    def _arrange(self) -> None:
        self._beside = QStackedWidget()
        self._beside.addWidget(self.treemap)
        self._beside.addWidget(self.block)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.table)
        self._splitter.addWidget(self._beside)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setSizes([640, 360])
        self._beside.setContentsMargins(0, 4, 6, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self._switches())
        column.addWidget(self._splitter, 1)
        column.addWidget(self._take, 0, Qt.AlignmentFlag.AlignHCenter)

    def _switches(self) -> QWidget:
        self._bar = QWidget()
        flow = FlowLayout(self._bar)
        flow.setContentsMargins(6, 4, 6, 0)
        for place, name in enumerate(section_names()):
            button = QToolButton()
            button.setText(name)
            button.setCheckable(True)
            button.setStyleSheet(CHOSEN_STANDS_OUT)
            button.clicked.connect(lambda _=False, n=place: self.choose(SECTIONS[n]))
            self._sections.addButton(button, place)
            flow.addWidget(button)
        for by, text in (
            (By.TYPE_AND_SIZE, self.tr("by type and size")),
            (By.TYPE, self.tr("by type")),
            (By.SIZE, self.tr("by size")),
        ):
            self._by.addItem(text, by)
        self._by.setAccessibleName(self.tr("Put blocks together"))
        flow.addWidget(self._by)
        # Beside the switches, so that the table has the line it would stand in.
        flow.addWidget(self.table.filter)
        return self._bar

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.snapshot_shown.connect(self.show_snapshot)
        workspace.opened.connect(self.clear)
        workspace.state_changed.connect(self._show_button)
        workspace.theme.changed.connect(self.treemap.set_dark)
        workspace.heap.described.connect(self._show_block)
        workspace.heap.not_described.connect(self._miss_block)
        self._take.clicked.connect(self.heap_asked)
        self._by.currentIndexChanged.connect(self._show_section)
        self.table.row_chosen.connect(self._follow_row)
        self.table.row_clicked.connect(self._return_to_row)
        self.treemap.chosen.connect(self._choose_row)
        self.block.asked.connect(self._ask_block)
        self.treemap.set_dark(workspace.theme.is_dark)

    # -- contents -----------------------------------------------------------------

    def clear(self, *_: object) -> None:
        """Say how to get something to see."""
        self._snapshot = self._heap = None
        self._show_nothing(
            self.tr(
                "A heap snapshot says which blocks are in use, what they are, and "
                "which of them no pointer reaches any more: those are lost. It pauses "
                "the process for a moment; what that costs is shown first."
            )
        )

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the heap of this snapshot, or why it has none."""
        self._snapshot, self._heap = snapshot, snapshot.heap
        self.block.clear()
        why = "\n".join(heap_troubles(snapshot))
        if snapshot.heap is None:
            self._show_nothing(why or self._without_text(snapshot))
        elif snapshot.heap.blocks is None:
            self._show_nothing(why)
            self.summary.show_heap(snapshot.heap, snapshot, tells_why=False)
        else:
            self.summary.show_heap(snapshot.heap, snapshot)
            self._bar.show()
            self._take.hide()
            self._show_section()

    def _without_text(self, snapshot: Snapshot) -> str:
        return self.tr("Snapshot {number} was taken without the heap.").format(
            number=snapshot.number
        )

    def _show_nothing(self, why: str) -> None:
        """Show only why there is nothing, and the way to get something."""
        for widget in (self.summary, self._bar, self._beside, self.table.title):
            widget.hide()
        self.table.show_reason(why)
        self._show_button()

    def _show_button(self) -> None:
        self._take.setVisible(self._heap is None and self._workspace.is_running)

    def choose(self, section: str) -> None:
        """Show another section."""
        self._section = section
        self._show_section()

    def _show_section(self, *_: object) -> None:
        heap, snapshot = self._heap, self._snapshot
        if heap is None or snapshot is None or heap.blocks is None:
            return
        self._sections.button(SECTIONS.index(self._section)).setChecked(True)
        self._by.setVisible(self._section == TYPES)
        self._rows = None
        if self._section == TYPES and heap.groups is not None:
            self._rows = sum_groups(heap.groups, self._chosen_by())
        self._shown = show_section(
            self._section, heap, snapshot, self._rows, self._chosen_by()
        )
        if self._shown.columns:
            self.table.show_columns(self._shown.columns, self._shown.title)
        else:
            self.table.show_reason(self._shown.title)
        self.table.title.setVisible(bool(self._shown.columns and self._shown.title))
        self._show_beside()
        self._narrow_names()

    def _narrow_names(self) -> None:
        """Leave room for the figures: names in C++ can be very long."""
        header = self.table.view.horizontalHeader()
        most = int(self.table.width() * MOST_NAME_SHARE)
        if self._shown is not None and self._shown.columns:
            header.resizeSection(0, min(header.sectionSize(0), most))

    def _chosen_by(self) -> By:
        return By(self._by.currentData())

    def _show_beside(self) -> None:
        """Put a treemap beside the types, and a block beside what has addresses."""
        shown = self._shown
        if self._rows is not None and len(self._rows):
            self.treemap.set_tiles(heap_tiles(self._rows, self._chosen_by()))
            self._beside.setCurrentWidget(self.treemap)
            self._beside.show()
        elif shown is not None and shown.addresses is not None:
            self._beside.setCurrentWidget(self.block)
            self._beside.show()
        else:
            self._beside.hide()

    # -- choosing -----------------------------------------------------------------

    def _follow_row(self, row: int) -> None:
        if self._rows is not None:
            self.treemap.choose_row(row)
        elif self._shown is not None and self._shown.addresses is not None:
            self.block.start_at(int(self._shown.addresses[row]))

    def _return_to_row(self, row: int) -> None:
        """Show the block of a row again, after a walk that led away from it."""
        shown = self._shown
        if shown is None or shown.addresses is None or self._rows is not None:
            return
        if self.block.address != int(shown.addresses[row]):
            self._follow_row(row)

    def _choose_row(self, row: int) -> None:
        """Bring the row of a tile into view; a filter that hides it is lifted."""
        places = (self.table.model.order == row).nonzero()[0]
        if not len(places):
            self.table.filter.clear()
            places = (self.table.model.order == row).nonzero()[0]
        if len(places):
            index = self.table.model.index(int(places[0]), 0)
            self.table.view.setCurrentIndex(index)
            self.table.view.scrollTo(index)

    def _ask_block(self, address: int) -> None:
        if self._snapshot is not None:
            self._workspace.heap.describe(address, self._snapshot.number)

    def _show_block(self, address: int, detail: BlockDetail | None) -> None:
        if address != self.block.address:
            return
        if detail is None:
            self.block.show_reason(self.tr("No block in use lies at this address."))
        else:
            self.block.show_detail(detail)

    def _miss_block(self, address: int, why: str) -> None:
        if address == self.block.address:
            self.block.show_reason(why)
