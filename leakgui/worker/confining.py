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


# include/uapi/linux/capability.h: struct __user_cap_header_struct, and two of struct
# __user_cap_data_struct, three words each.
_CAPABILITY_VERSION_3 = 0x20080522
_CAPABILITY_WORDS = 6


def give_up_rights() -> None:
    """Have no rights, not even those of root; never gain any, never leave a core file.

    Where memory runs out, this process goes first. None of it can be taken back.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    with suppress(OSError):
        os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    if library.capset(header, (ctypes.c_uint32 * _CAPABILITY_WORDS)()) != 0:
        logger.info("capset: %s", os.strerror(ctypes.get_errno()))
    # Last, as a process that is not dumpable may not write its own files in /proc.
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_DUMPABLE, 0)):
        if library.prctl(option, value, 0, 0, 0) != 0:
            logger.info("prctl %d: %s", option, os.strerror(ctypes.get_errno()))
