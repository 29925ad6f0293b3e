"""A recording whose process nobody looks into: answers are given by the test."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from types import SimpleNamespace

from leakgui.charts.source import RecordedSource
from leakgui.errors import LeakguiError
from leakgui.guidance.evidence import Observed, observe
from leakgui.model.block import BlockDetail
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.recording.heap_taking import HeapStage, HeapWish
from leakgui.ui.subject import LiveSubject
from tests.ui.chart_sources import TARGET, recording

ESTIMATE = SimpleNamespace(
    copy_bytes=96 << 20, paused_ms=35.2, fork_paused_ms=4.1, can_fork=True,
    cannot_fork_reason="",
    notes=(),
)  # fmt: skip


class PuppetRecorder:
    """Remembers what was wished; ``give`` says how it ends."""

    def __init__(self) -> None:
        self.wishes: list[HeapWish | None] = []
        self.futures: list[Future[Snapshot]] = []
        self.answer: object = ESTIMATE
        self.blocks: dict[int, BlockDetail | None] = {}
        self.elevations: list[object] = []
        self.heap_stage: HeapStage | None = None
        self.heap_number: int | None = None
        self.is_cancelled = False
        self.problem = None
        self.cost = None

    def wait(self, _timeout_s: float) -> bool:
        return False

    def stop(self) -> None:
        for future in self.futures:
            future.cancel()

    def take_snapshot(self, name: str = "", heap: HeapWish | None = None):
        self.wishes.append(heap)
        self.futures.append(Future())
        return self.futures[-1]

    def estimate_heap_copy(self) -> object:
        if isinstance(self.answer, LeakguiError):
            raise self.answer
        return self.answer

    def describe_block(self, address: int) -> BlockDetail | None:
        return self.blocks.get(address)

    def cancel_heap(self) -> None:
        self.is_cancelled = True

    def use_elevated_helper(self, elevation: object) -> None:
        self.elevations.append(elevation)
        self.answer = ESTIMATE


class PuppetSubject(LiveSubject):
    """What is open: a puppet that runs, and the snapshots of the test."""

    def __init__(self, snapshots: Sequence[Snapshot] = ()) -> None:
        self.recorder = PuppetRecorder()
        self.child = None
        self._recording = recording(events=(), gaps=())
        self.source = RecordedSource(self._recording)
        self.target = TARGET
        self.path = None
        self.snapshots = list(snapshots)

    def headings(self) -> Sequence[SnapshotHeading]:
        return [_heading(snapshot) for snapshot in self.snapshots]

    def snapshot(self, number: int) -> Snapshot:
        return next(each for each in self.snapshots if each.number == number)

    def closed_handles(self):
        return ()

    def observed(self) -> Observed:
        return observe(self._recording, (), ())


def _heading(snapshot: Snapshot) -> SnapshotHeading:
    heap = snapshot.heap
    leaked = heap.leaked if heap else None
    return SnapshotHeading(
        number=snapshot.number, name=snapshot.name, elapsed_s=snapshot.elapsed_s,
        taken_unix_s=snapshot.taken_unix_s, rss_bytes=98e6, handles=None,
        threads=None, has_heap=heap is not None,
        lost_bytes=leaked.lost_bytes if leaked else None,
    )  # fmt: skip


def open_puppet(qtbot, window, *snapshots: Snapshot) -> PuppetSubject:
    """Let a window watch a puppet, its newest snapshot shown."""
    subject = PuppetSubject(snapshots)
    with qtbot.waitSignal(window.workspace.judged):
        window.workspace.starter.started.emit(subject)
    if snapshots:
        qtbot.waitUntil(lambda: window.workspace.snapshot is snapshots[-1])
    return subject
