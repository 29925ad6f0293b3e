"""Take snapshots one after the other beside a recording."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Snapshot
from leakgui.recording.live import LiveRecording

MOST_SHARE = 0.1
"""Of the time for snapshots that nobody asked for one by one: each walks the whole
memory map of the program, so a large program is let alone in between."""


class SnapshotHelper(Protocol):
    """What is asked of ``leakgui.helper.client.HelperClient``."""

    def take_snapshot(
        self, key: ProcessKey, *, cancelled: Callable[[], bool]
    ) -> Snapshot: ...

    def close(self) -> None: ...


class SnapshotTaker:
    """One job thread that asks the helper, numbers snapshots and dates handles."""

    def __init__(
        self,
        live: LiveRecording,
        helper: SnapshotHelper,
        keep: Callable[[Snapshot], None],
        last_number: int = 0,
    ) -> None:
        """Take snapshots for a recording.

        Args:
            live: whose target is looked at.
            helper: the process that may look.
            keep: told each snapshot, on the job thread.
            last_number: the newest that the recording has already.
        """
        self._live, self._helper, self._keep = live, helper, keep
        self._number = last_number
        self._under_way = 0
        self._last_s = live.elapsed_s
        self._cost_s = 0.0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="leakgui snapshots")

    @property
    def is_busy(self) -> bool:
        """Whether a snapshot is being taken or waits for its turn."""
        return self._under_way > 0

    def take(self, name: str) -> Future[Snapshot]:
        """Take one in the background; its errors are those of the helper."""
        with self._lock:
            self._under_way += 1
        try:
            future = self._pool.submit(self._take, name)
        except RuntimeError:  # ended meanwhile
            future = Future()
            future.cancel()
        future.add_done_callback(self._count_down)
        return future

    def take_when_due(self, now_s: float, every_s: float) -> None:
        """Take one by itself, so long after the last or when it costs little enough."""
        pause_s = max(every_s, self._cost_s / MOST_SHARE)
        if self.is_busy or now_s < self._last_s + pause_s:
            return
        self._last_s = now_s
        self.take("")

    def close(self) -> None:
        """End: one under way is given up, those that wait are cancelled."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._helper.close()

    def _take(self, name: str) -> Snapshot:
        elapsed_s = self._live.elapsed_s
        raw = self._helper.take_snapshot(
            self._live.target.key, cancelled=self._stopping.is_set
        )
        self._cost_s = raw.cost_ms / 1000
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
        self._keep(snapshot)
        return snapshot

    def _count_down(self, _: Future[Snapshot]) -> None:
        with self._lock:
            self._under_way -= 1
