"""Judge what is open again and again, within a small share of a core."""

from __future__ import annotations

import logging
import time

from PySide6.QtCore import QObject, QTimer, Signal

from leakgui.errors import LeakguiError
from leakgui.guidance.engine import judge
from leakgui.model.finding import Judgement
from leakgui.ui.jobs import Cancelled, Jobs
from leakgui.ui.subject import LiveSubject, Subject

logger = logging.getLogger(__name__)

LEAST_PAUSE_MS = 2000
# Judging may use a two-hundredth of the time between two judgements.
SHARE = 0.005


class Judging(QObject):
    """Keeps the newest judgement of one subject."""

    judged = Signal(object)
    failed = Signal(Exception)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.judgement: Judgement | None = None
        self._jobs = jobs
        self._subject: Subject | None = None
        self._timer = QTimer(self)
        self._timer.setObjectName("judge")
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.judge_now)

    def begin(self, subject: Subject) -> None:
        """Judge this subject from now on."""
        self._subject = subject
        self.judgement = None
        self.judge_now()

    def end(self) -> None:
        """Judge no more, and forget."""
        self._timer.stop()
        self._jobs.forget("judge")
        self._subject = self.judgement = None

    def judge_now(self) -> None:
        """Judge at once, whatever was planned."""
        subject = self._subject
        if subject is None:
            return

        def work(_: Cancelled) -> tuple[Judgement, float]:
            begun = time.thread_time()
            return judge(subject.observed()), time.thread_time() - begun

        self._jobs.ask_latest("judge", work, self._take, self._fail)

    def _take(self, answer: tuple[Judgement, float]) -> None:
        self.judgement, cost_s = answer
        first = self.judgement.findings[0]
        logger.info("judged %s in %.1f ms", first.rule, 1000 * cost_s)
        self.judged.emit(self.judgement)
        self._plan_next(cost_s)

    def _plan_next(self, cost_s: float) -> None:
        subject = self._subject
        if isinstance(subject, LiveSubject) and subject.is_running:
            self._timer.start(max(LEAST_PAUSE_MS, int(1000 * cost_s / SHARE)))

    def _fail(self, error: Exception) -> None:
        self.failed.emit(error)
        if isinstance(error, LeakguiError):
            self._plan_next(LEAST_PAUSE_MS / 1000)
