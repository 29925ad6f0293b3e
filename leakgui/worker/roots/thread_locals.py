"""How much memory below a control block holds static thread-local variables."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from leakgui.worker.image import Module

ELF_MAGIC = b"\x7fELF\x02\x01"
"""64 bits, little-endian (System V ABI, ELF-64, e_ident)."""
ELF_HEADER = struct.Struct("<32xQ14xHH")
"""Elf64_Ehdr: e_phoff at 32, e_phentsize at 54, e_phnum at 56."""
PROGRAM_HEADER = struct.Struct("<I36xQQ")
"""Elf64_Phdr: p_type at 0, p_memsz at 40, p_align at 48."""
PT_TLS = 7
MOST_HEADERS = 256
MOST_BYTES = 1 << 16
"""More than this no module has; who says more is not believed."""


def count_static_bytes(modules: Iterable[Module]) -> int:
    """Return the bytes that the thread-local variables of all modules may take.

    At most: of what was loaded later, only the part that has its place below the
    control block. On a stack in use it only tells words from words by name.
    """
    return sum(_read_size(module.fd) for module in modules if module.fd >= 0)


def _read_size(fd: int) -> int:
    """Return the size and alignment of a file's PT_TLS segment, 0 without one."""
    try:
        head = os.pread(fd, ELF_HEADER.size, 0)
        if len(head) < ELF_HEADER.size or not head.startswith(ELF_MAGIC):
            return 0
        offset, length, count = ELF_HEADER.unpack(head)
        if length < PROGRAM_HEADER.size or offset >= 1 << 62:
            return 0
        table = os.pread(fd, length * min(count, MOST_HEADERS), offset)
    except OSError:
        return 0
    for place in range(0, len(table) - PROGRAM_HEADER.size + 1, length):
        kind, size, alignment = PROGRAM_HEADER.unpack_from(table, place)
        if kind == PT_TLS:
            return int(size + alignment) if size + alignment <= MOST_BYTES else 0
    return 0
