"""Hold all threads of a process still, and let them run on.

ptrace(2), SEIZE and INTERRUPT: no signal is sent, so nothing is left behind in the
target when its tracer dies; the kernel detaches it and it runs on. Only the thread
that seized may ask; here that is the freezer's only one.
"""

from __future__ import annotations

import os
import re
import signal
import time
from array import array
from collections.abc import Iterable
from contextlib import suppress

from leakgui.probe.freezing.system_calls import address_of, ptrace
from leakgui.probe.procfs import list_names, read_start

CONT, GETEVENTMSG, SYSCALL, DETACH = 7, 0x4201, 24, 17
SETOPTIONS, SEIZE, INTERRUPT = 0x4200, 0x4206, 0x4207
"""linux/ptrace.h"""
OPTION_SYSGOOD, OPTION_CLONE, OPTION_EXEC = 0x01, 0x08, 0x10
_OPTIONS = OPTION_SYSGOOD | OPTION_CLONE | OPTION_EXEC
OPTION_EXITKILL = 1 << 20
"""**Never** for a target: it would be killed together with its tracer."""
EVENT_CLONE, EVENT_EXEC, EVENT_STOP = 3, 4, 128
WALL = 0x40000000
"""linux/wait.h, __WALL: threads and clones, too."""

_LOOK = WALL | os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT

_STOP_SIGNALS = frozenset(
    (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
)
_TRACER = re.compile(rb"^TracerPid:\s*(\d{1,10})$", re.MULTILINE)
_LONGEST_WAIT_S = 0.05
"""After so long we look again, even if no signal told us to."""


class NotStopped(Exception):
    """Some thread did not stop in time."""


class NotRestored(Exception):
    """A thread that was made to call something did not come back in time.

    Only the end of our process helps: the thread then restores itself.
    """


class BeganAnotherProgram(Exception):
    """The target called execve while it was being stopped."""


class StoppedThreads:
    """The threads of one process, from the first that stopped to their release."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stopped: set[int] = set()
        self._running: set[int] = set()
        self.begun_s = 0.0
        """Monotonic time just before the first thread was told to stop; 0: none."""
        self.is_in_group_stop = False
        """Whether a signal (Ctrl+Z, SIGSTOP) had stopped it before we did."""

    def stop(self, patience_s: float) -> list[int]:
        """Hold every thread, new ones too; returns their ids, sorted.

        Raises:
            NotStopped: one is still running or sleeps uninterruptibly.
            BeganAnotherProgram: its memory was exchanged meanwhile.
            PermissionError: the system refuses, or somebody else traces it.
            ProcessLookupError: no thread is left.
        """
        deadline_s = time.monotonic() + patience_s
        while fresh := self._find_new():
            if time.monotonic() > deadline_s:
                raise NotStopped
            self._seize_all(fresh)
            self._interrupt_all()
            self._wait(deadline_s)
        held = self._stopped & list_threads(self._pid)
        if not held:
            raise ProcessLookupError
        return sorted(held)

    def release(self) -> float:
        """Let all run on as they were; returns seconds from the first stop to now."""
        for tid in self._stopped:
            try:
                ptrace(DETACH, tid)
            except ProcessLookupError:
                continue  # killed meanwhile
        self._stopped.clear()
        return time.monotonic() - self.begun_s if self.begun_s else 0.0

    def forget(self, tid: int) -> None:
        """Leave a thread to somebody else, or to its fate."""
        self._stopped.discard(tid)
        self._running.discard(tid)

    def _find_new(self) -> set[int]:
        return list_threads(self._pid) - self._stopped - self._running

    def _seize_all(self, tids: Iterable[int]) -> None:
        for tid in tids:
            try:
                ptrace(SEIZE, tid, 0, _OPTIONS)
            except ProcessLookupError:
                continue
            except PermissionError:
                if read_state(tid) in {b"Z", b"X"}:
                    self._stopped.add(tid)  # a dead first thread: still, for good
                    continue
                if find_tracer(tid) != os.getpid():
                    raise
            self._running.add(tid)

    def _interrupt_all(self) -> None:
        self.begun_s = self.begun_s or time.monotonic()
        for tid in list(self._running):
            try:
                ptrace(INTERRUPT, tid)
            except ProcessLookupError:
                continue  # its end will be told by waitpid

    def _wait(self, deadline_s: float) -> None:
        while self._running:
            tid, status = _wait_for_any()
            if tid:
                self._note(tid, status)
            elif tid is None:
                self._running.clear()  # none of them exists any more
            else:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise NotStopped
                signal.sigtimedwait({signal.SIGCHLD}, min(left_s, _LONGEST_WAIT_S))

    def _note(self, tid: int, status: int) -> None:
        event = status >> 16
        if not os.WIFSTOPPED(status):
            self.forget(tid)
        elif event == EVENT_STOP:
            self.is_in_group_stop |= os.WSTOPSIG(status) in _STOP_SIGNALS
            self._running.discard(tid)
            self._stopped.add(tid)
        elif event == EVENT_EXEC:
            self._stopped.add(tid)
            raise BeganAnotherProgram
        elif event:
            self._adopt_clone_of(tid, event)
            stop_again(tid)
        else:
            stop_again(tid, os.WSTOPSIG(status))  # a signal on its way: it must arrive

    def _adopt_clone_of(self, tid: int, event: int) -> None:
        """Expect a thread that began after its parent was seized: it is ours, too."""
        child = read_event_message(tid) if event == EVENT_CLONE else 0
        if child and child not in self._stopped:
            self._running.add(child)


def list_threads(pid: int) -> set[int]:
    """Return the ids of all threads; raises ``ProcessLookupError`` without any."""
    try:
        return {int(name) for name in list_names(f"/proc/{pid}/task")}
    except FileNotFoundError:
        raise ProcessLookupError from None


def find_tracer(tid: int) -> int:
    """Return who traces a thread (``TracerPid``, proc(5)); 0 for nobody or unknown."""
    try:
        found = _TRACER.search(read_start(f"/proc/{tid}/status"))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def stop_again(tid: int, signal_number: int = 0) -> None:
    """Let a thread that stopped for another reason go on, to where it was told to.

    Any stop makes the kernel forget that it was interrupted (kernel/signal.c,
    ptrace_stop: "any trap clears pending STOP trap"), so that is said again.
    """
    with suppress(ProcessLookupError):
        ptrace(INTERRUPT, tid)
        ptrace(CONT, tid, 0, signal_number)


def read_event_message(tid: int) -> int:
    """Return what comes with an event: of a clone, the new id; 0 where unknown."""
    message = array("Q", (0,))
    try:
        ptrace(GETEVENTMSG, tid, 0, address_of(message))
    except ProcessLookupError:
        return 0
    return message[0]


def wait_for_stop(tid: int, patience_s: float) -> int:
    """Wait until one thread stops or ends; returns its wait status.

    Raises ``NotStopped`` after too long, ``ProcessLookupError`` without such a thread.
    """
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            found, status = _look(os.P_PID, tid)
        except ChildProcessError:
            raise ProcessLookupError from None
        if found:
            return status
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise NotStopped
        signal.sigtimedwait({signal.SIGCHLD}, min(left_s, _LONGEST_WAIT_S))


def _wait_for_any() -> tuple[int | None, int]:
    """Return a thread and its status; 0 for nothing yet, None for no thread at all."""
    try:
        return _look(os.P_ALL, 0)
    except ChildProcessError:
        return None, 0


def _look(kind: int, which: int) -> tuple[int, int]:
    """Return a thread and its wait status; 0 for nothing yet.

    A signal on its way is only looked at, not collected: the kernel forgets it with
    the collected status (kernel/exit.c, wait_task_stopped), and it would be lost if
    we were killed before we passed it on.
    """
    seen = os.waitid(kind, which, _LOOK)
    if seen is None:
        return 0, 0
    # Events have more bits, entries and exits of calls (SYSGOOD) the bit 0x80.
    if seen.si_code == os.CLD_TRAPPED and seen.si_status < signal.NSIG:
        return seen.si_pid, seen.si_status << 8 | 0x7F
    return os.waitpid(seen.si_pid, WALL | os.WNOHANG)


def read_state(tid: int) -> bytes:
    """Return the kernel's letter for a thread (proc(5)); X where there is none."""
    try:
        return read_start(f"/proc/{tid}/stat").rpartition(b") ")[2][:1]
    except OSError:
        return b"X"
