"""Look into the native heap: what it would cost, how far it is, one block closely."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from leakgui.errors import LeakguiError
from leakgui.helper.elevation import Elevation
from leakgui.model.block import BlockDetail
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Snapshot
from leakgui.recording.heap_taking import Estimate, HeapWish

if TYPE_CHECKING:
    from leakgui.recording.recorder import Recorder
    from leakgui.ui.workspace import Workspace

logger = logging.getLogger(__name__)

LOOK_EVERY_MS = 100


class HeapWork(QObject):
    """What the dialog, the status bar and the pages ask about the heap."""

    estimated = Signal(object)
    """What a copy would cost: a ``recording.heap_taking.Estimate``."""
    refused = Signal(object)
    """The ``LeakguiError`` that stands in the way of a copy."""
    staged = Signal(object)
    """How far it is: a ``HeapStage``, or None when nothing is under way."""
    taken = Signal()
    """A heap snapshot that somebody asked for is there, or why it is not."""
    described = Signal(object, object)
    """An address, and its ``BlockDetail`` or None where no block is there."""
    not_described = Signal(object, str)
    """An address, and why nothing can be said of it."""
    newest_changed = Signal(object)
    """The newest snapshot with a heap, or None."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._unasked: set[ProcessKey] = set()
        self._newest: Snapshot | None = None
        self._timer = QTimer(self)
        self._timer.setObjectName("follow the heap snapshot")
        self._timer.timeout.connect(self._follow)
        workspace.snapshots_changed.connect(self._find_newest)
        workspace.snapshot_shown.connect(self._take_newest)
        workspace.opened.connect(self._forget)
        workspace.closed.connect(self._forget)

    @property
    def _recorder(self) -> Recorder | None:
        return self._workspace.recorder

    # -- before -------------------------------------------------------------------

    @property
    def must_ask(self) -> bool:
        """Whether the dialog is shown before this process is paused."""
        subject = self._workspace.subject
        return subject is None or subject.target.key not in self._unasked

    def ask_no_more(self) -> None:
        """Pause this process without the dialog, until leakgui is closed."""
        if self._workspace.subject is not None:
            self._unasked.add(self._workspace.subject.target.key)

    def estimate(self) -> None:
        """Ask what a copy would cost; ``estimated`` or ``refused`` follows."""
        recorder = self._recorder
        if recorder is not None:
            self._workspace.jobs.ask_latest(
                "estimate",
                lambda _: recorder.estimate_heap_copy(),
                self._take_estimate,
                self._refuse,
            )

    def _take_estimate(self, estimate: Estimate) -> None:
        logger.info("a copy of the heap would pause for %.0f ms", estimate.paused_ms)
        self.estimated.emit(estimate)

    def elevate(self, elevation: Elevation) -> None:
        """Ask a helper with more rights from now on; the system asks for a password."""
        if self._recorder is not None:
            self._recorder.use_elevated_helper(elevation)

    def _refuse(self, error: Exception) -> None:
        if not isinstance(error, LeakguiError):
            raise error
        logger.info("no copy of the heap: %s", error)
        self.refused.emit(error)

    # -- while it is taken --------------------------------------------------------

    def take(self, wish: HeapWish | None = None) -> None:
        """Take a snapshot with the heap; the dialog has been agreed to."""
        if self._recorder is not None:
            self._workspace.take_snapshot(wish or HeapWish(level=Level.PAUSE))
            self._timer.start(LOOK_EVERY_MS)

    def cancel(self) -> None:
        """Give the heap up; the process runs on and the rest is kept."""
        if self._recorder is not None:
            self._recorder.cancel_heap()

    def _follow(self) -> None:
        recorder = self._recorder
        stage = recorder.heap_stage if recorder is not None else None
        self.staged.emit(stage)
        if stage is None and not self._workspace.taking.is_waiting:
            self._timer.stop()

    # -- the newest heap ----------------------------------------------------------

    @property
    def newest(self) -> Snapshot | None:
        """The newest snapshot that has a heap, as far as it is read."""
        return self._newest

    def _find_newest(self) -> None:
        """Read the newest snapshot that has a heap, where it is another one."""
        subject = self._workspace.subject
        headings = subject.headings() if subject else ()
        numbers = [heading.number for heading in headings if heading.has_heap]
        known = self._newest.number if self._newest else None
        if subject is not None and numbers and numbers[-1] != known:
            self._workspace.jobs.ask_latest(
                "newest heap",
                lambda _: subject.snapshot(numbers[-1]),
                self._take_newest,
                self._workspace.show_failure,
            )

    def _take_newest(self, snapshot: Snapshot) -> None:
        known = self._newest.number if self._newest else 0
        if snapshot.heap is not None and snapshot.number > known:
            self._newest = snapshot
            self.newest_changed.emit(snapshot)

    def _forget(self, *_: object) -> None:
        self._timer.stop()
        self.staged.emit(None)
        for slot in ("estimate", "newest heap", "block"):
            self._workspace.jobs.forget(slot)
        self._newest = None
        self.newest_changed.emit(None)

    # -- one block ----------------------------------------------------------------

    def describe(self, address: int, number: int) -> None:
        """Look at a block of a snapshot; ``described`` or ``not_described`` follows."""
        recorder = self._recorder
        if recorder is None or recorder.heap_number != number:
            self.not_described.emit(address, self._gone_text())
            return

        def take(detail: BlockDetail | None) -> None:
            self.described.emit(address, detail)

        def fail(error: Exception) -> None:
            if not isinstance(error, LeakguiError):
                raise error
            self.not_described.emit(address, f"{error.message} {error.hint}".strip())

        self._workspace.jobs.ask_latest(
            "block", lambda _: recorder.describe_block(address), take, fail
        )

    def _gone_text(self) -> str:
        return self.tr(
            "The contents of this snapshot were not kept: only those of the newest "
            "heap snapshot of a running recording can be looked into."
        )
