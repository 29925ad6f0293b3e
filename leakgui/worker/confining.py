"""Give up what this process does not need: it reads memory that strangers wrote."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

NICENESS = 5
"""Whoever is watched goes first."""

# include/uapi/linux/prctl.h
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38

_FIRST_TO_GO = "500"
"""Where memory runs out, rather this process than one that is watched (proc(5),
/proc/PID/oom_score_adj)."""


def give_up_rights() -> None:
    """Never gain rights, never leave a core file, be the first to go; for good."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    with suppress(OSError):
        os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    # Last, as a process that is not dumpable may not write its own files in /proc.
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_DUMPABLE, 0)):
        if library.prctl(option, value, 0, 0, 0) != 0:
            logger.info("prctl %d: %s", option, os.strerror(ctypes.get_errno()))
