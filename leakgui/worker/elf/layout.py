"""Layouts of ELF files, as the System V ABI and its x86-64 supplement give them."""

from __future__ import annotations

import numpy as np

# Elf64_Ehdr, Elf64_Phdr, Elf64_Shdr, Elf64_Sym, Elf64_Rela: elf(5), glibc elf/elf.h.
HEADER = np.dtype(
    [
        ("magic", "S4"),
        ("class", "u1"),
        ("order", "u1"),
        ("rest_of_ident", "V10"),
        ("type", "<u2"),
        ("machine", "<u2"),
        ("version", "<u4"),
        ("entry", "<u8"),
        ("segments_at", "<u8"),
        ("sections_at", "<u8"),
        ("flags", "<u4"),
        ("header_size", "<u2"),
        ("segment_size", "<u2"),
        ("segments", "<u2"),
        ("section_size", "<u2"),
        ("sections", "<u2"),
        ("names_in", "<u2"),
    ]
)
SEGMENT = np.dtype(
    [
        ("type", "<u4"),
        ("flags", "<u4"),
        ("offset", "<u8"),
        ("address", "<u8"),
        ("physical", "<u8"),
        ("file_size", "<u8"),
        ("memory_size", "<u8"),
        ("align", "<u8"),
    ]
)
SECTION = np.dtype(
    [
        ("name", "<u4"),
        ("type", "<u4"),
        ("flags", "<u8"),
        ("address", "<u8"),
        ("offset", "<u8"),
        ("size", "<u8"),
        ("link", "<u4"),
        ("info", "<u4"),
        ("align", "<u8"),
        ("entry_size", "<u8"),
    ]
)
SYMBOL = np.dtype(
    [
        ("name", "<u4"),
        ("info", "u1"),
        ("other", "u1"),
        ("section", "<u2"),
        ("value", "<u8"),
        ("size", "<u8"),
    ]
)
RELOCATION = np.dtype([("offset", "<u8"), ("info", "<u8"), ("addend", "<i8")])

CLASS_64 = 2
LITTLE_ENDIAN = 1
MACHINE_X86_64 = 62
SEGMENT_LOAD = 1
SEGMENT_UNWIND = 0x6474E550
"""PT_GNU_EH_FRAME: where .eh_frame_hdr is."""
SECTION_SYMBOLS = 2
SECTION_RELOCATIONS = 4
SECTION_DYNAMIC_SYMBOLS = 11
TYPE_OBJECT = 1
TYPE_FUNCTION = 2
TYPE_INDIRECT_FUNCTION = 10
RELOCATIONS_OF_SLOTS = (6, 7)
"""R_X86_64_GLOB_DAT and R_X86_64_JUMP_SLOT: a word gets a symbol's address."""
