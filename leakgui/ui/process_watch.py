"""Keep the process list fresh while somebody looks at it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from leakgui.errors import LeakguiError
from leakgui.model.process import Process
from leakgui.probe.platform import current
from leakgui.ui.jobs import Cancelled, Jobs

FOCUSED_MS = 1000
UNFOCUSED_MS = 2000


class ProcessWatch(QObject):
    """Lists processes once a second; half as often without the focus, else never."""

    listed = Signal(list)
    failed = Signal(LeakguiError)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._platform = current()
        self._timer = QTimer(self)
        self._timer.setObjectName("process list")
        self._timer.timeout.connect(self.refresh)
        self._is_busy = False

    def start(self) -> None:
        """List now and from now on."""
        self.refresh()
        self._timer.start(FOCUSED_MS)

    def stop(self) -> None:
        """List no more; an answer under way is dropped."""
        self._timer.stop()
        self._jobs.forget("process list")
        self._is_busy = False

    def list_now(self) -> list[Process]:
        """Return the list at once, for the very first paint."""
        return self._platform.list_processes()

    def refresh(self) -> None:
        """Ask for a new list, unless the last question is still open."""
        if self._is_busy:
            return
        self._is_busy = True
        has_focus = QGuiApplication.focusWindow() is not None
        self._timer.setInterval(FOCUSED_MS if has_focus else UNFOCUSED_MS)
        self._jobs.ask_latest("process list", self._list, self._take, self._fail)

    def _list(self, cancelled: Cancelled) -> list[Process]:
        del cancelled  # a list takes some hundredths of a second
        return self._platform.list_processes()

    def _take(self, processes: list[Process]) -> None:
        self._is_busy = False
        self.listed.emit(processes)

    def _fail(self, error: Exception) -> None:
        self._is_busy = False
        if not isinstance(error, LeakguiError):
            raise error
        self.failed.emit(error)
