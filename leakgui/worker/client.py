"""Start the worker, and ask it."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from leakgui.errors import HelperFailed
from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap
from leakgui.texts import say
from leakgui.wire.asking import Asker, Cancelled, Patience, Progress, Request
from leakgui.wire.child import Role
from leakgui.wire.passing import Parcel
from leakgui.worker.compiled_code import CompiledCode
from leakgui.worker.unpacking import unpack, unpack_heap
from leakgui.worker.verbs import PROTOCOL

logger = logging.getLogger(__name__)

COMMAND = (sys.executable, "-I", "-m", "leakgui.worker")

_CRASHES = {
    -crash
    for crash in (
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGABRT,
    )
}

INTERPRET_TIMEOUT_S = 600.0
BLOCK_TIMEOUT_S = 120.0


class Copied(Protocol):
    """A copied heap: ``leakgui.helper.copied_heap.CopiedHeap``."""

    @property
    def parcel(self) -> Parcel:
        """Return what is handed on to the worker, unopened."""


class WorkerClient:
    """One worker process, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait. Also a context manager.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Prepare to ask; nothing is started yet."""
        self._compiled = CompiledCode()
        role = Role(
            name="worker",
            title=say("The worker"),
            command=command,
            environment=self._compiled.environment,
            explain=_explain,
        )
        self._asker = Asker(role, PROTOCOL)

    def __enter__(self) -> Self:
        """Return itself; nothing is started yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def pid(self) -> int | None:
        """Return the number of the worker that runs now, or None."""
        return self._asker.pid

    def warm_up(self) -> None:
        """Start the worker, so that it loads while the copy is made; never fails."""
        try:
            self._asker.start()
        except HelperFailed as error:
            logger.info("the worker is not warm: %s", error)

    def is_cold(self) -> bool:
        """Return whether the next heap takes longer, as kernels are to be compiled."""
        return self._compiled.is_cold()

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
        that this worker interpreted, if it was of the same process: ``Heap.looks`` is
        2 then. The copy remains the caller's to close; it may be closed as soon as
        this returns. ``progress(done, total)`` is told hundredths, on this thread.

        Raises:
            HelperFailed: the worker died, was cancelled or closed, took longer than
                ``timeout_s``, or answered nonsense. The next request starts a new one.
        """
        parcel = copied.parcel
        request = Request(
            {"verb": "interpret", "confirm": confirm, "copy": _heading(parcel)},
            parcel.frame,
            parcel.files,
        )
        heap = self._asker.ask(
            request,
            Patience(timeout_s, progress, cancelled),
            lambda answer: unpack_heap(answer.frame),
        )
        if heap.leaked is not None:
            self._compiled.note_compiled()
        return heap

    def describe_block(
        self, address: int, *, timeout_s: float = BLOCK_TIMEOUT_S
    ) -> BlockDetail | None:
        """Return the block of the newest heap that an address lies in, or None.

        Raises:
            HelperFailed: as ``interpret``; also when the worker has no heap any more.
        """
        return self._asker.ask(
            Request({"verb": "block", "address": address}),
            Patience(timeout_s),
            _unpack_block,
        )

    def forget(self) -> None:
        """Let the worker give back the memory of its heap; never fails."""
        if self.pid is not None:
            with suppress(HelperFailed):
                self._asker.ask(
                    Request({"verb": "forget"}),
                    Patience(BLOCK_TIMEOUT_S),
                    lambda _: None,
                )

    def close(self) -> None:
        """End the worker and leave nothing behind; later requests fail."""
        self._asker.close()
        self._compiled.close()


def _heading(parcel: Parcel) -> dict[str, object]:
    """Return the header without what describes only how it travelled."""
    travelled = ("id", "reply", "arrays", "files")
    return {k: v for k, v in parcel.header.items() if k not in travelled}


def _unpack_block(answer: Parcel) -> BlockDetail | None:
    if answer.header.get("block", 0) is None:
        return None
    return unpack(answer.frame, "block", BlockDetail)


def _explain(status: int) -> str:
    """Return what an exit status means; negative ones are signals."""
    if status == -9:
        return say("The system ended the worker: probably there is too little memory.")
    if status in _CRASHES:
        return say(
            "The worker crashed over this heap ({signal}). The process that was looked "
            "at is not affected, and the next request starts a new worker.",
            signal=signal.Signals(-status).name,
        )
    return ""
