"""Every open handle of a process: its kind and what it leads to."""

from __future__ import annotations

from typing import NamedTuple


class SeenHandle(NamedTuple):
    """One open handle at the moment it was looked at."""

    number: int
    """The descriptor."""
    kind: str
    """One of ``leakgui.model.metric.HANDLE_KINDS``."""
    target: str
    """A path, ``tcp 10.0.0.2:80 → 10.0.0.1:555``, or the kernel's own name."""
    inode: int
    """What tells two opens of one number apart; 0 where the kernel names none."""
    state: str
    """State of a socket (``ESTABLISHED``, ``CLOSE_WAIT``, ...) or empty."""
    peer: str
    """Remote address of a socket, or empty."""


def list_handles(pid: int) -> list[SeenHandle]:
    """Return every handle of a process, ordered by number.

    A handle that is closed while the list is made is left out.

    Raises:
        ProcessGone: no process has this pid.
        AccessDenied: its handles may not be listed.
    """
    raise NotImplementedError(pid)
