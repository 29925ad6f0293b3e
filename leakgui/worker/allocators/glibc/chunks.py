"""Kernels that go from chunk to chunk; every index is checked before it is used.

A place is an index in ``Image.words``. A chunk at place c has its size and flags in
word c+1, its block begins at c+2 and may use the first word of the next chunk
(glibc malloc/malloc.c, "Physical layout of chunks").
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="arg-type,assignment"

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.compiling import kernel
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
    TRAIL = 9
    """The last chunks before that, ``TRAIL_LENGTH`` places in no order; -1: none."""


TRAIL_LENGTH = 16
TALLIES = Tally.TRAIL + TRAIL_LENGTH
Way = tuple[int, int, int, int, int]
"""The place after the last word that may be looked at, at most ``len(words)``; the
place of the last chunk, or -1; a chunk, or -1, and the place that follows it whatever
its header says; how many chunks to walk."""
Counts = I64

_PLACE, _TRAIL = int(Tally.PLACE), int(Tally.TRAIL)
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
_CACHE_SIZES = (0x250, 0x290, 0x300)
_CACHE_COUNT_WORDS = (8, 16, 19)
_CACHE_BINS = (64, 64, 76)


@kernel
def is_present(present: Bytes, place: int) -> bool:
    """Whether the page of a word was copied."""
    page = place >> 9
    is_here: bool = (present[page >> 3] >> (page & 7)) & 1 != 0
    return is_here


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

    Ordinary blocks of that size with pointers in them are many: so each list but one,
    which a thread may stand in the middle of, has to be empty where its counter says.
    A chunk may be 16 larger than asked for, as less can't be left over, and in 2.43 the
    first one of an arena is asked for with 16 more (malloc/malloc.c, tcache_init).

    The caller has checked that ``size`` bytes from the block's header on are there.
    """
    kind = 0
    while kind < 3 and size - _CACHE_SIZES[kind] not in (0, 16, 32):
        kind += 1
    if kind == 3:
        return False
    most = 0
    for entry in range(_CACHE_BINS[kind]):
        most = max(most, _cache_counter(words, block, kind, entry))
    empty = most if kind == 2 else 0  # from 2.42 on it counts down
    filled = odd = 0
    for entry in range(_CACHE_BINS[kind]):
        link = words[block + _CACHE_COUNT_WORDS[kind] + entry]
        if link & np.uint64(15) != 0 or link >> np.uint64(47) != 0:
            return False
        filled += link != 0
        counter = _cache_counter(words, block, kind, entry)
        odd += (link == 0) != (counter == empty)
    return filled > 0 and odd <= 1


@kernel
def _cache_counter(words: U64, block: int, kind: int, entry: int) -> int:
    """Return the counter of one list: a char to 2.29, from then on a uint16_t."""
    if kind == 0:
        word, shift, mask = entry >> 3, (entry & 7) * 8, 0xFF
    else:
        word, shift, mask = entry >> 2, (entry & 3) * 16, 0xFFFF
    counter: int = np.int64(words[block + word] >> np.uint64(shift) & np.uint64(mask))
    return counter


@kernel
def walk_chunks(  # noqa: PLR0913, PLR0917, PLR0915, PLR0912, C901  # one loop, no calls
    words: U64,
    present: Bytes,
    starts: Bits,
    way: Way,
    counts: Counts,
    candidates: I64,
) -> int:
    """Walk from ``counts[PLACE]``, set the bits of blocks in use, count; an Ending.

    No size is believed that leads beyond the limit, and each step goes forward by 32
    bytes at least.
    """
    limit, top, patched, patch, budget = way
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
        if place == patched:
            size = np.uint64((patch - place) * 8)
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
            own, end = length, after
            if place == patched and _LEAST <= head & ~_LOW_BITS < size:
                # Behind what it is by its header lies a rest that has none yet.
                own = np.int64(head & ~_LOW_BITS)
                end = place + (own >> 3)
                if length - own >= 32:
                    counts[_FREE] += 1
                    counts[_FREE_BYTES] += length - own - 8
                    counts[_RESIDENT_FREE] += count_resident(
                        present, end + 2, after + 1
                    )
            counts[_IN_USE] += 1
            counts[_IN_USE_BYTES] += own - 8
            counts[_RESIDENT_IN_USE] += count_resident(present, place + 2, end + 1)
            if 0x250 <= length <= 0x320 and may_be_cache(words, place + 2, length):
                if counts[_CANDIDATES] < len(candidates):
                    candidates[counts[_CANDIDATES]] = place + 2
                counts[_CANDIDATES] += 1
        else:
            counts[_ODD] += words[after] != size
            counts[_FREE] += 1
            counts[_FREE_BYTES] += length - 8
            counts[_RESIDENT_FREE] += count_resident(present, place + 2, after + 1)
        counts[_TRAIL + (budget & (TRAIL_LENGTH - 1))] = place
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
