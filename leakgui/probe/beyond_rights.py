"""What no password changes: whom nobody may look into, and where none helps."""

from __future__ import annotations

import re

from leakgui.probe.capabilities import CAP_SYS_PTRACE, YAMA
from leakgui.probe.process_stat import read_stat
from leakgui.probe.procfs import read_number, read_start

_NOBODY_MAY = 3
"""kernel.yama.ptrace_scope, Documentation/admin-guide/LSM/Yama.rst"""
_BOUND = re.compile(rb"^CapBnd:\t([0-9a-f]{1,16})$", re.MULTILINE)
"""What even root gets at most here, capabilities(7)."""


def is_beyond_rights(pid: int) -> bool:
    """Return whether root, as started from here, could not look into a process either.

    Raises ``OSError`` where there is no such process.
    """
    return (
        read_stat(pid).is_ending
        or read_number(YAMA) == _NOBODY_MAY
        or not _may_root_trace(read_start("/proc/self/status"))
    )


def _may_root_trace(status: bytes) -> bool:
    """Whether a program started from here can have the right, as in no container."""
    found = _BOUND.search(status)
    return found is None or bool(int(found[1], 16) & CAP_SYS_PTRACE)
