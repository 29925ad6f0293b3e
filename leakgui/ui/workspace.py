"""What is open and selected, announced by signals; pages ask and command it."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from leakgui.errors import LeakguiError
from leakgui.model.difference import Difference
from leakgui.model.metric import Tier
from leakgui.model.process import ProcessKey
from leakgui.model.recording import Event, EventKind
from leakgui.model.snapshot import Snapshot
from leakgui.recording.cost import Cost
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.recorder import Recorder
from leakgui.settings import Settings
from leakgui.ui.heap_work import HeapWork
from leakgui.ui.jobs import Jobs
from leakgui.ui.judging import Judging
from leakgui.ui.next_run import NextRun
from leakgui.ui.starter import Starter
from leakgui.ui.subject import (
    FileSubject,
    LiveSubject,
    Subject,
    compare_numbers,
    describe_counters,
    number_to_compare,
)
from leakgui.ui.taking import Taking
from leakgui.ui.theme import Theme

logger = logging.getLogger(__name__)

TICK_MS = 250
MOST_EARLIER_RUNS = 4


class Workspace(QObject):
    """One process at a time: what is known of it and what is looked at."""

    opened = Signal(object)
    closed = Signal()
    ticked = Signal()
    judged = Signal(object)
    snapshots_changed = Signal()
    snapshot_shown = Signal(object)
    compared = Signal(object)
    difference_asked = Signal()
    """The difference that was just told is what the user wants to see now."""
    event_happened = Signal(object)
    problem = Signal(object)
    target_ended = Signal(object)
    """The event that says when and how the process ended."""
    busy = Signal(str)
    said = Signal(str)
    """A short message for the status line."""
    state_changed = Signal()
    """Something began, ended, or is being waited for."""

    def __init__(
        self,
        jobs: Jobs,
        settings: Settings,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.settings = settings
        self.theme = theme
        self.subject: Subject | None = None
        self.earlier: list[Subject] = []
        """Earlier runs of the same program, drawn behind the newest."""
        self.snapshot: Snapshot | None = None
        self.difference: Difference | None = None
        self._was_running = False
        self._told_problem: LeakguiError | None = None
        self.starter = Starter(jobs, settings, self)
        self.taking = Taking(self)
        self.judging = Judging(jobs, self)
        self.next_run = NextRun(jobs, self)
        self.heap = HeapWork(self)
        self._tick = QTimer(self)
        self._tick.setObjectName("redraw")
        self._tick.timeout.connect(self._follow)
        self.starter.announced.connect(self._take_event)
        self.starter.started.connect(self._open)
        self.starter.failed.connect(self.show_failure)
        self.starter.busy.connect(self.busy)
        self.starter.said.connect(self.said)
        self.judging.judged.connect(self.judged)
        self.judging.failed.connect(self.show_failure)
        self.next_run.started.connect(self._watch_next_run)
        self.next_run.failed.connect(self.show_failure)

    # -- opening ------------------------------------------------------------------

    @property
    def recorder(self) -> Recorder | None:
        """The recorder of what is open, while it is live."""
        return self.subject.recorder if isinstance(self.subject, LiveSubject) else None

    @property
    def is_running(self) -> bool:
        """Whether a recording is under way."""
        return isinstance(self.subject, LiveSubject) and self.subject.is_running

    @property
    def cost(self) -> Cost | None:
        """What watching costs now; None where nothing is watched."""
        return self.recorder.cost if self.recorder else None

    def open_file(self, path: Path) -> None:
        """Open a session file or an exported CSV."""
        self.busy.emit(self.tr("Opening {name}…").format(name=path.name))
        self.jobs.ask_latest(
            "open", lambda _: FileSubject(path), self._open, self.show_failure
        )

    def stop_recording(self) -> None:
        """End the recording and go on looking at it; the program runs on."""
        if self.recorder is not None:
            self.recorder.stop()

    def close(self) -> None:
        """End the recording, keep its file, and forget what was selected."""
        self.next_run.stop()
        self.judging.end()
        self._tick.stop()
        self.taking.forget()
        for slot in ("show snapshot", "compare", "open"):
            self.jobs.forget(slot)
        self._forget_subjects()
        self.snapshot = self.difference = None
        self.closed.emit()

    def _forget_subjects(self) -> None:
        subjects = [*self.earlier, *([self.subject] if self.subject else [])]
        self.subject, self.earlier = None, []
        for subject in subjects:
            subject.close()

    def _open(self, subject: Subject) -> None:
        is_next_run = self.next_run.is_waiting
        earlier = [*self.earlier, self.subject] if is_next_run and self.subject else []
        if not is_next_run:
            self.close()
        self.next_run.stop()
        self.earlier = earlier[-MOST_EARLIER_RUNS:]
        self.subject = subject
        self.snapshot = self.difference = None
        self.busy.emit("")
        self.opened.emit(subject)
        self.snapshots_changed.emit()
        self._was_running = self.is_running
        self._tick.start(TICK_MS)
        self.judging.begin(subject)
        headings = subject.headings()
        if headings:
            self.show_snapshot(headings[-1].number)

    # -- while it runs --------------------------------------------------------------

    def take_snapshot(self, heap: HeapWish | None = None) -> None:
        """Take a snapshot beside the recording; it is shown when it is there."""
        recorder = self.recorder
        if recorder is None:
            return
        self.busy.emit(self.tr("Taking a snapshot…"))
        self.taking.wait_for(
            recorder.take_snapshot(heap=heap),
            lambda snapshot: self._take_snapshot(snapshot, has_heap=heap is not None),
            self.show_failure,
        )

    def rename_snapshot(self, number: int, name: str) -> None:
        """Give a snapshot of the running recording another name."""
        if self.recorder:
            self.recorder.rename_snapshot(number, name)

    def read_shares_again(self) -> None:
        """Read PSS and USS once more where that was given up as too slow."""
        if self.recorder:
            self.recorder.read_again(Tier.SHARES)

    def mark_step(self) -> None:
        """Mark that the same action was done once more."""
        if self.recorder:
            self.recorder.mark_step()

    def add_note(self, text: str) -> None:
        """Put a note on the time axis."""
        if self.recorder and text.strip():
            self.recorder.add_note(text.strip())

    def _take_snapshot(self, snapshot: Snapshot, *, has_heap: bool) -> None:
        if not self.taking.is_waiting:
            self.busy.emit("")
        logger.info("snapshot %d taken in %.0f ms", snapshot.number, snapshot.cost_ms)
        self._set_snapshot(snapshot)
        self.snapshots_changed.emit()
        headings = self.subject.headings() if self.subject else ()
        before = number_to_compare(headings, snapshot)
        if before is not None:
            self.compare(before, snapshot.number, is_asked=not has_heap)
        if has_heap:
            self.heap.taken.emit()
        self.judging.judge_now()

    def _follow(self) -> None:
        """Redraw; notice when the recording has ended or cannot be written."""
        self.ticked.emit()
        problem = self.recorder.problem if self.recorder else None
        if problem is not None and problem is not self._told_problem:
            self.problem.emit(problem)
        self._told_problem = problem
        if self._was_running and not self.is_running:
            self._was_running = False
            self.judging.judge_now()
            self.state_changed.emit()

    def _take_event(self, event: Event) -> None:
        if self.subject is None:
            return
        logger.info("%s: %s", event.kind.value, event.text)
        self.event_happened.emit(event)
        if event.kind is EventKind.SNAPSHOT:
            self.snapshots_changed.emit()
        if event.kind is EventKind.TARGET_ENDED:
            self.target_ended.emit(event)

    # -- looking --------------------------------------------------------------------

    def show_snapshot(self, number: int) -> None:
        """Read one snapshot and show what is in it."""
        subject = self.subject
        if subject is not None:
            self.jobs.ask_latest(
                "show snapshot",
                lambda _: subject.snapshot(number),
                self._set_snapshot,
                self.show_failure,
            )

    def compare(self, before: int, after: int, *, is_asked: bool = True) -> None:
        """Show what changed between two snapshots."""
        subject = self.subject
        if subject is not None:
            events = subject.source.events
            self.jobs.ask_latest(
                "compare",
                lambda _: compare_numbers(subject, before, after, events),
                lambda difference: self._set_difference(difference, is_asked=is_asked),
                self.show_failure,
            )

    def _set_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.snapshot_shown.emit(snapshot)

    def _set_difference(self, difference: Difference, *, is_asked: bool) -> None:
        self.difference = difference
        logger.info("compared %s", describe_counters(difference))
        self.compared.emit(difference)
        if is_asked:
            self.difference_asked.emit()

    # -- the next run ---------------------------------------------------------------

    def toggle_waiting(self) -> None:
        """Wait for the program to be started again, or stop waiting."""
        if self.next_run.is_waiting or self.subject is None:
            self.next_run.stop()
        else:
            self.next_run.wait_for(self.subject.target)
            self.said.emit(self.tr("Waiting for the next start of the program."))
        self.state_changed.emit()

    def _watch_next_run(self, key: ProcessKey) -> None:
        if self.subject is not None:
            self.starter.watch(key, self.subject.target.name)

    # -- failing ----------------------------------------------------------------------

    def show_failure(self, error: Exception) -> None:
        self.busy.emit("")
        if isinstance(error, CancelledError):  # the recording ended before its turn
            return
        if not isinstance(error, LeakguiError):
            raise error
        logger.info("shown to the user: %s", error.message)
        self.problem.emit(error)
