"""Start the worker, and ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap
from leakgui.wire.passing import Parcel

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

INTERPRET_TIMEOUT_S = 600.0


class Copied(Protocol):
    """A copied heap: ``leakgui.helper.copied_heap.CopiedHeap``."""

    @property
    def parcel(self) -> Parcel:
        """Return what is handed on to the worker, unopened."""


class WorkerClient:
    """One worker process, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait. Also a context manager.
    """

    def warm_up(self) -> None:
        """Start the worker, so that it loads while the copy is made; fails silently."""
        raise NotImplementedError

    def interpret(
        self,
        copied: Copied,
        progress: Progress | None = None,
        *,
        cancelled: Cancelled | None = None,
        confirm: bool = False,
        timeout_s: float = INTERPRET_TIMEOUT_S,
    ) -> Heap:
        """Return what is in a copied heap; the worker keeps it for the next questions.

        With ``confirm`` only those blocks stay lost that already were in the last heap
        that this worker interpreted, if it was of the same process. The copy remains
        the caller's to close; it may be closed as soon as this returns.

        Raises:
            HelperFailed: the worker died, was cancelled or closed, took longer than
                ``timeout_s``, or answered nonsense. The next request starts a new one.
        """
        raise NotImplementedError

    def describe_block(self, address: int) -> BlockDetail | None:
        """Return one block of the newest heap; None where none is in use there.

        Raises:
            HelperFailed: as ``interpret``; also when the worker has no heap (any more).
        """
        raise NotImplementedError

    def forget(self) -> None:
        """Let the worker give back the memory of its heap; it keeps running."""
        raise NotImplementedError

    def close(self) -> None:
        """End the worker and leave nothing behind; later requests fail."""
        raise NotImplementedError
