"""Snapshots that were asked for: each has its own answer, and none keeps a thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal, Slot

from leakgui.model.snapshot import Snapshot

Taken = Callable[[Snapshot], None]
Failed = Callable[[Exception], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    """One snapshot that was asked for, and who waits for it."""

    future: Future[Snapshot]
    taken: Taken
    failed: Failed


class Taking(QObject):
    """Waits for snapshots of the recorder, and tells them on the main thread.

    A look into a heap takes seconds: to wait for it in a job thread would keep that
    thread from judging, opening and comparing.
    """

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[_Request] = []
        self._ended.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def is_waiting(self) -> bool:
        """Whether a snapshot is still to come."""
        return bool(self._waiting)

    def wait_for(self, future: Future[Snapshot], taken: Taken, failed: Failed) -> None:
        """Tell the snapshot, or why there is none, when it is there."""
        request = _Request(future, taken, failed)
        self._waiting.append(request)
        # Called on the thread that took it: a queued signal brings it to this one.
        future.add_done_callback(partial(self._announce, request))

    def forget(self) -> None:
        """Tell nothing of what was asked for up to now."""
        self._waiting.clear()

    def _announce(self, request: _Request, _: Future[Snapshot]) -> None:
        self._ended.emit(request)

    @Slot(object)
    def _deliver(self, request: _Request) -> None:
        if request not in self._waiting:
            return
        self._waiting.remove(request)
        try:
            snapshot = request.future.result(0)
        except Exception as error:  # noqa: BLE001  # handed on, not hidden
            request.failed(error)
        else:
            request.taken(snapshot)
