"""Start the helper, and ask it."""

from __future__ import annotations

from collections.abc import Callable

from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Snapshot

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

SNAPSHOT_TIMEOUT_S = 120.0


class HelperClient:
    """One helper process, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait. Also a context manager.
    """

    def take_snapshot(
        self,
        key: ProcessKey,
        progress: Progress | None = None,
        *,
        cancelled: Cancelled | None = None,
        timeout_s: float = SNAPSHOT_TIMEOUT_S,
    ) -> Snapshot:
        """Return the inside of a process now; number 0, no name, elapsed 0.

        ``progress(done, total)`` is called on this thread. When ``cancelled()``
        turns true the helper is killed: it only reads, so this harms nothing.

        Raises:
            ProcessGone: it ended, or the pid is another's.
            AccessDenied: not even the counters may be read.
            Unsupported: this system has no snapshots.
            HelperFailed: the helper died, was cancelled or closed, took longer
                than ``timeout_s``, or answered nonsense. The next request starts
                a new one.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the helper and leave nothing behind; later requests fail."""
        raise NotImplementedError
