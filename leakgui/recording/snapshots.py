"""Take snapshots one after the other beside a recording."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from leakgui.model.snapshot import Snapshot
from leakgui.recording.heap_looking import HeapLooking, add_look
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.live import LiveRecording

MOST_SHARE = 0.1
"""Of the time for snapshots that nobody asked for one by one: each walks the whole
memory map of the program, so a large program is let alone in between."""
MOST_STOPPED_SHARE = 0.005
"""Of the time in which the program may stand still for heaps nobody asked for."""


class SnapshotTaker:
    """One job thread that asks the helper, numbers snapshots and dates handles."""

    def __init__(
        self,
        live: LiveRecording,
        heaps: HeapLooking,
        keep: Callable[[Snapshot], None],
        last_number: int = 0,
    ) -> None:
        """Take snapshots for a recording.

        Args:
            live: whose target is looked at.
            heaps: the processes that may look.
            keep: told each snapshot, on the job thread.
            last_number: the newest that the recording has already.
        """
        self._live, self._heaps, self._keep = live, heaps, keep
        self.heap_number: int | None = None
        """The snapshot whose blocks can still be described; None where none can."""
        self._number = last_number
        self._under_way = 0
        self._last_s = live.elapsed_s
        self._cost_s = 0.0
        self._next_heap_s = 0.0
        self._is_worker_loaded = False
        self._stopping = threading.Event()
        self._is_heap_cancelled = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="leakgui snapshots")

    @property
    def is_busy(self) -> bool:
        """Whether a snapshot is being taken or waits for its turn."""
        return self._under_way > 0

    def take(self, name: str, heap: HeapWish | None = None) -> Future[Snapshot]:
        """Take one in the background; its errors are those of the helper.

        A heap that cannot be had is a gap of the snapshot and no error.
        """
        with self._lock:
            self._under_way += 1
        try:
            future = self._pool.submit(self._take, name, heap)
        except RuntimeError:  # ended meanwhile
            future = Future()
            future.cancel()
        future.add_done_callback(self._count_down)
        return future

    def take_when_due(
        self, now_s: float, every_s: float, heap: HeapWish | None = None
    ) -> None:
        """Take one by itself, so long after the last or when it costs little enough.

        With the heap only where the program is stopped at most 0.5 % of the time.
        """
        pause_s = max(every_s, self._cost_s / MOST_SHARE)
        if self.is_busy or now_s < self._last_s + pause_s:
            return
        self._last_s = now_s
        self.take("", heap if now_s >= self._next_heap_s else None)

    def cancel_heap(self) -> None:
        """Give up the heap of the snapshot under way; the rest of it is kept."""
        self._is_heap_cancelled.set()

    def close(self) -> None:
        """End: one under way is cut short, those that wait are cancelled."""
        self._stopping.set()
        self.heap_number = None
        self._heaps.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _take(self, name: str, heap: HeapWish | None) -> Snapshot:
        elapsed_s = self._live.elapsed_s
        raw = self._look(heap, elapsed_s)
        handles = raw.handles
        snapshot = replace(
            raw,
            number=self._number + 1,
            name=name or str(self._number + 1),
            elapsed_s=elapsed_s,
            taken_unix_s=self._live.started_unix_s + elapsed_s,
            handles=None if handles is None else self._live.history.date(handles),
        )
        self._number += 1
        if snapshot.heap is not None and self._can_describe():
            self.heap_number = snapshot.number
        self._keep(snapshot)
        return snapshot

    def _look(self, heap: HeapWish | None, now_s: float) -> Snapshot:
        key, heaps = self._live.target.key, self._heaps
        if heap is not None:
            self._is_heap_cancelled.clear()
            self.heap_number = None
            heaps.warm_up()
        raw = heaps.helper.take_snapshot(key, cancelled=self._stopping.is_set)
        self._cost_s = raw.cost_ms / 1000
        if heap is None:
            return raw
        looked = add_look(raw, heaps.look(key, heap, self._is_unwanted))
        # The first look also loads the worker, or compiles it: later ones do not.
        if self._is_worker_loaded:
            self._cost_s = looked.cost_ms / 1000
        self._is_worker_loaded = True
        self._next_heap_s = now_s + looked.paused_ms / 1000 / MOST_STOPPED_SHARE
        return looked

    def _can_describe(self) -> bool:
        return self._heaps.keeps_blocks and not self._stopping.is_set()

    def _is_unwanted(self) -> bool:
        return self._stopping.is_set() or self._is_heap_cancelled.is_set()

    def _count_down(self, _: Future[Snapshot]) -> None:
        with self._lock:
            self._under_way -= 1
