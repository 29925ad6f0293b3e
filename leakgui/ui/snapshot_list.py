"""The snapshots of a recording: click one to see it, tick two to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import format_bytes, format_change, printable
from leakgui.model.snapshot import SnapshotHeading
from leakgui.ui.heap_icon import heap_icon
from leakgui.ui.theme import Theme

LEAST_WIDTH = 250
HEAP_WIDTH = 345
"""From here on there is room for the column of what is lost."""
LOST = 3
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBER = int(Qt.ItemDataRole.UserRole)
_TEXT = _NUMBER + 1


class SnapshotList(QWidget):
    """Newest below; each row says how RSS changed since the one before."""

    chosen = Signal(int)
    pair_chosen = Signal(int, int)
    snapshot_asked = Signal()
    heap_asked = Signal()
    renamed = Signal(int, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tree = QTreeWidget()
        self._tree.setRootIsDecorated(False)
        self._tree.setUniformRowHeights(True)
        self._tree.setHeaderLabels(
            [self.tr("Snapshot"), self.tr("RSS"), self.tr("Growth"), self.tr("Lost")]
        )
        self._tree.headerItem().setToolTip(
            LOST, self.tr("What nothing in the heap reaches any more")
        )
        self._tree.setAccessibleName(self.tr("Snapshots"))
        header = self._tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2, LOST):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self._take = QPushButton(self.tr("Snapshot (F5)"))
        self._take_heap = QPushButton(self.tr("With heap… (F6)"))
        self._arrange()
        self.setMinimumWidth(LEAST_WIDTH)
        self._has_heap = False
        self._numbers: list[int] = []
        self._ticked: list[int] = []
        self._did_user_tick = False
        self._shown: int | None = None
        self._tree.itemChanged.connect(self._follow_ticks)
        self._tree.currentItemChanged.connect(self._announce)
        self._tree.itemClicked.connect(self._ask_again)
        self.show_headings((), is_live=False)

    def _arrange(self) -> None:
        self._take.clicked.connect(self.snapshot_asked)
        self._take_heap.setToolTip(
            self.tr("Also which blocks are lost; pauses the process for a moment")
        )
        self._take_heap.clicked.connect(self.heap_asked)
        buttons = QHBoxLayout()
        buttons.addWidget(self._take)
        buttons.addWidget(self._take_heap)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 6, 8, 6)
        column.addLayout(buttons)
        column.addWidget(self._tree, 1)
        column.addWidget(self._hint)

    def show_headings(
        self, headings: Sequence[SnapshotHeading], *, is_live: bool
    ) -> None:
        """Show these snapshots; the two newest are ticked when one is new.

        What the user has ticked stays ticked, though, and the one that the pages show
        stays marked. Live means that more can be taken, and renamed.
        """
        self._is_live = is_live
        self._take.setVisible(is_live)
        self._take_heap.setVisible(is_live)
        self._has_heap = any(heading.has_heap for heading in headings)
        self._fit_columns()
        bar = self._tree.verticalScrollBar()
        place, was_at_end = bar.value(), bar.value() == bar.maximum()
        self._tick([heading.number for heading in headings])
        self._tree.blockSignals(True)
        self._tree.clear()
        before: float | None = None
        for heading in headings:
            self._tree.addTopLevelItem(self._item(heading, before))
            before = heading.rss_bytes
        self._tree.blockSignals(False)
        self._mark_shown()
        if was_at_end:
            self._tree.scrollToBottom()
        else:
            bar.setValue(place)
        self._hint.setText(self._hint_text(len(headings), is_live=is_live))

    def _tick(self, numbers: list[int]) -> None:
        """Tick the two newest where one is new; never instead of what the user did."""
        is_new = numbers != self._numbers
        self._numbers = numbers
        if is_new and not self._did_user_tick:
            self._ticked = numbers[-2:]
        self._ticked = [number for number in self._ticked if number in numbers]

    def clear(self) -> None:
        """Forget the snapshots of what was open before, and what was done to them."""
        self._numbers, self._ticked = [], []
        self._did_user_tick, self._shown = False, None
        self.show_headings((), is_live=False)

    def show_chosen(self, number: int) -> None:
        """Mark the snapshot that the pages show."""
        self._shown = number
        self._mark_shown()

    def _mark_shown(self) -> None:
        """Only what is shown is marked: a mark on another one would be a lie."""
        item = self._item_of(self._shown)
        self._tree.blockSignals(True)
        if item is not None:
            self._tree.setCurrentItem(item)
        else:
            self._tree.setCurrentIndex(QModelIndex())
            self._tree.clearSelection()
        self._tree.blockSignals(False)

    def _item_of(self, number: int | None) -> QTreeWidgetItem | None:
        items = map(self._tree.topLevelItem, range(self._tree.topLevelItemCount()))
        return next((i for i in items if i and i.data(0, _NUMBER) == number), None)

    def _hint_text(self, count: int, *, is_live: bool) -> str:
        if not count:
            if is_live:
                return self.tr(
                    "A snapshot keeps every mapping, handle and thread of this moment. "
                    "Take one, repeat one action, take another: the difference says "
                    "what stayed."
                )
            return self.tr("This recording has no snapshots.")
        if count == 1:
            return self.tr("One more snapshot, and the two can be compared.")
        if not is_live:
            return self.tr("Tick two to compare them.")
        return self.tr("Tick two to compare them. F2 renames.")

    def _item(self, heading: SnapshotHeading, before: float | None) -> QTreeWidgetItem:
        moment = datetime.fromtimestamp(heading.taken_unix_s, tz=UTC).astimezone()
        name = printable(heading.name, most=40)
        if not name or name == str(heading.number):
            name = moment.strftime("%H:%M:%S")
        item = QTreeWidgetItem(
            [f"{heading.number} · {name}", format_bytes(heading.rss_bytes), "", ""]
        )
        self._mark_heap(item, heading)
        item.setData(0, _NUMBER, heading.number)
        item.setData(0, _TEXT, item.text(0))
        if self._is_live:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        is_ticked = heading.number in self._ticked
        item.setCheckState(
            0, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked
        )
        item.setToolTip(
            0, printable(heading.note) or moment.isoformat(sep=" ", timespec="seconds")
        )
        for place in (1, 2, LOST):
            item.setTextAlignment(place, _RIGHT)
        if before is not None and heading.rss_bytes is not None:
            change = heading.rss_bytes - before
            item.setText(2, format_change(change, "bytes"))
            colour = self._theme.change_colour(change)
            if colour is not None:
                item.setForeground(2, colour)
        return item

    def _mark_heap(self, item: QTreeWidgetItem, heading: SnapshotHeading) -> None:
        """Say what is lost; a look that could not tell says so, and not 0."""
        if not heading.has_heap:
            return
        lost = format_bytes(heading.lost_bytes)
        item.setText(LOST, lost)
        item.setIcon(0, heap_icon(self._theme.is_dark))
        text = self.tr("Holds the heap; lost: {size}").format(size=lost)
        item.setToolTip(1, text)
        item.setToolTip(LOST, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Show what is lost where there is something to show, and room for it."""
        has_room = self.width() >= HEAP_WIDTH
        self._tree.setColumnHidden(LOST, not (self._has_heap and has_room))

    def _follow_ticks(self, item: QTreeWidgetItem) -> None:
        number = int(item.data(0, _NUMBER))
        if item.text(0) != item.data(0, _TEXT):
            self._rename(item, number)
            return
        is_ticked = item.checkState(0) is Qt.CheckState.Checked
        if is_ticked is (number in self._ticked):
            return
        if is_ticked:
            self._ticked.append(number)
        else:
            self._ticked.remove(number)
        # Who unticks everything leaves it to the list again.
        self._did_user_tick = bool(self._ticked)
        while len(self._ticked) > 2:
            self._untick(self._ticked.pop(0))
        if len(self._ticked) == 2:
            self.pair_chosen.emit(*sorted(self._ticked))

    def _rename(self, item: QTreeWidgetItem, number: int) -> None:
        name = item.text(0).removeprefix(f"{number} · ").strip()
        shown = f"{number} · {name}" if name else item.data(0, _TEXT)
        self._tree.blockSignals(True)
        item.setText(0, shown)
        item.setData(0, _TEXT, shown)
        self._tree.blockSignals(False)
        if name:
            self.renamed.emit(number, name)

    def _untick(self, number: int) -> None:
        item = self._item_of(number)
        if item is not None:
            self._tree.blockSignals(True)
            item.setCheckState(0, Qt.CheckState.Unchecked)
            self._tree.blockSignals(False)

    def _announce(self, current: QTreeWidgetItem | None) -> None:
        if current is not None:
            self.chosen.emit(int(current.data(0, _NUMBER)))

    def _ask_again(self, item: QTreeWidgetItem) -> None:
        """Show the one that is clicked, also where it is the current one already."""
        if item.data(0, _NUMBER) != self._shown:
            self._announce(item)

    def ticked_pair(self) -> tuple[int, int] | None:
        """The two ticked snapshots, the earlier first."""
        if len(self._ticked) != 2:
            return None
        low, high = sorted(self._ticked)
        return low, high
