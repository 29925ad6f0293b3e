"""Take free blocks whose neighbours call them in use out of the blocks in use.

Two kinds of lists keep such blocks: the arenas' fastbins (to 2.42) and the threads'
caches (tcache, from 2.26). From 2.32 links are stored XORed with their own address
shifted right by 12 (malloc/malloc.c, PROTECT_PTR); which it is shows from where a link
leads. Taking a block out of the bitmap also ends every cycle: a second visit finds it
gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import Bytes, count_resident, kernel
from leakgui.worker.allocators.glibc.layouts import (
    FASTBIN_COUNT,
    LEAST_CHUNK,
    SMALL_CACHE_BINS,
    ArenaLayout,
    CacheLayout,
)
from leakgui.worker.image import Bits, Image

COUNT, BYTES, RESIDENT, BROKEN = range(4)
"""Places in the sums of what was taken out; lists that end nowhere are BROKEN."""
_STEPS = 50_000_000
"""How many links of caches are looked at before they are believed: some seconds."""
_LOW_BITS = np.uint64(7)
_ADDRESS_LIMIT = np.uint64(1 << 47)


@kernel
def find_block(
    words: U64, starts: Bits, segments: tuple[U64, U64, I64], address: np.uint64
) -> int:
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
    if (starts[granule >> 6] >> np.uint64(granule & 63)) & np.uint64(1) == 0:
        return -1
    return place


@kernel
def next_block(
    words: U64,
    starts: Bits,
    segments: tuple[U64, U64, I64],
    link: np.uint64,
    key: np.uint64,
    shift: int,
) -> int:
    """Return where a link leads: a place, -1 to the end of the list, -2 astray.

    ``key`` is what the link may be XORed with; ``shift`` how many bytes before the
    block it leads to (16: to the chunk).
    """
    place = find_block(words, starts, segments, (link ^ key) + np.uint64(shift))
    if place < 0 and (link == 0 or link == key):
        return -1
    if place < 0 and key != 0:
        place = find_block(words, starts, segments, link + np.uint64(shift))
    return place if place >= 0 else -2


@kernel
def measure(  # noqa: PLR0913, PLR0917  # numba knows no objects
    words: U64,
    starts: Bits,
    segments: tuple[U64, U64, I64],
    head: np.uint64,
    sizes: tuple[int, int],
    most: int,
) -> int:
    """Return how many blocks of ``sizes`` (from, to) a cache's list has.

    -1: it leads to something else, or has more than ``most``.
    """
    count, link, key = 0, head, np.uint64(0)
    while True:
        place = next_block(words, starts, segments, link, key, 0)
        if place == -1:
            return count
        if place < 0 or count >= most:
            return -1
        size = np.int64(words[place - 1] & ~_LOW_BITS)
        if size < sizes[0] or size > sizes[1]:
            return -1
        count += 1
        key = find_address(segments, place) >> np.uint64(12)
        link = words[place]


@kernel
def find_address(segments: tuple[U64, U64, I64], place: int) -> np.uint64:
    """Return the address of a place in ``words``."""
    start, _, first_word = segments
    low, high = 0, len(first_word)
    while low < high:
        middle = (low + high) >> 1
        if first_word[middle] <= place:
            low = middle + 1
        else:
            high = middle
    return start[low - 1] + np.uint64((place - first_word[low - 1]) * 8)


@kernel
def take_out(  # noqa: PLR0913, PLR0917  # numba knows no objects
    words: U64,
    present: Bytes,
    starts: Bits,
    segments: tuple[U64, U64, I64],
    head: np.uint64,
    shift: int,
    sizes: tuple[int, int],
    owners: tuple[I64, I64],
    sums: I64,
) -> None:
    """Clear the bit of every block of a list and add it up.

    ``owners`` are first place and last + 1 of ranges, sorted; ``sums`` has a row for
    each and one more for blocks in none. Each step clears a bit, so that cycles end: a block met again is none in use.
    """
    link, key = head, np.uint64(0)
    while True:
        place = next_block(words, starts, segments, link, key, shift)
        if place == -1:
            return
        size = np.int64(words[place - 1] & ~_LOW_BITS) if place >= 0 else 0
        if place < 0 or size < sizes[0] or size > sizes[1]:
            sums[-1, BROKEN] += 1
            return
        owner = np.searchsorted(owners[0], place, "right") - 1
        if owner < 0 or place >= owners[1][owner]:
            owner = len(sums) - 1
        granule = place >> 1
        starts[granule >> 6] &= ~(np.uint64(1) << np.uint64(granule & 63))
        sums[owner, COUNT] += 1
        sums[owner, BYTES] += size - 8
        sums[owner, RESIDENT] += count_resident(present, place, place + (size >> 3) - 1)
        key = find_address(segments, place) >> np.uint64(12)
        link = words[place]


@dataclass(frozen=True, slots=True)
class Owners:
    """The runs of chunks, lowest first, and the number of the arena of each."""

    first: I64
    """First place ..."""
    last: I64
    """... and last + 1."""
    arena: I64


class Caches:
    """The lists of one image, emptied one after another."""

    def __init__(self, image: Image, starts: Bits, owners: Owners) -> None:
        segments = image.segments
        self._image, self._starts = image, starts
        self._segments = (segments.start, segments.end, segments.first_word)
        self._steps_left = _STEPS
        self.owners = owners
        self.sums = np.zeros((len(owners.first) + 1, 4), np.int64)
        """For each owner, and last for no owner: COUNT, BYTES, RESIDENT, BROKEN."""

    def empty_fastbins(self, arena: int, layout: ArenaLayout) -> None:
        """Take out what one arena's fastbins hold."""
        if layout.fastbins is None:
            return
        for number in range(FASTBIN_COUNT):
            head = self._image.read_word(arena + layout.fastbins + number * 8)
            size = LEAST_CHUNK + number * 16
            if head:
                self._take_out(head, 16, (size, size))

    def empty_cache(self, block: int, layout: CacheLayout) -> bool:
        """Take out what a thread's cache holds, if the block at a place is one."""
        words = self._image.words
        first = block + layout.bins * layout.count_bytes // 8
        kind = np.uint8 if layout.count_bytes == 1 else np.uint16
        counts = words[block:first].view(kind).astype(np.int64)
        heads = words[first : first + layout.bins]
        if layout.counts_down:
            counts = counts.max() - counts  # bins above the tunable limit stay full
        if not self._do_agree(heads, counts):
            return False
        for number in np.flatnonzero(heads).tolist():
            self._take_out(int(heads[number]), 0, _sizes(number))
        return True

    def _do_agree(self, heads: U64, counts: I64) -> bool:
        """Whether lists are as long as they should be.

        A thread that stands still between link and counter makes one difference of one.
        """
        difference = int(counts[heads == 0].sum())
        for number in np.flatnonzero(heads).tolist():
            most = int(counts[number]) + 1
            if difference > 1 or self._steps_left < most:
                return False
            self._steps_left -= most
            length = measure(
                self._image.words,
                self._starts,
                self._segments,
                heads[number],
                _sizes(number),
                most,
            )
            if length < 0:
                return False
            difference += abs(length - int(counts[number]))
        return difference <= 1

    def _take_out(self, head: int, shift: int, sizes: tuple[int, int]) -> None:
        take_out(
            self._image.words,
            self._image.present,
            self._starts,
            self._segments,
            np.uint64(head),
            shift,
            sizes,
            (self.owners.first, self.owners.last),
            self.sums,
        )


def _sizes(number: int) -> tuple[int, int]:
    """Return the least and greatest chunk of a bin (csize2tidx, large_csize2tidx)."""
    if number < SMALL_CACHE_BINS:
        return LEAST_CHUNK + number * 16, LEAST_CHUNK + number * 16
    return LEAST_CHUNK + SMALL_CACHE_BINS * 16, 1 << 47
