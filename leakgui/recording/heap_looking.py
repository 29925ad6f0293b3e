"""Look into a native heap: copy, interpret, and look again at what seems lost."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from leakgui.errors import (
    AccessDenied,
    HelperFailed,
    LeakguiError,
    ProcessGone,
    Unsupported,
)
from leakgui.model.heap import Heap, Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.recording.heap_taking import (
    Cancelled,
    HeapHelper,
    HeapStage,
    HeapWish,
    HeapWorker,
    Progress,
)
from leakgui.texts import say

HEAP = "heap"
"""``Gap.where`` of what concerns the heap as a whole."""
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What a look into a heap gave, or why it gave nothing."""

    heap: Heap | None = None
    gaps: tuple[Gap, ...] = ()
    paused_ms: float = 0.0
    """Over all looks, also where nothing came of them."""
    cost_ms: float = 0.0
    """How long it took, without the wait between two looks."""
    refusal: LeakguiError | None = None
    """Why there is no heap."""


@dataclass(slots=True)
class _Looking:
    """What has come together so far, whatever happens next."""

    heap: Heap | None = None
    looks: int = 0
    pauses_ms: list[float] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copied_s: float = 0.0
    """When the newest copy was there, monotonic."""
    waited_s: float = 0.0


class HeapLooking:
    """Helper and worker together: one look at a time."""

    def __init__(
        self, helper: HeapHelper, worker: HeapWorker, *, keep_blocks: bool = True
    ) -> None:
        """Look by these two; with ``keep_blocks`` the worker holds the newest copy.

        It then takes as much memory as was copied, until the next look.
        """
        self.helper, self.worker = helper, worker
        self.keeps_blocks = keep_blocks
        self.stage: HeapStage | None = None
        """How far the look under way is; None where none is."""

    def warm_up(self) -> None:
        """Have the worker load while the rest of a snapshot is taken."""
        self.worker.warm_up()

    def look(self, key: ProcessKey, wish: HeapWish, cancelled: Cancelled) -> Look:
        """Copy and interpret a heap, twice where anything seems lost.

        Whatever stands in the way, ``cancelled`` too, becomes ``Look.refusal`` and a
        gap; what there was before is kept.
        """
        looking, begun_s = _Looking(), time.monotonic()
        refusal = None
        try:
            self._look_once(looking, key, wish.level, cancelled)
            if wish.confirm_after_s and _is_anything_lost(looking.heap):
                self._confirm(looking, key, wish, cancelled)
        except LeakguiError as error:
            if looking.heap is None:
                refusal = error
            place = HEAP if refusal else f"{HEAP}.second look"
            looking.gaps.append(gap_of(error, place))
        finally:
            self.stage = None
        if looking.looks and not self.keeps_blocks:
            with suppress(HelperFailed):
                self.worker.forget()
        took_s = time.monotonic() - begun_s - looking.waited_s
        return _conclude(looking, took_s, refusal)

    def use_helper(self, helper: HeapHelper) -> None:
        """Ask another helper from now on; a look under way is given up."""
        before, self.helper = self.helper, helper
        before.close()

    def close(self) -> None:
        """End helper and worker."""
        self.worker.close()
        self.helper.close()

    def _look_once(
        self, looking: _Looking, key: ProcessKey, level: Level, cancelled: Cancelled
    ) -> None:
        """Copy and interpret once; what is there already is to be confirmed."""
        is_second = looking.heap is not None
        show = self._show(say("Copying the heap"))
        copied = self.helper.copy_heap(key, level, show, cancelled=cancelled)
        with copied:
            looking.copied_s = time.monotonic()
            looking.pauses_ms.append(copied.paused_ms)
            looking.gaps = [
                replace(gap, where=f"{HEAP}.{gap.where}") for gap in copied.gaps
            ]
            looking.notes = list(copied.notes)
            show = self._show(self._searching_text())
            looking.heap = self.worker.interpret(
                copied, show, cancelled=cancelled, confirm=is_second
            )
            looking.looks += 1

    def _confirm(
        self, looking: _Looking, key: ProcessKey, wish: HeapWish, cancelled: Cancelled
    ) -> None:
        """Look again; where that fails, what the first look gave is kept."""
        self.stage = HeapStage(say("Waiting for the second look"))
        due_s = looking.copied_s + wish.confirm_after_s
        begun_s = time.monotonic()
        while (left_s := due_s - time.monotonic()) > 0:
            if cancelled():
                raise HelperFailed(say("The look into the heap was given up."))
            time.sleep(min(left_s, _LOOK_EVERY_S))
        looking.waited_s = time.monotonic() - begun_s
        self._look_once(looking, key, wish.level, cancelled)

    def _searching_text(self) -> str:
        """The kernels are compiled on the way, up to a minute on a slow machine."""
        if self.worker.is_cold():
            return say("Preparing the engine, once after an installation")
        return say("Searching for pointers")

    def _show(self, text: str) -> Progress:
        def show(done: int, total: int) -> None:
            self.stage = HeapStage(text, done, total)

        show(0, 0)
        return show


def add_look(snapshot: Snapshot, look: Look) -> Snapshot:
    """Return the snapshot with what a look gave."""
    return replace(
        snapshot,
        heap=look.heap,
        gaps=(*snapshot.gaps, *look.gaps),
        was_stopped=snapshot.was_stopped or look.paused_ms > 0,
        paused_ms=snapshot.paused_ms + look.paused_ms,
        cost_ms=snapshot.cost_ms + look.cost_ms,
    )


def gap_of(error: LeakguiError, where: str = HEAP) -> Gap:
    """Return why there is no heap, with what would help."""
    kinds = (
        (AccessDenied, GapReason.DENIED),
        (ProcessGone, GapReason.VANISHED),
        (Unsupported, GapReason.UNSUPPORTED),
    )
    reason = next(
        (reason for kind, reason in kinds if isinstance(error, kind)),
        GapReason.UNREADABLE,
    )
    detail = " ".join(part for part in (error.message, error.hint) if part)
    return Gap(where=where, reason=reason, detail=detail)


def _conclude(looking: _Looking, took_s: float, refusal: LeakguiError | None) -> Look:
    heap, pauses_ms = looking.heap, tuple(looking.pauses_ms)
    if heap is not None:
        # A second copy of which nothing came, or that a fresh worker could compare
        # with nothing, is a pause and no look.
        heap = replace(
            heap,
            looks=min(heap.looks, looking.looks),
            paused_ms=pauses_ms,
            notes=tuple(dict.fromkeys((*heap.notes, *looking.notes))),
        )
        looking.gaps += _find_gaps(heap)
    return Look(
        heap=heap,
        gaps=tuple(looking.gaps),
        paused_ms=sum(pauses_ms),
        cost_ms=1000 * took_s,
        refusal=refusal,
    )


def _find_gaps(heap: Heap) -> list[Gap]:
    """Return what an interpreted heap could not tell, and why."""
    if heap.blocks is None:
        what = say(
            "The blocks of {allocator} cannot be counted.", allocator=heap.allocator
        )
    elif heap.leaked is None:
        what = say("What is lost could not be found out.")
    else:
        return []
    detail = " ".join((what, *heap.notes))
    return [Gap(where=HEAP, reason=GapReason.UNSUPPORTED, detail=detail)]


def _is_anything_lost(heap: Heap | None) -> bool:
    return heap is not None and heap.leaked is not None and heap.leaked.lost > 0
