"""Kernels that follow lists of free blocks; every link is checked.

A link is the first word of a free block. From 2.32 it is mangled: XORed with its own
address shifted right by 12 (malloc/malloc.c, PROTECT_PTR).
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="arg-type,assignment"

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import Bytes, count_resident
from leakgui.worker.blocks.compiling import kernel
from leakgui.worker.image import Bits

COUNT, BYTES, RESIDENT, BROKEN = range(4)
"""Columns of the sums of what was taken out; lists that lead astray are BROKEN."""
END, ASTRAY = -1, -2
Segments = tuple[U64, U64, I64]
"""Start, end and first_word of ``Image.segments``."""
Chain = tuple[np.uint64, int, bool, int, int]
"""What stands at a list's beginning, how many bytes before a block links lead (16: to
chunks), whether they are mangled, and the least and greatest chunk in it."""
_LOW_BITS = np.uint64(7)
_ADDRESS_LIMIT = np.uint64(1 << 47)


@kernel
def find_block(starts: Bits, segments: Segments, address: np.uint64) -> int:
    """Return the place of the block in use that begins at an address, or -1."""
    start, end, first_word = segments
    if address & np.uint64(15) != 0 or address >= _ADDRESS_LIMIT:
        return -1
    low, high = 0, len(start)
    while low < high:
        middle = (low + high) >> 1
        if start[middle] <= address:
            low = middle + 1
        else:
            high = middle
    row = low - 1
    if row < 0 or address >= end[row]:
        return -1
    place = first_word[row] + np.int64((address - start[row]) >> np.uint64(3))
    granule = place >> 1
    is_start = (starts[granule >> 6] >> np.uint64(granule & 63)) & np.uint64(1) != 0
    return place if is_start else -1


@kernel
def find_address(segments: Segments, place: int) -> np.uint64:
    """Return the address of a place in ``words``."""
    start, _, first_word = segments
    low, high = 0, len(first_word)
    while low < high:
        middle = (low + high) >> 1
        if first_word[middle] <= place:
            low = middle + 1
        else:
            high = middle
    inside = np.uint64((place - first_word[low - 1]) * 8)
    address: np.uint64 = start[low - 1] + inside
    return address


@kernel
def next_block(
    starts: Bits, segments: Segments, link: np.uint64, key: np.uint64, shift: int
) -> int:
    """Return where a link leads: a place, END of the list, or ASTRAY.

    ``key`` is what the link is XORed with; ``shift`` how many bytes before the block it
    leads to (16: to the chunk).
    """
    target = link ^ key
    if target == np.uint64(0):
        return END
    place = find_block(starts, segments, target + np.uint64(shift))
    return place if place >= 0 else ASTRAY


@kernel
def measure(
    words: U64, starts: Bits, segments: Segments, chain: Chain, most: int
) -> int:
    """Return how many blocks a list has, ``most`` + 1: more, or ASTRAY."""
    link, shift, is_mangled, least, greatest = chain
    key = np.uint64(0)
    count = 0
    while True:
        place = next_block(starts, segments, link, key, shift)
        if place == END:
            return count
        if place == ASTRAY:
            return ASTRAY
        size = np.int64(words[place - 1] & ~_LOW_BITS)
        if size < least or size > greatest:
            return ASTRAY
        count += 1
        if count > most:
            return count
        if is_mangled:
            key = find_address(segments, place) >> np.uint64(12)
        link = words[place]


@kernel
def take_out(
    words: U64,
    starts: Bits,
    segments: Segments,
    chain: Chain,
    tables: tuple[Bytes, I64, I64, I64],
) -> None:
    """Clear the bit of every block of a list and add it up.

    ``tables`` are the pages that are present, first place and last + 1 of ranges,
    sorted, and the sums: a row for each range and one more for blocks in none. Each
    step clears a bit, so that cycles end: a block met again is none in use.
    """
    link, shift, is_mangled, least, greatest = chain
    present, first, last, sums = tables
    key = np.uint64(0)
    while True:
        place = next_block(starts, segments, link, key, shift)
        if place == END:
            return
        size = np.int64(words[place - 1] & ~_LOW_BITS) if place >= 0 else 0
        if size < least or size > greatest:
            sums[-1, BROKEN] += 1
            return
        owner = np.searchsorted(first, place, "right") - 1
        if owner < 0 or place >= last[owner]:
            owner = len(sums) - 1
        granule = place >> 1
        starts[granule >> 6] &= ~(np.uint64(1) << np.uint64(granule & 63))
        sums[owner, COUNT] += 1
        sums[owner, BYTES] += size - 8
        sums[owner, RESIDENT] += count_resident(present, place, place + (size >> 3) - 1)
        if is_mangled:
            key = find_address(segments, place) >> np.uint64(12)
        link = words[place]
