"""What the menus do: ask where something must be asked, then tell the workspace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog

if TYPE_CHECKING:
    from leakgui.ui.main_window import MainWindow


def run_dialog(dialog: QDialog) -> bool:
    """Show a dialog until it is answered; return whether it was agreed to.

    As a child of the window it would live, and listen to signals, as long as that.
    It is deleted when control is back in the event loop: it can be asked until then.
    """
    answer = dialog.exec()
    dialog.deleteLater()
    return answer == QDialog.DialogCode.Accepted


class WindowCommands(QObject):
    """One method for each action that needs more than the workspace."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def slots(self) -> dict[str, Callable[[], None]]:
        """Return what each action of the table does."""
        window = self._window
        return {
            **{f"row_{n + 1}": partial(self._toggle_row, n) for n in range(4)},
            "choose": self.show_processes,
            "start": self.ask_program,
            "practice": self.ask_practice,
            "open": self.ask_file,
            "export": self.ask_export,
            "export_difference": self.ask_export_difference,
            "preferences": self.ask_preferences,
            "quit": self._quit,
            "snapshot": lambda: window.workspace.take_snapshot(),
            "heap": self.take_heap,
            "heap_ask": self.ask_heap,
            "step": lambda: window.workspace.mark_step(),
            "note": self.ask_note,
            "wait": lambda: window.workspace.toggle_waiting(),
            "stop": lambda: window.workspace.stop_recording(),
            "read_again": lambda: window.workspace.read_shares_again(),
            "compare": lambda: window.page.compare_ticked(),
            "evidence": lambda: window.page.show_evidence(),
            "filter": self._start_filter,
            "pause": lambda: window.page.timeline.toggle_pause(),
            "live": lambda: window.page.timeline.back_to_live(),
            "zoom_in": lambda: window.page.timeline.plots.zoom(0.5),
            "zoom_out": lambda: window.page.timeline.plots.zoom(2.0),
            "pan_back": lambda: window.page.timeline.plots.pan(-0.1),
            "pan_on": lambda: window.page.timeline.plots.pan(0.1),
            "plots": lambda: window.page.plots_hidden.toggle(),
            "help": self.show_help,
            "about": self.show_about,
        }

    # -- what to look at ----------------------------------------------------------

    def show_processes(self) -> None:
        """Go to the process list; what is recorded goes on until another is chosen."""
        self._window.stack.setCurrentWidget(self._window.processes)

    def ask_program(self) -> None:
        """Ask for a command line and start it."""
        from leakgui.ui.program_dialog import ProgramDialog

        dialog = ProgramDialog(self._window)
        if run_dialog(dialog):
            self._window.load()
            self._window.workspace.starter.start_program(dialog.command())

    def ask_practice(self) -> None:
        """Ask which practice target to start."""
        from leakgui.ui.practice_dialog import PracticeDialog

        dialog = PracticeDialog(self._window)
        if run_dialog(dialog):
            self._window.load()
            self._window.workspace.starter.start_practice(dialog.chosen_name())

    def ask_file(self) -> None:
        """Ask for a recording and open it."""
        from leakgui.ui.folders import recordings_folder

        folder = recordings_folder(self._window.settings)
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open recording"),
            str(folder if folder.is_dir() else Path.home()),
            self.tr("Recordings (*.leak *.csv);;All files (*)"),
        )
        if path:
            self._window.load()
            self._window.workspace.open_file(Path(path))

    # -- while watching ---------------------------------------------------------------

    def take_heap(self) -> None:
        """Take a heap snapshot; what it does to the process is shown first."""
        heap = self._window.workspace.heap
        if heap.must_ask:
            self.ask_heap()
        else:
            heap.take()

    def ask_heap(self) -> None:
        """Show what a heap snapshot does to the process, and take it when agreed."""
        from leakgui.ui.heap_dialog import HeapDialog

        run_dialog(HeapDialog(self._window.workspace, self._window))

    def ask_note(self) -> None:
        """Ask for a note and put it on the time axis."""
        text, is_given = QInputDialog.getText(
            self._window, self.tr("Note"), self.tr("What happened just now?")
        )
        if is_given:
            self._window.workspace.add_note(text)

    def ask_export(self) -> None:
        """Ask what to write, and write it."""
        from leakgui.ui.export_dialog import ExportDialog

        if self._window.workspace.subject is not None:
            view = self._window.page.timeline.plots.visible_range()
            run_dialog(ExportDialog(self._window.workspace, view, self._window))

    def ask_export_difference(self) -> None:
        """Ask for a file and write the difference as CSV."""
        from leakgui.ui.exporting import write_difference_beside

        path, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Export difference"), "difference.csv", "CSV (*.csv)"
        )
        if path:
            write_difference_beside(self._window.workspace, Path(path))

    def _quit(self) -> None:
        self._window.close()

    def _toggle_row(self, place: int) -> None:
        plots = self._window.page.timeline.plots
        keys = plots.row_keys()
        if place < len(keys):
            plots.toggle_row(keys[place])

    def _start_filter(self) -> None:
        window = self._window
        if window.stack.currentWidget() is window.processes:
            window.processes.filter.setFocus()
            window.processes.filter.selectAll()
        else:
            window.page.start_filter()

    # -- the rest -------------------------------------------------------------------

    def ask_preferences(self) -> None:
        """Let the user change the settings."""
        from leakgui.ui.preferences import PreferencesDialog

        dialog = PreferencesDialog(self._window.settings, self._window)
        if run_dialog(dialog):
            self._window.apply_settings()

    def show_help(self) -> None:
        """Show the words, the keys and what each level of attach does."""
        from leakgui.ui.help_dialog import HelpDialog

        run_dialog(HelpDialog(self._window))

    def show_about(self) -> None:
        """Say which version this is."""
        from leakgui.ui.help_dialog import show_about

        show_about(self._window)
