"""Where glibc keeps what, by version, as tables; offsets and sizes in bytes, x86-64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BIN_COUNT = 127
"""NBINS - 1: the unsorted bin, small bins and large bins (malloc/malloc.c)."""
BINS_BYTES = BIN_COUNT * 16
BINMAP_BYTES = 16
FASTBIN_COUNT = 10
"""NFASTBINS: chunks of 32, 48, ... 176 bytes."""
LEAST_CHUNK = 32
"""MINSIZE; what is smaller is a fencepost."""

PREV_IN_USE, IS_MAPPED, IS_NON_MAIN = 1, 2, 4
"""Low bits of a chunk's size word, the second word of its header."""
FORBIDDEN, FORBIDDEN_IN_MAIN = np.uint64(2), np.uint64(6)
"""Bits that no chunk of an arena has."""
NONCONTIGUOUS = 2
"""Bit of ``malloc_state.flags``: the main arena does not grow by brk alone."""

HEAP_SPANS = (64 << 20, 8 << 20, 4 << 30)
"""What heaps of further arenas are aligned to: HEAP_MAX_SIZE; from 2.35 to 2.42 four
times the page size chosen by ``glibc.malloc.hugetlb=2`` (malloc/arena.c,
heap_max_size)."""
HEAP_HEADERS = (0x30, 0x20)
"""sizeof (heap_info): from 2.35, and before (malloc/arena.c, struct _heap_info)."""


@dataclass(frozen=True, slots=True)
class ArenaLayout:
    """``struct malloc_state`` of malloc/malloc.c; ``top`` lies 16 before ``bins``."""

    versions: str
    bins: int
    fastbins: int | None
    """Ten heads of lists; None where there are no fastbins any more."""
    system_bytes: int
    """``system_mem``."""
    size: int
    par: tuple[str, ...]
    """Which rows of ``PAR_LAYOUTS`` go with it."""
    caches: tuple[str, ...]
    """Which rows of ``CACHE_LAYOUTS`` go with it."""
    mapped_tail: int = 0
    """Bytes at the end of a mapping that its chunk's size leaves out
    (2.43: mmap_set_chunk)."""

    @property
    def top(self) -> int:
        """The chunk at the end of the arena's memory."""
        return self.bins - 16

    @property
    def next_arena(self) -> int:
        """``next``: the arenas form a ring."""
        return self.bins + BINS_BYTES + BINMAP_BYTES


# Read from the sources of each version; those that were run: docs/native-heap.md.
ARENA_LAYOUTS = (
    # mutex, flags, fastbinsY, top, last_remainder, bins, binmap, next, next_free,
    # system_mem (2.17 to 2.22, PER_THREAD and without THREAD_STATS)
    ArenaLayout("2.17 to 2.22", 104, 8, 2168, 2184, ("2.17",), ()),
    # ... next_free, attached_threads, system_mem
    ArenaLayout("2.23 to 2.26", 104, 8, 2176, 2192, ("2.17", "2.24"), ("2.26",)),
    # mutex, flags, have_fastchunks, fastbinsY, ...
    ArenaLayout(
        "2.27 to 2.42", 112, 16, 2184, 2200, ("2.24", "2.35"), ("2.26", "2.30", "2.42")
    ),
    # mutex, flags, top, last_remainder, bins, ...: without fastbins
    ArenaLayout("2.43 to 2.44", 24, None, 2096, 2112, ("2.43",), ("2.42",), 16),
)


@dataclass(frozen=True, slots=True)
class ParLayout:
    """``struct malloc_par`` of malloc/malloc.c, relative to its ``sbrk_base``."""

    since: str
    mapped_count: int
    """int n_mmaps"""
    mapped_limit: int
    """int n_mmaps_max"""
    mapped_most: int
    """int max_n_mmaps"""
    mapped_bytes: int
    """mmapped_mem"""
    mapped_most_bytes: int
    """max_mmapped_mem"""
    unit: int = 4096
    """What ``mmapped_mem`` is a multiple of. In 2.43 each mremap of a block leaves it
    16 too great: mremap_chunk subtracts the chunk's size, which leaves out 16 bytes."""


PAR_LAYOUTS = (
    # n_mmaps, n_mmaps_max, max_n_mmaps, no_dyn_threshold, mmapped_mem,
    # max_mmapped_mem, max_total_mem, sbrk_base
    ParLayout("2.17", -40, -36, -32, -24, -16),
    # ... without max_total_mem
    ParLayout("2.24", -32, -28, -24, -16, -8),
    # hp_flags, n_mmaps, ...: an int more, so another four bytes of padding
    ParLayout("2.35", -36, -32, -28, -16, -8),
    ParLayout("2.43", -36, -32, -28, -16, -8, unit=16),
)


@dataclass(frozen=True, slots=True)
class CacheLayout:
    """``struct tcache_perthread_struct`` of malloc/malloc.c."""

    since: str
    chunk: int
    """Size of the chunk that holds it; what it is found by."""
    count_bytes: int
    """Size of one counter; counters come first, then the heads of the lists."""
    bins: int
    counts_down: bool
    """Counters say how many more may come (num_slots), not how many there are."""


CACHE_ROUNDING = 32
"""How much larger the chunk of a cache may be, see ``chunks.may_be_cache``."""
SMALL_CACHE_BINS = 64
"""Bins of one chunk size each: 32, 48, ...; those after them take several."""
CACHE_LAYOUTS = (
    CacheLayout("2.26", 0x250, 1, 64, counts_down=False),
    CacheLayout("2.30", 0x290, 2, 64, counts_down=False),
    CacheLayout("2.42", 0x300, 2, 76, counts_down=True),
)
