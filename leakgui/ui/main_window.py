"""Menus, toolbar and pages, put together."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QStackedWidget

from leakgui.errors import LeakguiError
from leakgui.formatting import printable, use_decimal_units
from leakgui.model.opening import Opening
from leakgui.model.process import Process
from leakgui.settings import Settings
from leakgui.ui.actions import apply_keys, build_actions, enable_actions
from leakgui.ui.jobs import Jobs
from leakgui.ui.pages.processes import ProcessesPage
from leakgui.ui.process_watch import ProcessWatch
from leakgui.ui.theme import Theme
from leakgui.ui.window_commands import WindowCommands

if TYPE_CHECKING:
    from leakgui.ui.top_bar import TopBar
    from leakgui.ui.watch_page import WatchPage
    from leakgui.ui.workspace import Workspace

logger = logging.getLogger(__name__)

# Raised when toolbars change, so that an old layout is not restored.
LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """The process list first; what is heavy is loaded after it is painted."""

    workspace: Workspace
    page: WatchPage
    bar: TopBar

    def __init__(self, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self.settings = settings
        self.theme = theme
        self.jobs = Jobs(self)
        self.is_loaded = False
        self.setWindowTitle("leakgui")
        self.resize(1280, 800)
        self.setAcceptDrops(True)
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self.processes = ProcessesPage(ProcessWatch(self.jobs, self))
        self.stack.addWidget(self.processes)
        self.commands = WindowCommands(self)
        self.actions_by_key = build_actions(self, self.commands.slots())
        enable_actions(self.actions_by_key, has_subject=False, is_live=False)
        self._busy = QLabel()
        self.statusBar().addPermanentWidget(self._busy)
        self.processes.chosen.connect(self.watch)
        self.processes.back_asked.connect(self._show_subject)
        self.processes.start_asked.connect(self.commands.ask_program)
        self.processes.open_asked.connect(self.commands.ask_file)
        self.processes.practice_asked.connect(self.commands.ask_practice)
        self._restore()

    def load(self) -> None:
        """Import NumPy and pyqtgraph and build the rest of the window, once."""
        if self.is_loaded:
            return
        self.is_loaded = True
        from leakgui.ui.heap_progress import HeapProgress
        from leakgui.ui.top_bar import TopBar
        from leakgui.ui.watch_page import WatchPage
        from leakgui.ui.workspace import Workspace

        self.workspace = Workspace(self.jobs, self.settings, self.theme, self)
        self.page = WatchPage(self.workspace)
        self.page.heap_asked.connect(self.commands.take_heap)
        self.stack.addWidget(self.page)
        self.statusBar().addPermanentWidget(HeapProgress(self.workspace.heap))
        self.bar = TopBar(self.workspace, self.actions_by_key, self)
        self.bar.change_asked.connect(self.commands.show_processes)
        self.addToolBar(self.bar)
        self.bar.setVisible(False)
        self.apply_settings()
        self.workspace.opened.connect(self._show_subject)
        self.workspace.state_changed.connect(self._show_state)
        self.workspace.problem.connect(self.show_problem)
        self.workspace.busy.connect(self._busy.setText)
        self.workspace.said.connect(
            lambda text: self.statusBar().showMessage(text, 8000)
        )

    def apply_settings(self) -> None:
        """Let keys, colours and units follow the settings at once."""
        apply_keys(self.actions_by_key)
        is_decimal = self.settings.get("units") == "decimal"
        use_decimal_units(is_decimal)
        if self.is_loaded:
            self.page.timeline.plots.set_decimal(is_decimal)
        self.theme.apply()

    # -- opening ------------------------------------------------------------------

    def open(self, opening: Opening) -> None:
        """Show what the command line asked for."""
        if opening == Opening():
            QTimer.singleShot(0, self.load)
            QTimer.singleShot(0, lambda: logger.info("ready to watch"))
            return
        self.load()
        if opening.file is not None:
            self.workspace.open_file(opening.file)
        elif opening.command:
            self.workspace.starter.start_program(opening.command, opening.title)
        elif opening.pid is not None:
            self.workspace.starter.watch_pid(opening.pid)

    def watch(self, process: Process) -> None:
        """Record the process that was chosen from the list."""
        self.load()
        self.workspace.starter.watch(process.key, process.name)

    def _show_subject(self, *_: object) -> None:
        self.stack.setCurrentWidget(self.page)
        self.bar.setVisible(True)
        self._show_state()

    def _show_state(self) -> None:
        workspace = self.workspace
        subject = workspace.subject
        name = printable(subject.target.name, most=40) if subject else ""
        self.setWindowTitle(f"{name} — leakgui" if name else "leakgui")
        self.processes.offer_way_back(name)
        enable_actions(
            self.actions_by_key,
            has_subject=subject is not None,
            is_live=workspace.is_running,
        )
        self.bar.refresh()

    def show_problem(self, error: LeakguiError) -> None:
        """Show a failure in the page that is in front."""
        is_watching = self.stack.currentWidget() is not self.processes
        banner = self.page.banner if is_watching else self.processes.banner
        banner.show_problem(error)

    # -- coming and going -------------------------------------------------------------

    def _restore(self) -> None:
        state = QSettings()
        geometry = state.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the recording, keep its file, and remember where the window was."""
        QSettings().setValue("window/geometry", self.saveGeometry())
        if self.is_loaded:
            self.workspace.close()
        self.jobs.close()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the recording that was dropped on the window."""
        paths = [url.toLocalFile() for url in event.mimeData().urls()]
        if paths and paths[0]:
            self.load()
            self.workspace.open_file(Path(paths[0]))
