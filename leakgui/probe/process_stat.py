"""The one line of /proc/PID/stat: who it is, whether it lives, what it used."""

from __future__ import annotations

from typing import NamedTuple

from leakgui.errors import ProcessGone, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.edge import gone_error
from leakgui.probe.procfs import as_text, page_bytes, read_start
from leakgui.texts import say

PF_EXITING = 0x00000004
"""It is on its way out: memory and handles may be given back (linux/sched.h)."""
PF_KTHREAD = 0x00200000
"""A thread of the kernel (linux/sched.h)."""


class Stat(NamedTuple):
    """The fields of proc(5) that leakgui uses, in their units."""

    pid: int
    name: str
    """At most 15 bytes; may hold anything, ``)`` and line breaks included."""
    state: str
    parent_pid: int
    flags: int
    cpu_ticks: int
    """User and system time together."""
    threads: int
    start_ticks: int
    vms_bytes: int
    rss_bytes: int
    start_code: int
    """Where its code begins; 1 when we may not know, 0 when it has no memory.

    ``fs/proc/array.c``, do_task_stat: ``mm ? (permitted ? mm->start_code : 1) : 0``
    with permitted = ptrace_may_access(PTRACE_MODE_READ_FSCREDS).
    """
    start_stack: int = 0
    """Where its stack begins, a random place after each execve; 0 when we may not
    know (``do_task_stat``: ``(permitted && mm) ? mm->start_stack : 0``)."""

    @property
    def is_kernel_thread(self) -> bool:
        """Return whether it runs in the kernel only."""
        return bool(self.flags & PF_KTHREAD)

    @property
    def is_ending(self) -> bool:
        """Return whether its first thread has ended or is about to."""
        return self.state in "ZXx" or bool(self.flags & PF_EXITING)

    @property
    def is_gone(self) -> bool:
        """Return whether no thread of it can run any more."""
        return self.is_ending and self.threads <= 1


def parse_stat(text: bytes) -> Stat:
    """Take the line apart from the last ``)`` on, because the name can hold one.

    Raises:
        Unsupported: this is not such a line.
    """
    opening, closing = text.find(b" ("), text.rfind(b")")
    # Field n of proc(5) is item n - 3 of what follows the name.
    rest = text[closing + 1 :].split(None, 26)
    try:
        return Stat(
            int(text[:opening]),
            as_text(text[opening + 2 : closing]),
            rest[0].decode("ascii"),
            int(rest[1]),
            int(rest[6]),
            int(rest[11]) + int(rest[12]),
            int(rest[17]),
            int(rest[19]),
            int(rest[20]),
            int(rest[21]) * page_bytes(),
            int(rest[23]),
            int(rest[25]),
        )
    except (ValueError, IndexError):
        raise Unsupported(say("The stat file of a process is not readable.")) from None


def read_stat(pid: int) -> Stat:
    """Return the line of a pid; raises ``OSError`` where there is none."""
    return parse_stat(read_start(f"/proc/{pid}/stat"))


def ask_alive(key: ProcessKey) -> None:
    """Raise ``ProcessGone`` when the process of this key runs no more.

    Raises ``PermissionError`` where the system hides it from us (hidepid, proc(5)).
    """
    try:
        stat = read_stat(key.pid)
    except (FileNotFoundError, ProcessLookupError):
        raise gone_error(key.pid) from None
    check_alive(stat, key)


def check_alive(stat: Stat, key: ProcessKey) -> None:
    """Raise ``ProcessGone`` when this line says that the process runs no more."""
    if stat.start_ticks != key.start_ticks:
        raise ProcessGone(
            say("Process {pid} has ended.", pid=key.pid),
            say("The number {pid} belongs to another process now.", pid=key.pid),
        )
    if stat.is_gone:
        raise ProcessGone(
            say(
                "Process {pid} has ended and waits to be collected by its parent.",
                pid=key.pid,
            ),
            say("Its parent is process {pid}.", pid=stat.parent_pid),
        )
