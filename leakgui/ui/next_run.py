"""Wait until a program that ended is started again."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from leakgui.model.process import ProcessKey, Target
from leakgui.recording.waiting import NextStart
from leakgui.ui.jobs import Jobs

LOOK_EVERY_MS = 1000


class NextRun(QObject):
    """Looks once a second for the same program under a new identity."""

    started = Signal(object)
    """The ``ProcessKey`` of the new run."""
    failed = Signal(Exception)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._next: NextStart | None = None
        self._timer = QTimer(self)
        self._timer.setObjectName("wait for next start")
        self._timer.timeout.connect(self._look)

    @property
    def is_waiting(self) -> bool:
        """Whether we wait."""
        return self._next is not None

    def wait_for(self, target: Target) -> None:
        """Wait for the next start of this program."""
        self._next = NextStart(target)
        self._timer.start(LOOK_EVERY_MS)

    def stop(self) -> None:
        """Wait no more."""
        self._timer.stop()
        self._jobs.forget("wait")
        self._next = None

    def _look(self) -> None:
        waiting = self._next
        if waiting is not None:
            self._jobs.ask_latest(
                "wait", lambda _: waiting.poll(), self._take, self.failed.emit
            )

    def _take(self, key: ProcessKey | None) -> None:
        if key is not None and self.is_waiting:
            self.started.emit(key)
