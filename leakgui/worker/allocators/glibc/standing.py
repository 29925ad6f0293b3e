"""What threads were doing when the process was stopped: perhaps inside malloc."""

from __future__ import annotations

import re

import numpy as np

from leakgui.worker.image import GRANULE_BYTES, Image

_LIBC = re.compile(r"/libc(\.so\.6|-2\.\d+\.so)$")
"""libc.so.6, or up to glibc 2.33 the file that it is a link to."""
_REGISTERS = 27
_GENERAL = 15
"""The first ones are those that hold numbers: r15 to rdi."""
_LEAST, _MOST = 32, 1 << 40
_RIP = 16
"""Its place in struct user_regs_struct (linux/arch/x86/include/asm/user_64.h)."""


def rest_sizes(image: Image, address: int) -> list[int]:
    """Return how long a chunk at an address may be that has no header yet.

    A thread that divides a chunk has the address of the rest in one register and its
    size in another, until it has written the header: memalign gives back what is behind
    a block in this way (glibc 2.43 malloc/malloc.c, _int_memalign).
    """
    threads = image.registers.reshape(-1, _REGISTERS)[:, :_GENERAL]
    at_work = threads[(threads == np.uint64(address)).any(axis=1)]
    sizes = np.unique(at_work & ~np.uint64(GRANULE_BYTES - 1))
    return [int(size) for size in sizes if _LEAST <= size < _MOST]


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
    return path == image.executable or bool(_LIBC.search(path))
