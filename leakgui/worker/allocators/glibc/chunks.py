"""Kernels that go from chunk to chunk; every index is checked before it is used.

A place is an index in ``Image.words``. A chunk at place c has its size and flags in
word c+1, its block begins at c+2 and may use the first word of the next chunk
(glibc malloc/malloc.c, "Physical layout of chunks").
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from leakgui.model.columns import I64, U64
from leakgui.worker.image import Bits

Bytes = npt.NDArray[np.uint8]


class Ending(IntEnum):
    """Where a walk ended."""

    TOP = 0
    """At the chunk that ends the arena, as it should."""
    LIMIT = 1
    """With a chunk that fills the rest: the end was just being divided."""
    FENCE = 2
    """At a header smaller than any chunk: a fencepost, or no memory."""
    BROKEN = 3
    """At a header that cannot be one."""
    PAUSED = 4
    """After as many chunks as were asked for; to be continued."""


class Tally(IntEnum):
    """What is in which place of the numbers that the kernels count."""

    PLACE = 0
    """Where the walk stands."""
    IN_USE = 1
    IN_USE_BYTES = 2
    FREE = 3
    FREE_BYTES = 4
    RESIDENT_IN_USE = 5
    RESIDENT_FREE = 6
    ODD = 7
    """Free chunks whose size is written differently at their end."""
    CANDIDATES = 8
    """Blocks that may be a thread's cache; more than there is room for are counted."""


TALLIES = len(Tally)
Counts = I64

_PLACE = int(Tally.PLACE)
_IN_USE, _IN_USE_BYTES = int(Tally.IN_USE), int(Tally.IN_USE_BYTES)
_FREE, _FREE_BYTES = int(Tally.FREE), int(Tally.FREE_BYTES)
_RESIDENT_IN_USE, _RESIDENT_FREE = int(Tally.RESIDENT_IN_USE), int(Tally.RESIDENT_FREE)
_ODD, _CANDIDATES = int(Tally.ODD), int(Tally.CANDIDATES)
_TOP, _LIMIT, _FENCE = int(Ending.TOP), int(Ending.LIMIT), int(Ending.FENCE)
_BROKEN, _PAUSED = int(Ending.BROKEN), int(Ending.PAUSED)
_LOW_BITS = np.uint64(7)
_ODD_SIZE = np.uint64(8)
_MAPPED = np.uint64(2)
_PREV_IN_USE = np.uint64(1)
_NON_MAIN = np.uint64(4)
_LEAST = np.uint64(32)
_FENCE_SIZE, _FENCE_HEAD = np.uint64(16), np.uint64(17)
_CACHE_SIZES = (0x250, 0x290, 0x300)
_CACHE_COUNT_WORDS = (8, 16, 19)
_CACHE_BINS = (64, 64, 76)


def kernel(function: Any) -> Any:  # noqa: ANN401  # numba has no types
    """Compile a function when it is first called, and keep the result on disk."""
    return njit(cache=True, nogil=True, boundscheck=False)(function)


@kernel
def is_present(present: Bytes, place: int) -> bool:
    """Whether the page of a word was copied."""
    page = place >> 9
    return (present[page >> 3] >> (page & 7)) & 1 != 0


@kernel
def count_resident(present: Bytes, first: int, last: int) -> int:
    """Return how many bytes of the words first..last-1 lie on present pages."""
    if last <= first:
        return 0
    page, end = first >> 9, (last - 1) >> 9
    if page == end:
        is_here = (present[page >> 3] >> (page & 7)) & 1
        return (last - first) * 8 if is_here else 0
    total = 0
    while page <= end:
        if (present[page >> 3] >> (page & 7)) & 1:
            total += min(last, (page + 1) << 9) - max(first, page << 9)
        page += 1
    return total * 8


@kernel
def may_be_cache(words: U64, block: int, size: int) -> bool:
    """Whether a block could be a thread's cache with something in it.

    A chunk may be 16 larger than asked for: less can't be left over.

    The caller has checked that ``size`` bytes from the block's header on are there.
    """
    kind = 0
    while kind < 3 and size - _CACHE_SIZES[kind] not in (0, 16):
        kind += 1
    if kind == 3:
        return False
    filled = 0
    for entry in range(_CACHE_BINS[kind]):
        link = words[block + _CACHE_COUNT_WORDS[kind] + entry]
        if link & np.uint64(15) != 0 or link >> np.uint64(47) != 0:
            return False
        filled += link != 0
    return filled > 0


@kernel
def walk_chunks(  # noqa: PLR0913, PLR0917, PLR0915, PLR0912, C901  # one loop, no calls
    words: U64,
    present: Bytes,
    starts: Bits,
    limit: int,
    top: int,
    budget: int,
    counts: Counts,
    candidates: I64,
) -> int:
    """Walk from ``counts[PLACE]``, set the bits of blocks in use, count; an Ending.

    ``limit`` is the place after the last word that may be looked at and at most
    ``len(words)``; ``top`` the place of the last chunk, or -1. No size is believed
    that leads beyond the limit, and each step goes forward by 32 bytes at least.
    """
    place = counts[_PLACE]
    ending = _PAUSED
    while budget > 0:
        budget -= 1
        if place == top:
            ending = _TOP
            break
        if place + 1 >= limit:
            ending = _LIMIT if place == limit else _BROKEN
            break
        head = words[place + 1]
        size = head & ~_LOW_BITS
        if size < _LEAST:
            ending = _FENCE
            break
        if size & _ODD_SIZE or head & _MAPPED or size > np.uint64((limit - place) * 8):
            ending = _BROKEN
            break
        length = np.int64(size)
        after = place + (length >> 3)
        if after + 1 >= limit or place < top < after:
            # No header follows: only the last chunk, half divided, may look so.
            ending = _LIMIT if after == limit else _BROKEN
            break
        follower = words[after + 1]
        if follower & _PREV_IN_USE:
            if (
                length == 32
                and follower == _PREV_IN_USE
                and head & _NON_MAIN == 0
                and after + 2 >= limit
            ):
                ending = _FENCE  # malloc/malloc.c, sysmalloc: a remainder below MINSIZE
                break
            granule = (place + 2) >> 1
            starts[granule >> 6] |= np.uint64(1) << np.uint64(granule & 63)
            counts[_IN_USE] += 1
            counts[_IN_USE_BYTES] += length - 8
            counts[_RESIDENT_IN_USE] += count_resident(present, place + 2, after + 1)
            if 0x250 <= length <= 0x310 and may_be_cache(words, place + 2, length):
                if counts[_CANDIDATES] < len(candidates):
                    candidates[counts[_CANDIDATES]] = place + 2
                counts[_CANDIDATES] += 1
        else:
            if words[after] != size:
                counts[_ODD] += 1
            counts[_FREE] += 1
            counts[_FREE_BYTES] += length - 8
            counts[_RESIDENT_FREE] += count_resident(present, place + 2, after + 1)
        place = after
    counts[_PLACE] = place
    return ending


@kernel
def clear_bits(bits: Bits, first: int, last: int) -> None:
    """Clear the bits of the granules of the words first..last-1."""
    granule, end = first >> 1, last >> 1
    while granule < end:
        if granule & 63 == 0 and granule + 64 <= end:
            bits[granule >> 6] = 0
            granule += 64
        else:
            bits[granule >> 6] &= ~(np.uint64(1) << np.uint64(granule & 63))
            granule += 1


@kernel
def try_chain(words: U64, place: int, limit: int, top: int, budget: I64) -> int:
    """Follow sizes from a place; return where it ends well (top or fence), or -1.

    A fence is two headers of 16 bytes, the second with PREV_INUSE set (malloc/malloc.c,
    sysmalloc, "insert a double fencepost"). A chunk must come before a fence.
    Each step takes one from ``budget[0]``.
    """
    begin = place
    follows_free = False
    while budget[0] > 0 and place + 1 < limit:
        budget[0] -= 1
        if place == top:
            return place
        head = words[place + 1]
        if head & ~_PREV_IN_USE == _FENCE_SIZE:
            is_fence = place > begin and place + 3 < limit
            return place if is_fence and words[place + 3] == _FENCE_HEAD else -1
        size = head & ~_LOW_BITS
        if size < _LEAST or size & _ODD_SIZE or head & _MAPPED or head & _NON_MAIN:
            return -1
        if size > np.uint64((limit - place) * 8):
            return -1
        is_after_free = head & _PREV_IN_USE == 0
        if is_after_free and (place == begin or follows_free):
            return -1  # nothing comes before the first; free neighbours are one
        follows_free = is_after_free
        after = place + (np.int64(size) >> 3)
        if after + 1 >= limit:
            return -1
        if words[after + 1] & _PREV_IN_USE == 0 and words[after] != size:
            return -1
        place = after
    return -1


@kernel
def find_chain(
    words: U64, present: Bytes, span: tuple[int, int, int], top: int, budget: I64
) -> int:
    """Return the first place in first..limit-1, by steps, whence ``try_chain`` works.

    ``span`` is (first, limit, words from one try to the next); -1 where there is none
    or ``budget[0]``, in looks at a header, was used up.
    """
    first, limit, step = span
    place = first
    while place + 1 < limit and budget[0] > 0:
        budget[0] -= 1
        if not is_present(present, place):
            page_after = ((place >> 9) + 1) << 9
            place += max(1, (page_after - place + step - 1) // step) * step
            continue
        head = words[place + 1]
        if (
            head & _LOW_BITS == _PREV_IN_USE
            and head >= _LEAST
            and try_chain(words, place, limit, top, budget) >= 0
        ):
            return place
        place += step
    return -1
