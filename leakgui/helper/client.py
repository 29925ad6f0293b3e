"""Start the helper, and ask it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from leakgui.helper.copied_heap import CopiedHeap, CopyEstimate, unpack_estimate
from leakgui.helper.rights import clean_environment
from leakgui.helper.unpacking import unpack_snapshot
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Snapshot
from leakgui.texts import say
from leakgui.wire.asking import (
    START_TIMEOUT_S,
    Asker,
    Cancelled,
    Patience,
    Progress,
    Request,
)
from leakgui.wire.child import Role

# -I: neither the working folder nor the environment decides what code runs there.
COMMAND = (sys.executable, "-I", "-m", "leakgui.helper")

SNAPSHOT_TIMEOUT_S = 120.0
ESTIMATE_TIMEOUT_S = 60.0
COPY_TIMEOUT_S = 300.0


class HelperClient:
    """One helper process, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait. Also a context manager.

    Whatever is asked, ``HelperFailed`` is raised where the helper died, was cancelled
    or closed, took longer than ``timeout_s``, or answered nonsense; the next request
    starts a new one. ``progress(done, total)`` is called on the thread that asks. When
    ``cancelled()`` turns true the helper is killed: that harms nothing, as the kernel
    lets a process run on that the dead helper held.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        start_timeout_s: float = START_TIMEOUT_S,
    ) -> None:
        """Prepare to ask.

        Args:
            command: what starts it; see ``leakgui.helper.elevation`` for one with
                more rights.
            start_timeout_s: how long it may take, a question for a password included.
        """
        role = Role(
            name="helper", title=say("The helper"), command=command, explain=_explain,
            environment=lambda: clean_environment(os.environ),
        )  # fmt: skip
        self._asker = Asker(role, PROTOCOL, start_timeout_s)

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
        """Return the number of the helper that runs now, or None."""
        return self._asker.pid

    def start(self, *, cancelled: Cancelled | None = None) -> None:
        """Start it now: where a password is asked for, this is when.

        Raises:
            HelperFailed: it could not be started, or nobody gave the password.
        """
        self._asker.start(Patience(0, cancelled=cancelled))

    def take_snapshot(
        self,
        key: ProcessKey,
        progress: Progress | None = None,
        *,
        cancelled: Cancelled | None = None,
        timeout_s: float = SNAPSHOT_TIMEOUT_S,
    ) -> Snapshot:
        """Return the inside of a process now; number 0, no name, elapsed 0.

        Raises:
            ProcessGone: it ended, or the pid is another's.
            AccessDenied: not even the counters may be read.
            Unsupported: this system has no snapshots.
            HelperFailed: see the class.
        """
        request = Request({"verb": "snapshot", **key._asdict()})
        patience = Patience(timeout_s, progress, cancelled)
        return self._asker.ask(
            request, patience, lambda parcel: unpack_snapshot(parcel.frame)
        )

    def estimate_heap_copy(
        self,
        key: ProcessKey,
        *,
        cancelled: Cancelled | None = None,
        timeout_s: float = ESTIMATE_TIMEOUT_S,
    ) -> CopyEstimate:
        """Return what a copy of its memory would cost a process; stops nothing.

        Raises:
            ProcessGone: it ended, or the pid is another's.
            AccessDenied: the system would not let us copy; the hint says what would.
            Unsupported: this kind of process or system has no such copies.
            HelperFailed: see the class.
        """
        request = Request({"verb": "estimate-heap", **key._asdict()})
        patience = Patience(timeout_s, cancelled=cancelled)
        return self._asker.ask(request, patience, unpack_estimate)

    def copy_heap(
        self,
        key: ProcessKey,
        level: Level = Level.PAUSE,
        progress: Progress | None = None,
        *,
        cancelled: Cancelled | None = None,
        timeout_s: float = COPY_TIMEOUT_S,
    ) -> CopiedHeap:
        """Stop a process, copy its memory, let it run on; close what is returned.

        ``progress`` is told bytes. ``Level.INJECT`` lets the process run on sooner, by
        making it fork; it falls back to the other where that might harm it, and says
        so in ``notes``.

        Raises:
            ProcessGone: it ended, or the pid is another's.
            AccessDenied: the system does not let us stop it, or somebody traces it.
            Unsupported: this kind of process or system has no such copies, or there
                is too little memory here.
            HelperFailed: see the class.
        """
        header = {"verb": "copy-heap", **key._asdict(), "level": str(level)}
        patience = Patience(timeout_s, progress, cancelled)
        return self._asker.ask(Request(header, brings_files=True), patience, CopiedHeap)

    def close(self) -> None:
        """End the helper and leave nothing behind; later requests fail."""
        self._asker.close()


def _explain(status: int) -> str:
    """Return what pkexec(1) means by its exit status; sudo(8) says it in the log."""
    if status == 126:
        return say("Nobody gave a password, so the helper has no more rights.")
    if status == 127:
        return say("The system gives the helper no more rights.")
    return ""
