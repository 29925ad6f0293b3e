"""Everything about the process that is watched, put together."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.charts.ticks import clock
from leakgui.model.recording import Event
from leakgui.ui.access_note import look_at_access
from leakgui.ui.pages.closed_handles import ClosedHandlesPage
from leakgui.ui.pages.difference import DifferencePage
from leakgui.ui.pages.evidence import EvidencePage
from leakgui.ui.pages.handles import HandlesPage
from leakgui.ui.pages.heap import HeapPage
from leakgui.ui.pages.log import LogPage
from leakgui.ui.pages.mappings import MappingsPage
from leakgui.ui.pages.overview import OverviewPage
from leakgui.ui.pages.threads import ThreadsPage
from leakgui.ui.pages.timeline import TimelinePage
from leakgui.ui.problems import ProblemBanner
from leakgui.ui.snapshot_list import HEAP_WIDTH, SnapshotList
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.verdict_strip import VerdictStrip
from leakgui.ui.workspace import Workspace

READING_HEIGHT = 340
HEAP_HEIGHT, LEAST_HEAP_HEIGHT = 420, 320
ROOMY_WIDTH = 1200


class WatchPage(QWidget):
    """Verdict strip, plots, snapshots on the right, details below."""

    heap_asked = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.banner = ProblemBanner()
        self.strip = VerdictStrip(workspace.theme)
        self.timeline = TimelinePage(workspace)
        self.snapshots = SnapshotList(workspace.theme)
        self.overview = OverviewPage(workspace)
        self.heap = HeapPage(workspace)
        self.difference = DifferencePage(workspace)
        self.evidence = EvidencePage(workspace)
        self.log = LogPage(workspace)
        self.tabs = QTabWidget()
        self.plots_hidden = QToolButton()
        self._hid_plots = False
        self._wants_width = self._is_wide = False
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        for page, title in (
            (self.overview, self.tr("Overview")),
            (MappingsPage(self._workspace), self.tr("Mappings")),
            (HandlesPage(self._workspace), self.tr("Handles")),
            (ClosedHandlesPage(self._workspace), self.tr("Closed handles")),
            (ThreadsPage(self._workspace), self.tr("Threads")),
            (self.heap, self.tr("Heap")),
            (self.difference, self.tr("Difference")),
            (self.evidence, self.tr("Evidence")),
            (self.log, self.tr("Log")),
        ):
            self.tabs.addTab(page, title)
        self.tabs.setDocumentMode(True)
        self.plots_hidden.setText(self.tr("Hide plots"))
        self.plots_hidden.setToolTip(self.tr("Give their room to the pages (F11)"))
        self.plots_hidden.setAutoRaise(True)
        self.plots_hidden.setCheckable(True)
        self.plots_hidden.toggled.connect(self.timeline.setHidden)
        self.tabs.setCornerWidget(self.plots_hidden)
        self.vertical = QSplitter(Qt.Orientation.Vertical)
        self.vertical.addWidget(self.timeline)
        self.vertical.addWidget(self.tabs)
        self.vertical.setSizes([450, 240])
        self.vertical.setStretchFactor(0, 3)
        self.vertical.setStretchFactor(1, 2)
        self.vertical.setChildrenCollapsible(False)
        self.horizontal = QSplitter(Qt.Orientation.Horizontal)
        self.horizontal.addWidget(self.vertical)
        self.horizontal.addWidget(self.snapshots)
        self.horizontal.setStretchFactor(0, 1)
        self.horizontal.setSizes([1000, 270])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.strip)
        column.addWidget(self.horizontal, 1)

    def _connect(self) -> None:
        workspace = self._workspace
        workspace.opened.connect(self._open)
        workspace.judged.connect(self.strip.show_judgement)
        workspace.snapshots_changed.connect(self._show_headings)
        workspace.snapshot_shown.connect(
            lambda snapshot: self.snapshots.show_chosen(snapshot.number)
        )
        workspace.difference_asked.connect(
            lambda: self.tabs.setCurrentWidget(self.difference)
        )
        self.tabs.currentChanged.connect(self._give_plots_back)
        self.strip.why_asked.connect(self.show_evidence)
        self.snapshots.chosen.connect(workspace.show_snapshot)
        self.snapshots.renamed.connect(workspace.rename_snapshot)
        self.snapshots.pair_chosen.connect(workspace.compare)
        self.snapshots.snapshot_asked.connect(workspace.take_snapshot)
        self.snapshots.heap_asked.connect(self.heap_asked)
        self.heap.heap_asked.connect(self.heap_asked)
        workspace.heap.taken.connect(self.show_heap)
        workspace.target_ended.connect(self._tell_end)
        workspace.state_changed.connect(self._show_headings)
        workspace.theme.changed.connect(self.timeline.plots.set_dark)
        self.timeline.plots.set_dark(workspace.theme.is_dark)

    def _open(self, *_: object) -> None:
        self.banner.hide()
        self.strip.clear()
        self.snapshots.clear()
        self.tabs.setCurrentWidget(self.overview)
        for page in (self.timeline, self.overview, self.log):
            page.open_subject()
        self._tell_access()

    def _tell_access(self) -> None:
        """Say why some readings will be n/a, before somebody wonders."""
        subject = self._workspace.subject
        if subject is None or not self._workspace.is_running:
            return
        note = look_at_access(subject.target.key)
        if note is None:
            return
        if note.command:
            copy = partial(QGuiApplication.clipboard().setText, note.command)
            hint = f"{note.hint}\n{note.command}"
            self.banner.show_text(note.message, hint, self.tr("Copy command"), copy)
        else:
            self.banner.show_text(note.message, note.hint)

    def _tell_end(self, event: Event) -> None:
        subject = self._workspace.subject
        if subject is None:
            return
        time = clock(subject.source.started_unix_s + event.elapsed_s)
        self.banner.show_text(
            event.text or self.tr("The program ended."),
            self.tr(
                "That was at {time}. The recording is kept and can be looked at, "
                "compared and exported."
            ).format(time=time),
            self.tr("Wait for it to start again"),
            self._workspace.toggle_waiting,
        )

    def _show_headings(self) -> None:
        subject = self._workspace.subject
        if subject is not None:
            is_live = self._workspace.is_running
            headings = subject.headings()
            self.snapshots.show_headings(headings, is_live=is_live)
            self._wants_width |= any(heading.has_heap for heading in headings)
            self._widen_list()

    def _widen_list(self) -> None:
        """Give the list room for what is lost, once, where the window has it."""
        plots, beside = self.horizontal.sizes()
        if not self._wants_width or self._is_wide or plots + beside < ROOMY_WIDTH:
            return
        self._is_wide = True
        if beside < HEAP_WIDTH:
            self.horizontal.setSizes([plots + beside - HEAP_WIDTH, HEAP_WIDTH])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widen_list()

    def show_evidence(self) -> None:
        """Bring the grounds of the verdict to the front, with room to read them."""
        self._give_room(READING_HEIGHT)
        self.tabs.setCurrentWidget(self.evidence)

    def show_heap(self, *_: object) -> None:
        """Bring the heap to the front, with room for its summary and its table."""
        self.tabs.setCurrentWidget(self.heap)
        self._give_room(HEAP_HEIGHT)
        if self.vertical.sizes()[1] < LEAST_HEAP_HEIGHT:
            self.plots_hidden.setChecked(True)
            self._hid_plots = True

    def _give_plots_back(self, *_: object) -> None:
        """Show the plots again where they were hidden for the heap only."""
        if self._hid_plots:
            self._hid_plots = False
            self.plots_hidden.setChecked(False)

    def _give_room(self, height: int) -> None:
        above, below = self.vertical.sizes()
        if below < height:
            self.vertical.setSizes([above + below - height, height])

    def compare_ticked(self) -> None:
        """Compare the two ticked snapshots."""
        pair = self.snapshots.ticked_pair()
        if pair is not None:
            self._workspace.compare(*pair)

    def start_filter(self) -> None:
        """Put the cursor into the filter of the table in front."""
        page = self.tabs.currentWidget()
        table = getattr(page, "table", None)
        if isinstance(table, ColumnsTable):
            table.start_filter()
