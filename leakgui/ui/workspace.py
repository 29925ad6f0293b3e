"""What is open and selected, announced by signals; pages ask and command it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from leakgui.errors import LeakguiError
from leakgui.guidance.engine import judge
from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.process import ProcessKey
from leakgui.model.recording import Event, EventKind
from leakgui.model.snapshot import Snapshot
from leakgui.recording.launch import Launched, launch
from leakgui.recording.recorder import Cost, Recorder
from leakgui.recording.waiting import NextStart
from leakgui.settings import Settings
from leakgui.ui.folders import new_recording_path
from leakgui.ui.jobs import Jobs
from leakgui.ui.subject import FileSubject, LiveSubject, Subject, compare_numbers

logger = logging.getLogger(__name__)

TICK_MS = 250
JUDGE_LEAST_MS = 2000
# A judgement may use a two-hundredth of the time between two of them.
JUDGE_SHARE = 0.005
WAIT_MS = 1000


class Workspace(QObject):
    """One process at a time: what is known of it and what is looked at."""

    opened = Signal(object)
    closed = Signal()
    ticked = Signal()
    judged = Signal(object)
    snapshots_changed = Signal()
    snapshot_shown = Signal(object)
    compared = Signal(object)
    event_happened = Signal(object)
    problem = Signal(object)
    busy = Signal(str)
    waiting_changed = Signal(bool)
    _announced = Signal(object)

    def __init__(
        self, jobs: Jobs, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.settings = settings
        self.subject: Subject | None = None
        self.earlier: list[Subject] = []
        """Earlier runs of the same program, drawn behind the newest."""
        self.judgement: Judgement | None = None
        self.snapshot: Snapshot | None = None
        self.difference: Difference | None = None
        self._child: Launched | None = None
        self._next_start: NextStart | None = None
        self._tick = self._timer("redraw", self.ticked.emit)
        self._judge_timer = self._timer("judge", self._judge, is_single=True)
        self._wait_timer = self._timer("wait for next start", self._look_for_start)
        self._announced.connect(self._take_event)

    def _timer(
        self, name: str, act: Callable[[], None], *, is_single: bool = False
    ) -> QTimer:
        timer = QTimer(self)
        timer.setObjectName(name)
        timer.setSingleShot(is_single)
        timer.timeout.connect(act)
        return timer

    # -- opening ------------------------------------------------------------------

    @property
    def recorder(self) -> Recorder | None:
        """The recorder of what is open, while it is live."""
        return self.subject.recorder if isinstance(self.subject, LiveSubject) else None

    @property
    def cost(self) -> Cost | None:
        """What watching costs now; None where nothing is watched."""
        return self.recorder.cost if self.recorder else None

    def watch(self, key: ProcessKey, name: str, child: Launched | None = None) -> bool:
        """Record a process from now on; False where it could not be begun."""
        try:
            recorder = Recorder(
                key,
                new_recording_path(self.settings, name, key.pid),
                interval_s=self.settings.number("interval_s"),
                cost_share=self.settings.number("cost_share"),
                snapshot_every_s=self.settings.number("snapshot_every_s"),
                announce=self._announced.emit,
                child=child,
            )
            recorder.start()
        except LeakguiError as error:
            self.problem.emit(error)
            return False
        self._child = child
        self._open(LiveSubject(recorder))
        return True

    def start_program(self, command: Sequence[str], title: str = "") -> bool:
        """Start a program and record it; it runs on when leakgui ends."""
        try:
            child = launch(command)
        except LeakguiError as error:
            self.problem.emit(error)
            return False
        return self.watch(child.key, title or Path(command[0]).name, child)

    def open_file(self, path: Path) -> None:
        """Open a session file or an exported CSV."""
        self.busy.emit(self.tr("Opening {name}…").format(name=path.name))
        self.jobs.ask_latest(
            "open", lambda _: FileSubject(path), self._open, self._show_failure
        )

    def close(self) -> None:
        """End the recording, keep its file, and forget what was selected."""
        self.stop_waiting()
        for timer in (self._tick, self._judge_timer):
            timer.stop()
        for slot in ("judge", "snapshot", "show snapshot", "compare", "open"):
            self.jobs.forget(slot)
        self._forget_subjects()
        self.judgement = self.snapshot = self.difference = None
        self.closed.emit()

    def _forget_subjects(self) -> None:
        subjects = [*self.earlier, *([self.subject] if self.subject else [])]
        self.subject, self.earlier = None, []
        for subject in subjects:
            subject.close()

    def _open(self, subject: Subject) -> None:
        is_next_run = self._next_start is not None
        earlier = [*self.earlier, self.subject] if is_next_run and self.subject else []
        if not is_next_run:
            self.close()
        self.stop_waiting()
        self.earlier = [run for run in earlier if run is not None][-4:]
        self.subject = subject
        self.judgement = self.snapshot = self.difference = None
        self.busy.emit("")
        self.opened.emit(subject)
        self.snapshots_changed.emit()
        self._tick.start(TICK_MS)
        self._judge()
        headings = subject.headings()
        if headings:
            self.show_snapshot(headings[-1].number)

    # -- while it runs --------------------------------------------------------------

    def take_snapshot(self) -> None:
        """Take a snapshot beside the recording; it is shown when it is there."""
        recorder = self.recorder
        if recorder is None:
            return
        self.busy.emit(self.tr("Taking a snapshot…"))
        future = recorder.take_snapshot()
        self.jobs.ask_latest(
            "snapshot",
            lambda _: future.result(),
            self._take_snapshot,
            self._show_failure,
        )

    def mark_step(self) -> None:
        """Mark that the same action was done once more."""
        if self.recorder:
            self.recorder.mark_step()

    def add_note(self, text: str) -> None:
        """Put a note on the time axis."""
        if self.recorder and text.strip():
            self.recorder.add_note(text.strip())

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.busy.emit("")
        self._set_snapshot(snapshot)
        self.snapshots_changed.emit()
        numbers = [heading.number for heading in self._headings()]
        if len(numbers) > 1:
            self.compare(numbers[-2], numbers[-1])
        self._judge()

    def _take_event(self, event: Event) -> None:
        if self.subject is None:
            return
        self.event_happened.emit(event)
        if event.kind is EventKind.SNAPSHOT:
            self.snapshots_changed.emit()
        if event.kind is EventKind.TARGET_ENDED:
            self._judge()

    # -- looking --------------------------------------------------------------------

    def _headings(self) -> Sequence[object]:
        return self.subject.headings() if self.subject else ()

    def show_snapshot(self, number: int) -> None:
        """Read one snapshot and show what is in it."""
        subject = self.subject
        if subject is not None:
            self.jobs.ask_latest(
                "show snapshot",
                lambda _: subject.snapshot(number),
                self._set_snapshot,
                self._show_failure,
            )

    def compare(self, before: int, after: int) -> None:
        """Show what changed between two snapshots."""
        subject = self.subject
        if subject is not None:
            events = subject.source.events
            self.jobs.ask_latest(
                "compare",
                lambda _: compare_numbers(subject, before, after, events),
                self._set_difference,
                self._show_failure,
            )

    def _set_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.snapshot_shown.emit(snapshot)

    def _set_difference(self, difference: Difference) -> None:
        self.difference = difference
        self.compared.emit(difference)

    # -- judging ----------------------------------------------------------------------

    def _judge(self) -> None:
        subject = self.subject
        if subject is None:
            return

        def work(_: object) -> tuple[Judgement, float]:
            begun = time.thread_time()
            return judge(subject.observed()), time.thread_time() - begun

        self.jobs.ask_latest("judge", work, self._set_judgement, self._show_failure)

    def _set_judgement(self, answer: tuple[Judgement, float]) -> None:
        self.judgement, cost_s = answer
        self.judged.emit(self.judgement)
        recorder = self.recorder
        if recorder is not None and not recorder.wait(0):
            pause_ms = max(JUDGE_LEAST_MS, int(1000 * cost_s / JUDGE_SHARE))
            self._judge_timer.start(pause_ms)

    # -- the next run -----------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether we wait for the program to start again."""
        return self._next_start is not None

    def wait_for_next_start(self) -> None:
        """Watch the program again as soon as it is started again."""
        if self.subject is not None:
            self._next_start = NextStart(self.subject.target)
            self._wait_timer.start(WAIT_MS)
            self.waiting_changed.emit(True)

    def stop_waiting(self) -> None:
        """Wait no more."""
        self._wait_timer.stop()
        self.jobs.forget("wait")
        if self._next_start is not None:
            self._next_start = None
            self.waiting_changed.emit(False)

    def _look_for_start(self) -> None:
        waiting = self._next_start
        if waiting is not None:
            self.jobs.ask_latest(
                "wait", lambda _: waiting.poll(), self._take_start, self._show_failure
            )

    def _take_start(self, key: ProcessKey | None) -> None:
        if key is not None and self.subject is not None and self.is_waiting:
            self.watch(key, self.subject.target.name)

    # -- failing ----------------------------------------------------------------------

    def _show_failure(self, error: Exception) -> None:
        self.busy.emit("")
        if not isinstance(error, LeakguiError):
            raise error
        logger.info("shown to the user: %s", error.message)
        self.problem.emit(error)
