"""The one thread that writes the session file."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from leakgui.errors import LeakguiError
from leakgui.session.store import SessionWriter

logger = logging.getLogger(__name__)

# A second is the most that may be lost; a commit on a busy disk takes its time, too.
COMMIT_EVERY_S = 0.7
RETRY_EVERY_S = 5.0
MOST_WAITING = 50_000
"""Pieces of work that wait for a slow or full disk: over an hour of readings."""

Work = Callable[[SessionWriter], object]


class _Signal(Enum):
    """What is said to the thread between pieces of work."""

    COMMIT_NOW = auto()
    END = auto()


class FileWriter:
    """Takes pieces of work from any thread, commits once a second, tries again.

    While the file cannot be made or written, work is kept in bounded memory.
    """

    def __init__(
        self,
        open_file: Callable[[], SessionWriter],
        tell_problem: Callable[[LeakguiError | None], None],
    ) -> None:
        """Begin with a file that may not exist yet.

        Args:
            open_file: makes the file; called again while it raises WriteFailed.
            tell_problem: told when writing fails, and with None when it works again.
        """
        self.problem: LeakguiError | None = None
        self.cpu_s = 0.0
        """Processor time of the thread so far."""
        self.lost = 0
        """Pieces of work that found no room."""
        self._open_file = open_file
        self._tell_problem = tell_problem
        self._writer: SessionWriter | None = None
        self._waiting: deque[Work] = deque()
        self._inbox: queue.SimpleQueue[Work | _Signal] = queue.SimpleQueue()
        self._after_commit: list[Callable[[], None]] = []
        self._retry_s = 0.0
        self._thread = threading.Thread(
            target=self._run, name="leakgui writer", daemon=True
        )

    def start(self, writer: SessionWriter | None = None) -> None:
        """Begin, with a file that is open already where there is one."""
        self._writer = writer
        self._thread.start()

    def put(self, work: Work, then: Callable[[], None] | None = None) -> None:
        """Have something written; ``then`` is called when it is on the disk."""
        if self._inbox.qsize() >= MOST_WAITING:
            self.lost += 1
            return
        if then is not None:
            self._inbox.put(lambda _: self._after_commit.append(then))
        self._inbox.put(work)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything put so far is on the disk."""
        done = threading.Event()
        self.put(lambda _: None, then=done.set)
        self._inbox.put(_Signal.COMMIT_NOW)
        return self._thread.is_alive() and done.wait(timeout_s)

    def stop(self) -> None:
        """Write everything, close the file and end; may be called again."""
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._inbox.put(_Signal.END)
            self._thread.join()

    def _run(self) -> None:
        due_s = time.monotonic() + COMMIT_EVERY_S
        while True:
            is_last = self._collect(due_s) is _Signal.END
            self._bring_to_disk(is_last=is_last)
            due_s = time.monotonic() + COMMIT_EVERY_S
            self.cpu_s = time.thread_time()
            if is_last:
                return

    def _collect(self, until_s: float) -> _Signal:
        """Take work until it is time to commit, or until it is said so."""
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                work = self._inbox.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(work, _Signal):
                return work
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(work)
        return _Signal.COMMIT_NOW

    def _bring_to_disk(self, *, is_last: bool) -> None:
        if time.monotonic() < self._retry_s and not is_last:
            return
        try:
            self._write(is_last=is_last)
        except LeakguiError as error:
            self._retry_s = time.monotonic() + RETRY_EVERY_S
            self._set_problem(error)
        else:
            self._set_problem(None)

    def _write(self, *, is_last: bool) -> None:
        """Hand all work to the file and commit; raises ``WriteFailed``."""
        if self._writer is None:
            self._writer = self._open_file()
        while self._waiting:
            self._do(self._waiting.popleft(), self._writer)
        if is_last:
            self._writer.close()
        else:
            self._writer.commit()
        done, self._after_commit = self._after_commit, []
        for then in done:
            then()

    @staticmethod
    def _do(work: Work, writer: SessionWriter) -> None:
        try:
            work(writer)
        except Exception:  # one bad row must not end the recording of the others
            logger.exception("a piece of a recording could not be written")

    def _set_problem(self, error: LeakguiError | None) -> None:
        was, self.problem = self.problem, error
        if (was is None) != (error is None):
            self._tell_problem(error)
