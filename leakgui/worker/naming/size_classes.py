"""Size classes: one for each size of small blocks, four a power of two above."""

from __future__ import annotations

import numpy as np
from numba import njit

from leakgui.worker.blocks.machine import highest_one

MOST_EXACT = 1032
"""Up to here, glibc's largest small bin (2.36 malloc.c, MIN_LARGE_SIZE), exact."""
_FIRST_POWER = 10
"""The power of two below ``MOST_EXACT`` + 1, whose quarters come next."""
CLASSES = MOST_EXACT + 1 + 4 * (64 - _FIRST_POWER)


@njit(cache=True, nogil=True)
def class_of(size: int) -> int:
    """Return the number of the size class of a size that is not negative."""
    if size <= MOST_EXACT:
        return size
    power: int = highest_one(np.uint64(size))
    quarter = (size >> (power - 2)) & 3
    return MOST_EXACT + 1 + (power - _FIRST_POWER) * 4 + quarter


def limits_of(number: int) -> tuple[int, int]:
    """Return the least and the greatest size of a class."""
    if number <= MOST_EXACT:
        return number, number
    power, quarter = divmod(number - MOST_EXACT - 1, 4)
    step = 1 << (power + _FIRST_POWER - 2)
    least = (4 + quarter) * step
    return max(least, MOST_EXACT + 1), least + step - 1
