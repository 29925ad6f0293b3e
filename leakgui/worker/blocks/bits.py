"""Bitmaps with one bit a granule: count, rank, and list what is set."""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,return-value,arg-type,assignment"

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.blocks.compiling import kernel, maker, part
from leakgui.worker.blocks.machine import count_ones, lowest_one
from leakgui.worker.image import Bits

RANK_STEP = 8
"""Ranks are kept for every so many words of a bitmap: a byte a KiB of heap."""


@maker
def count_before(bits: Bits) -> I64:
    """Return how many bits are set before each ``RANK_STEP`` words, and in all."""
    steps = (len(bits) + RANK_STEP - 1) // RANK_STEP
    counts = np.empty(steps + 1, np.int64)
    total = 0
    for step in range(steps):
        counts[step] = total
        for index in range(step * RANK_STEP, min((step + 1) * RANK_STEP, len(bits))):
            total += count_ones(bits[index])
    counts[steps] = total
    return counts


@kernel
def rank_of(bits: Bits, counts: I64, granule: int) -> int:
    """Return how many bits are set before a granule that lies in the bitmap."""
    word = granule >> 6
    rank = counts[word // RANK_STEP]
    for index in range(word // RANK_STEP * RANK_STEP, word):
        rank += count_ones(bits[index])
    below = (np.uint64(1) << np.uint64(granule & 63)) - np.uint64(1)
    return rank + count_ones(bits[word] & below)


@maker
def list_set(bits: Bits) -> I64:
    """Return the granules whose bit is set, ascending."""
    total = 0
    for index in range(len(bits)):
        total += count_ones(bits[index])
    found = np.empty(total, np.int64)
    row = 0
    for index in range(len(bits)):
        rest = bits[index]
        while rest:
            found[row] = index * 64 + lowest_one(rest)
            row += 1
            rest &= rest - np.uint64(1)
    return found


@kernel
def is_set(bits: Bits, granule: int) -> bool:
    """Whether the bit of a granule that lies in the bitmap is set."""
    return bits[granule >> 6] >> np.uint64(granule & 63) & np.uint64(1) != 0


@part
def set_bit(bits: Bits, granule: int) -> None:
    """Set the bit of a granule; not for bitmaps that two threads change."""
    bits[granule >> 6] |= np.uint64(1) << np.uint64(granule & 63)


@part
def clear_bit(bits: Bits, granule: int) -> None:
    """Clear the bit of a granule; not for bitmaps that two threads change."""
    bits[granule >> 6] &= ~(np.uint64(1) << np.uint64(granule & 63))
