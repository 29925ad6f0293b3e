"""Stop a target once more, shortly, so that nothing of its fork stays."""

from __future__ import annotations

import time

from leakgui.errors import TargetError
from leakgui.probe.freezing.forking import Fork, collect_fork, is_collected
from leakgui.probe.freezing.fuse import REPORT_S, STOP_PATIENCE_S, Fuse
from leakgui.probe.freezing.helping import Helping
from leakgui.probe.freezing.injecting import NotInjected
from leakgui.probe.freezing.order import Order, refuse_stranger
from leakgui.probe.freezing.tracing import (
    BeganAnotherProgram,
    NotRestored,
    NotStopped,
    StoppedThreads,
)
from leakgui.probe.procfs import read_file

_TRIES = 20
_EVERY_S = 0.05
_STRANGE = (NotStopped, NotRestored, BeganAnotherProgram, TargetError, OSError)
"""What comes between: the copy that was made is good in spite of it."""


class Collector:
    """Collects one dead fork."""

    def __init__(self, order: Order, fuse: Fuse, helping: Helping) -> None:
        self._order, self._fuse, self._helping = order, fuse, helping
        self.paused_s = 0.0
        """How long the target stood still for it."""

    def collect(self, fork: Fork) -> bool:
        """Return whether nothing of it stays; never raises for what the target does."""
        for attempt in range(_TRIES):
            time.sleep(_EVERY_S if attempt else 0)
            try:
                collected = self._collect_now(fork)
            except NotInjected:
                self._fuse.put_out()
                continue
            except ProcessLookupError:
                collected = True  # the target has ended, and its zombies with it
            except _STRANGE:
                # What did not stop yet may do so until we end.
                self._fuse.light(REPORT_S)
                return False
            self._fuse.put_out()
            return collected
        return False

    def _collect_now(self, fork: Fork) -> bool:
        held = StoppedThreads(self._order.pid)
        self._fuse.light(2 * STOP_PATIENCE_S + 5.0)
        try:
            tids = held.stop(STOP_PATIENCE_S)
            refuse_stranger(self._order)
            if is_collected(fork):
                return True
            maps = read_file(f"/proc/{self._order.pid}/maps")
            carrier, entrance = self._helping.find(maps, tids)
            return collect_fork(carrier, entrance, fork)
        finally:
            self.paused_s += held.release()
