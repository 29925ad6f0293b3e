"""Start the helper, and ask it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from leakgui.errors import (
    AccessDenied,
    HelperFailed,
    LeakguiError,
    ProcessGone,
    TargetError,
    Unsupported,
)
from leakgui.helper.child import COMMAND, Child
from leakgui.helper.unpacking import unpack_snapshot
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Snapshot
from leakgui.texts import say
from leakgui.wire.frames import Frame, Header, broken

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

SNAPSHOT_TIMEOUT_S = 120.0
START_TIMEOUT_S = 20.0

_LOOK_EVERY_S = 0.05
"""How soon a cancelled or closed client notices."""

_ERRORS: dict[object, type[LeakguiError]] = {
    kind.__name__: kind for kind in (ProcessGone, AccessDenied, Unsupported)
}


class HelperClient:
    """One helper process, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait. Also a context manager.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._child: Child | None = None
        self._last_id = 0
        self._lock = threading.Lock()
        self._is_closing = threading.Event()

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
        child = self._child
        return child.pid if child is not None and child.is_running else None

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
        request: Header = {"verb": "snapshot", **key._asdict()}
        asked = _Asked(timeout_s, progress, cancelled)
        with self._lock:
            try:
                return unpack_snapshot(self._ask(request, asked))
            except TargetError:
                raise
            except BaseException:
                # Whatever else went wrong in between, the next one begins afresh.
                self._abandon()
                raise

    def close(self) -> None:
        """End the helper and leave nothing behind; later requests fail."""
        self._is_closing.set()
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    def _ask(self, request: Header, asked: _Asked) -> Frame:
        if self._is_closing.is_set():
            raise HelperFailed(say("The helper was closed."))
        child = self._child
        if child is None or not child.is_running:
            child = self._start()
        return self._exchange(child, request, asked)

    def _start(self) -> Child:
        self._abandon()
        self._child = child = Child(self._command)
        hello = self._exchange(child, {"verb": "hello"}, _Asked(START_TIMEOUT_S))
        if hello.header.get("protocol") != PROTOCOL:
            raise broken("another version")
        return child

    def _exchange(self, child: Child, request: Header, asked: _Asked) -> Frame:
        """Send a request and return its answer."""
        self._last_id += 1
        child.send({"id": self._last_id, **request})
        while True:
            frame = child.receive(min(_LOOK_EVERY_S, asked.left_s()))
            asked.check(is_closing=self._is_closing.is_set())
            if frame is not None and not asked.is_progress(frame, self._last_id):
                return _checked(frame, self._last_id, request)

    def _abandon(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class _Asked:
    """How long somebody waits, and what they want to hear meanwhile."""

    def __init__(
        self,
        timeout_s: float,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> None:
        self._deadline_s = time.monotonic() + timeout_s
        self._progress, self._cancelled = progress, cancelled

    def left_s(self) -> float:
        return self._deadline_s - time.monotonic()

    def check(self, *, is_closing: bool) -> None:
        """Raise ``HelperFailed`` where nobody waits any more."""
        if is_closing:
            raise HelperFailed(say("The helper was closed."))
        if self._cancelled is not None and self._cancelled():
            raise HelperFailed(say("The snapshot was cancelled."))
        if self.left_s() <= 0:
            raise HelperFailed(
                say("The helper did not answer in time."),
                say("The program may be very large, or the machine very busy."),
            )

    def is_progress(self, frame: Frame, number: int) -> bool:
        """Pass on a message of progress; False where the frame is the answer."""
        header = frame.header
        if header.get("reply") != "progress" or header.get("id") != number:
            return False
        done, total = header.get("done"), header.get("total")
        if not isinstance(done, int) or not isinstance(total, int):
            raise broken("progress without numbers")
        if self._progress is not None:
            self._progress(done, total)
        return True


def _checked(frame: Frame, number: int, request: Header) -> Frame:
    """Return the answer to this request, or raise the error that it carries."""
    header = frame.header
    if header.get("id") != number:
        raise broken("an answer to another request")
    if header.get("reply") == "error":
        kind = _ERRORS.get(header.get("error"), HelperFailed)
        raise kind(str(header.get("message", "")), str(header.get("hint", "")))
    if header.get("reply") != request["verb"]:
        raise broken("an answer to another question")
    return frame
