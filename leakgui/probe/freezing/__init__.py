"""Hold a process still for a moment and copy its memory, on x86-64 Linux.

The face of the package is two functions. They belong into a small process (the
helper): a copy is made by a child process, the *freezer*, because the kernel lets a
traced target run on when its tracer dies.

What a target can notice, besides the time: calls that are interrupted by any stop
and not made again by the kernel answer EINTR (epoll_wait, sigtimedwait, semop and
others, see signal(7)), as after Ctrl+Z and fg. Of *inject* more is said in
``forking`` and ``self_restoring``: nothing changes but some bytes below a stack,
which are put back; if the freezer is killed at the wrong moment a zombie stays.
Pages that were swapped out are in its memory again, whatever the level.
"""

from __future__ import annotations

from leakgui.model.process import ProcessKey
from leakgui.probe.ownership import Owner
from leakgui.probe.raw import Progress
from leakgui.probe.raw_heap import (
    INJECT,
    PAUSE,
    RawEstimate,
    RawHeapCopy,
)

__all__ = [
    "INJECT",
    "PAUSE",
    "RawEstimate",
    "RawHeapCopy",
    "copy_heap",
    "estimate_heap_copy",
]


def estimate_heap_copy(key: ProcessKey) -> RawEstimate:
    """Return what a copy of this process would cost; the target runs meanwhile.

    Raises:
        ProcessGone: it ended, or the pid is another's.
        AccessDenied: the system would not let us stop it; the hint says what would.
        Unsupported: this kind of process or system cannot be copied.
    """
    # Late: what copies knows the system's own modules, which others do not have.
    from leakgui.probe.freezing.heap_copy import HeapCopying

    return HeapCopying(key).estimate()


def copy_heap(
    key: ProcessKey,
    level: str = PAUSE,
    progress: Progress | None = None,
    owner: Owner | None = None,
) -> RawHeapCopy:
    """Stop the process, copy its memory, let it run on, and return the copy.

    ``level`` is ``pause`` or ``inject``; the latter falls back to the former where
    a hazard is known, and says so in ``notes``. ``progress`` is told bytes. With
    ``owner`` it is refused unless it is wholly theirs when it stands still.

    Raises:
        ProcessGone: it ended before or while it was copied.
        AccessDenied: the system does not let us stop it, or somebody else traces it.
        Unsupported: this kind of process or system cannot be copied, it could not be
            stopped in time, its fork was killed, or there is too little memory here.
        HelperFailed: the freezer died; the target runs on.
    """
    from leakgui.probe.freezing.heap_copy import HeapCopying

    return HeapCopying(key, owner).copy(level, progress or (lambda _, __: None))
