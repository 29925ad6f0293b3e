"""Take free blocks whose neighbours call them in use out of the blocks in use.

Two kinds of lists keep such blocks: the arenas' fastbins (to 2.42) and the threads'
caches (tcache, from 2.26). A cache is an ordinary block; it is known by its size and by
lists that are as long as its counters say, all of blocks of the right size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.free_lists import ASTRAY, measure, take_out
from leakgui.worker.allocators.glibc.layouts import (
    FASTBIN_COUNT,
    LEAST_CHUNK,
    SMALL_CACHE_BINS,
    ArenaLayout,
    CacheLayout,
)
from leakgui.worker.blocks.bits import is_set
from leakgui.worker.image import Bits, Image

_LOOK_AHEAD = 64
"""Of how many blocks of a fastbin it is tried whether their links are mangled."""
_STEPS = 50_000_000
"""How many links of caches are looked at before they are believed: some seconds."""


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
        self._is_mangled = True
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
                self._measure(head, 16, (size, size), _LOOK_AHEAD)
                self._take_out(head, 16, (size, size))

    def empty_cache(self, block: int, layout: CacheLayout) -> bool:
        """Take out what a thread's cache holds, if the block at a place is one."""
        if not is_set(self._starts, block >> 1):
            return False  # of a walk that was undone, or freed meanwhile
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
            self._measure(int(heads[number]), 0, _sizes(number), int(counts[number]))
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
            length = self._measure(int(heads[number]), 0, _sizes(number), most)
            if length < 0:
                return False
            difference += abs(length - int(counts[number]))
        return difference <= 1

    def _measure(self, head: int, shift: int, sizes: tuple[int, int], most: int) -> int:
        """Return the length of a list as ``measure`` does; learn if it is mangled.

        Read the wrong way, a list of several blocks leads astray.
        """
        length = ASTRAY
        for is_mangled in (self._is_mangled, not self._is_mangled):
            self._steps_left -= most
            length = measure(
                self._image.words,
                self._starts,
                self._segments,
                (np.uint64(head), shift, is_mangled, *sizes),
                most,
            )
            if length >= 0:
                self._is_mangled = is_mangled
                break
        return length

    def _take_out(self, head: int, shift: int, sizes: tuple[int, int]) -> None:
        take_out(
            self._image.words,
            self._starts,
            self._segments,
            (np.uint64(head), shift, self._is_mangled, *sizes),
            (self._image.present, self.owners.first, self.owners.last, self.sums),
        )


def _sizes(number: int) -> tuple[int, int]:
    """Return the least and greatest chunk of a bin (csize2tidx, large_csize2tidx)."""
    if number < SMALL_CACHE_BINS:
        return LEAST_CHUNK + number * 16, LEAST_CHUNK + number * 16
    return LEAST_CHUNK + SMALL_CACHE_BINS * 16, 1 << 47
