"""Kernels that find where a run of chunks begins again, or begins at all.

``forbidden`` are bits that no chunk of the arena has in its size word: IS_MMAPPED, and
in a main arena NON_MAIN_ARENA. Each look at a header takes one from ``budget[0]``.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="arg-type"

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import Bytes, is_present
from leakgui.worker.blocks.compiling import kernel

_LOW_BITS, _PREV_IN_USE = np.uint64(7), np.uint64(1)
_ODD_SIZE, _LEAST = np.uint64(8), np.uint64(32)
_FENCE_SIZE = np.uint64(16)


@kernel
def is_chunk(words: U64, place: int, limit: int, forbidden: np.uint64) -> bool:
    """Whether a header could be one, and what follows it agrees."""
    head = words[place + 1]
    size = head & ~_LOW_BITS
    if size < _LEAST or size & _ODD_SIZE or head & forbidden:
        return False
    if size > np.uint64((limit - place) * 8):
        return False
    after = place + (np.int64(size) >> 3)
    if after + 1 >= limit:
        return False
    agrees: bool = words[after + 1] & _PREV_IN_USE != 0 or words[after] == size
    return agrees


@kernel
def is_fence(words: U64, place: int, limit: int) -> bool:
    """Whether two headers follow that end a run (malloc/malloc.c, sysmalloc).

    The first is of 16 bytes, the second of 16, or of none at the end of a heap.
    """
    if words[place + 1] & ~_PREV_IN_USE != _FENCE_SIZE or place + 3 >= limit:
        return False
    is_second: bool = words[place + 3] & ~_FENCE_SIZE == _PREV_IN_USE
    return is_second


@kernel
def is_chain(
    words: U64, span: tuple[int, int, int], forbidden: np.uint64, budget: I64
) -> bool:
    """Whether sizes lead from a place to the top or, over a chunk, to a fence.

    ``span`` is (place, limit, place of the top or -1).
    """
    place, limit, top = span
    begin = place
    follows_free = False
    while budget[0] > 0 and place + 1 < limit:
        budget[0] -= 1
        if place == top:
            return True
        if place > begin and is_fence(words, place, limit):
            return True
        if not is_chunk(words, place, limit, forbidden):
            return False
        is_after_free = words[place + 1] & _PREV_IN_USE == 0
        if is_after_free and (place == begin or follows_free):
            return False  # nothing comes before the first; free neighbours are one
        follows_free = is_after_free
        length: int = np.int64(words[place + 1] & ~_LOW_BITS)  # type: ignore[assignment]
        place += length >> 3
    return False


@kernel
def find_chain(
    words: U64,
    present: Bytes,
    span: tuple[int, int, int, int],
    forbidden: np.uint64,
    budget: I64,
) -> int:
    """Return the first place whence a chain leads to the top or a fence, or -1.

    ``span`` is (first, limit, place of the top or -1, words from one try to the next).
    """
    first, limit, top, step = span
    place = first
    while place + 1 < limit and budget[0] > 0:
        budget[0] -= 1
        if not is_present(present, place):
            page_after = ((place >> 9) + 1) << 9
            place += max(1, (page_after - place + step - 1) // step) * step
            continue
        is_first = words[place + 1] & _PREV_IN_USE != 0
        if is_first and is_chain(words, (place, limit, top), forbidden, budget):
            return place
        place += step
    return -1


@kernel
def _is_in(trail: I64, place: int) -> bool:
    is_one = False
    for last in trail:
        is_one |= last == place
    return is_one


@kernel
def find_divided(
    words: U64, trail: I64, limit: int, forbidden: np.uint64, budget: I64
) -> int:
    """Return the chunk behind a free one of a trail that was being divided, or -1.

    The size of what is left over is not written yet, but the chunk behind still knows
    the old size of the free one (malloc/malloc.c, _int_malloc, "split and reinsert").
    """
    place = -1
    for last in trail:
        place = max(place, last)
    place += 2
    while place + 1 < limit and budget[0] > 0:
        budget[0] -= 1
        size = words[place]
        if words[place + 1] & _PREV_IN_USE == 0 and size <= np.uint64(place * 8):
            before = place - (np.int64(size) >> 3)
            if _is_in(trail, before) and is_chunk(words, place, limit, forbidden):
                found: int = place
                return found
        place += 2
    return -1
