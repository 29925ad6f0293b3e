"""Let our own helper look into a program that we start, where Yama wants that said."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

from leakgui.probe.procfs import read_number

YAMA_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
DESCENDANTS_ONLY = 1
"""Documentation/admin-guide/LSM/Yama.rst: a process may look into its descendants,
and into whoever declared it a tracer. Our helper is a sibling of what we start."""
PR_SET_PTRACER = 0x59616D61
"""include/uapi/linux/prctl.h"""


def find_consent(scope_file: str = YAMA_SCOPE) -> Callable[[], None] | None:
    """Return what a program has to do before it begins; None where nothing.

    It declares this process, and so its descendants, to be its tracer; that outlives
    execve, and ends with either of the two. Nobody else gets any right by it.
    """
    if read_number(scope_file) != DESCENDANTS_ONLY:
        return None
    # Looked up now: between fork and execve nothing may be imported.
    prctl = ctypes.CDLL(None).prctl
    ours = ctypes.c_ulong(os.getpid())
    nothing = ctypes.c_ulong(0)

    def consent() -> None:
        prctl(PR_SET_PTRACER, ours, nothing, nothing, nothing)

    return consent
