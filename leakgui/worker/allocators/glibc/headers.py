"""Kernels that look for blocks with a mapping of their own; every index is checked.

Such a mapping begins with 0 and its size with nothing but IS_MMAPPED set. memalign
moves the header: the new one says how far, and has the size of the rest. The old one
stays as it was, even when realloc changes the mapping later (glibc malloc/malloc.c:
sysmalloc_mmap, _int_memalign, mremap_chunk; from 2.43 mmap_set_chunk).
"""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import (
    Bytes,
    Tally,
    count_resident,
    is_present,
)
from leakgui.worker.blocks.compiling import kernel
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Bits

PLACE, BYTES, LEAD = range(3)
"""Columns of a table of mappings: start in ``Image.words``, length, and how far into it
the chunk was moved."""
_PAGE_WORDS = PAGE_BYTES // WORD_BYTES
_PAGE = np.uint64(PAGE_BYTES - 1)
_LOW_BITS, _MAPPED_ONLY = np.uint64(7), np.uint64(2)
_LEAST_POWER, _MOST_POWER = 5, 47
"""Alignments that move a header: above 16, and no more than addresses have bits."""
_IN_USE, _IN_USE_BYTES = int(Tally.IN_USE), int(Tally.IN_USE_BYTES)
_RESIDENT_IN_USE = int(Tally.RESIDENT_IN_USE)


@kernel
def find_headers(
    words: U64, present: Bytes, span: tuple[int, int, int, int], count: int, table: I64
) -> int:
    """Write the mappings in a span behind the first ``count`` rows; how many there are.

    ``span`` is (first place, last + 1, address of the first, ``mapped_tail`` of the
    layout); it begins at a page. Pages inside a block are not looked at.
    """
    first, last, address, tail = span
    at = first
    while at + 2 <= last:
        length, lead = 0, 0
        room = (last - at) * 8
        if (
            is_present(present, at)
            and words[at + 1] & _LOW_BITS == _MAPPED_ONLY
            and words[at] <= np.uint64(tail >> 4)
        ):
            lead = find_lead(words, at, room, address + (at - first) * 8, tail)
            length = measure(words, at + (lead >> 3), room - lead, lead + tail)
        if length:
            if count < len(table):
                table[count, PLACE] = at
                table[count, BYTES] = length
                table[count, LEAD] = lead
            count += 1
            at += length >> 3
        else:
            at += _PAGE_WORDS
    return count


@kernel
def measure(words: U64, place: int, room: int, beside: int) -> int:
    """Return the length of the mapping whose chunk is at a place, 0: it is none.

    ``beside`` is what the chunk's size leaves out, ``room`` the bytes from there on.
    """
    head = words[place + 1]
    size = head & ~_LOW_BITS
    total = size + np.uint64(beside)
    if head & _LOW_BITS != _MAPPED_ONLY or total & _PAGE != 0 or total == 0:
        return 0
    if size > np.uint64(room) or size < np.uint64(32):
        return 0
    length: int = np.int64(total)  # type: ignore[assignment]  # numba's int
    return length


@kernel
def find_lead(words: U64, place: int, room: int, address: int, tail: int) -> int:
    """Return how far into a mapping its chunk was moved, usually 0.

    ``room``: how many bytes there are from the mapping's start on.
    """
    for power in range(_LEAST_POWER, _MOST_POWER):
        unit = 1 << power
        if unit > room:
            return 0
        lead = ((address + 16 + unit - 1) & -unit) - 16 - address
        for _ in range(2):
            if lead >= 16 and lead + 48 <= room:
                at = place + (lead >> 3)
                is_moved = words[at] & ~np.uint64(tail >> 4) == np.uint64(lead)
                if is_moved and measure(words, at, room - lead, lead + tail):
                    return lead
            lead += unit
    return 0


@kernel
def mark_mapped(
    present: Bytes, starts: Bits, table: I64, tail: int, counts: I64
) -> None:
    """Set the bit of the block in each mapping of a table and count it."""
    for row in range(len(table)):
        place = table[row, PLACE]
        block = place + (table[row, LEAD] >> 3) + 2
        end = place + ((table[row, BYTES] - tail) >> 3) + (1 if tail else 0)
        granule = block >> 1
        starts[granule >> 6] |= np.uint64(1) << np.uint64(granule & 63)
        counts[_IN_USE] += 1
        counts[_IN_USE_BYTES] += (end - block) * 8
        counts[_RESIDENT_IN_USE] += count_resident(present, block, end)
