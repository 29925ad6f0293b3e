"""Run work off the main thread and bring the result back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

Result = TypeVar("Result")
Cancelled = Callable[[], bool]


class Jobs(QObject):
    """Work in threads whose results arrive on the main thread.

    A job must not touch a widget. Within a slot only the newest job counts: an
    older one is told to stop, and its result is dropped.
    """

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="job")
        self._newest: Counter[str] = Counter()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._is_closed = False

    def ask_latest(
        self,
        slot: str,
        job: Callable[[Cancelled], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Run a job; older jobs of the same slot lose their say."""
        if self._is_closed:
            return
        self._newest[slot] += 1
        number = self._newest[slot]

        def cancelled() -> bool:
            return self._is_closed or self._newest[slot] != number

        def run() -> None:
            try:
                result = job(cancelled)
            except Exception as error:  # noqa: BLE001  # handed on, not hidden
                self._send((cancelled, failed, error))
            else:
                self._send((cancelled, done, result))

        self._pool.submit(run)

    def forget(self, slot: str) -> None:
        """Drop whatever is under way in this slot."""
        self._newest[slot] += 1

    def close(self) -> None:
        """Let running jobs end, start no new ones, deliver nothing more."""
        self._is_closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, arrival: object) -> None:
        if not self._is_closed:
            self._arrived.emit(arrival)

    @Slot(object)
    def _deliver(
        self, arrival: tuple[Cancelled, Callable[[object], None], object]
    ) -> None:
        cancelled, receive, value = arrival
        if not cancelled():
            receive(value)
