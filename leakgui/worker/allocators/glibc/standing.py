"""Where threads stood when the process was stopped: perhaps inside malloc."""

from __future__ import annotations

import numpy as np

from leakgui.worker.image import Image

_REGISTERS = 27
_RIP = 16
"""Its place in struct user_regs_struct (linux/arch/x86/include/asm/user_64.h)."""


def is_one_at_work(image: Image) -> bool:
    """Whether the only thread stood in a C library, perhaps in the middle of malloc.

    A process with one thread takes no lock of an arena (glibc 2.27 malloc/malloc.c,
    SINGLE_THREAD_P), so its arenas do not tell. A program that is linked statically has
    all in one file.
    """
    if len(image.registers) != _REGISTERS:
        return False
    address = image.registers[_RIP]
    regions = image.regions
    row = int(np.searchsorted(regions.start, address, "right")) - 1
    if row < 0 or address >= regions.end[row]:
        return False
    path = regions.path[row]
    return path == image.executable or path.rpartition("/")[2].startswith("libc")
