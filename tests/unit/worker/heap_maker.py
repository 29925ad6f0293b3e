"""Heaps written by hand, word by word, in the layout of any glibc, as an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from leakgui.model.columns import U64
from leakgui.model.text_column import TextColumn
from leakgui.worker.allocators.glibc.layouts import (
    ARENA_LAYOUTS,
    CACHE_LAYOUTS,
    PAR_LAYOUTS,
    ArenaLayout,
    CacheLayout,
    ParLayout,
)
from leakgui.worker.image import Image, Regions, ThreadStates, lay_out

PAGE = 4096
BRK = 0x5500_0000_0000
MAPPINGS = 0x7D00_0000_0000
FURTHER = 0x7E00_0000_0000
DATA = 0x7F00_0000_0000
DATA_BYTES = 4 * PAGE
MAIN, PAR = DATA + 0x240, DATA + 0x2000

LIVE, FREE, FAST, CACHED = "live", "free", "fast", "cached"
Chunk = tuple[int, str]
"""Size with header, a multiple of 16 from 32 on, and one of the words above."""


@dataclass(frozen=True)
class Flavour:
    """One version's way: which rows of the layouts, and whether links are mangled."""

    name: str
    arena: ArenaLayout
    par: ParLayout
    cache: CacheLayout | None
    heap_header: int
    is_mangled: bool
    fill: int = 7


def _row(arena: int, par: str, cache: str | None, header: int) -> tuple:  # type: ignore[type-arg]
    pars = {row.since: row for row in PAR_LAYOUTS}
    caches = {row.since: row for row in CACHE_LAYOUTS}
    return ARENA_LAYOUTS[arena], pars[par], caches[cache] if cache else None, header


FLAVOURS = (
    Flavour("2.17", *_row(0, "2.17", None, 0x20), is_mangled=False),
    Flavour("2.23", *_row(1, "2.17", None, 0x20), is_mangled=False),
    Flavour("2.26", *_row(1, "2.24", "2.26", 0x20), is_mangled=False),
    Flavour("2.31", *_row(2, "2.24", "2.30", 0x20), is_mangled=False),
    Flavour("2.36", *_row(2, "2.35", "2.30", 0x30), is_mangled=True),
    Flavour("2.42", *_row(2, "2.35", "2.42", 0x30), is_mangled=True),
    Flavour("2.43", *_row(3, "2.35", "2.42", 0x30), is_mangled=True, fill=16),
)


@dataclass
class MadeHeap:
    """Writes arenas, chunks and lists; ``take_image`` gives what was written."""

    flavour: Flavour
    words: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    """End of each range of memory by its start."""
    live: dict[int, int] = field(default_factory=dict)
    """Usable size of each block in use by its address, as they should be found."""
    cached: int = 0
    mapped: list[int] = field(default_factory=list)
    arenas: list[int] = field(default_factory=list)

    def write_main(self, chunks: Sequence[Chunk], start: int = BRK) -> None:
        """Write the main arena with these chunks from the start of ``[heap]`` on."""
        self.ends[DATA] = DATA + DATA_BYTES
        self._write_arena(MAIN, chunks, start, start, flags=0)
        self.words[PAR] = start

    def write_further(self, chunks: Sequence[Chunk]) -> None:
        """Write one more arena, in a heap of its own."""
        heap = FURTHER + len(self.arenas) * (64 << 20)
        arena = heap + self.flavour.heap_header
        first = (arena + self.flavour.arena.size + 15) & ~15
        self.words[heap] = arena
        self._write_arena(arena, chunks, heap, first, flags=4)
        self.words[heap + 16] = self.ends[heap] - heap
        self.words[heap + 24] = self.ends[heap] - heap

    def write_mapped(self, pages: int, lead: int = 0) -> None:
        """Write a block with a mapping of its own; ``lead``: moved by memalign."""
        tail = self.flavour.arena.mapped_tail
        start, total = self.ends.get(MAPPINGS, MAPPINGS), pages * PAGE
        self.ends[MAPPINGS] = start + total
        self.words[start + 8] = total - tail | 2
        if lead:
            self.words[start + lead] = lead
            self.words[start + lead + 8] = total - tail - lead | 2
        self.live[start + lead + 16] = total - lead - (24 if tail else 16)
        self.mapped.append(total)

    def take_image(self) -> Image:
        """Close the ring, write the totals, and return it all."""
        self._close_ring()
        self._write_par()
        starts = sorted(self.ends)
        segments = lay_out(starts, [self.ends[start] for start in starts])
        size = int((segments.end - segments.start).sum())
        words = np.zeros(size // 8, np.uint64)
        for row, start in enumerate(starts):
            first = int(segments.first_word[row])
            for address, word in self.words.items():
                if start <= address < self.ends[start]:
                    words[first + (address - start) // 8] = word & (1 << 64) - 1
        return make_image(words, starts, [self.ends[start] for start in starts])

    def _write_arena(
        self, arena: int, chunks: Sequence[Chunk], area: int, first: int, flags: int
    ) -> None:
        layout, at = self.flavour.arena, first
        cache = self._put_cache_first(chunks)
        lists: dict[int, list[int]] = {}
        fast: dict[int, list[int]] = {}
        was_free = 0
        for size, kind in cache:
            self.words[at] = was_free
            is_own = flags and kind != FREE
            self.words[at + 8] = (
                size | (0 if was_free else 1) | (flags if is_own else 0)
            )
            was_free = size if kind == FREE else 0
            self._remember(at, size, kind, lists, fast)
            at += size
        end = (at + 64 + PAGE - 1) & -PAGE
        self.words[at] = was_free
        self.words[at + 8] = end - at | (0 if was_free else 1)
        self.ends[area] = end
        self._write_records(arena, at, end - area)
        if self.flavour.cache is not None:
            self._write_cache(first + 16, self.flavour.cache, lists)
        for size, blocks in fast.items():
            assert layout.fastbins is not None
            head = arena + layout.fastbins + (size // 16 - 2) * 8
            self._link(head, [block - 16 for block in blocks], 16)
        self.arenas.append(arena)

    def _put_cache_first(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        has_cache = self.flavour.cache is not None
        return [*([(self.flavour.cache.chunk, LIVE)] if has_cache else []), *chunks]

    def _remember(
        self,
        at: int,
        size: int,
        kind: str,
        lists: dict[int, list[int]],
        fast: dict[int, list[int]],
    ) -> None:
        if kind == CACHED and self._takes(size, lists):
            lists.setdefault(size, []).append(at + 16)
            self.cached += 1
        elif kind == FAST and self.flavour.arena.fastbins is not None and size <= 176:
            fast.setdefault(size, []).append(at + 16)
            self.cached += 1
        elif kind != FREE:
            self.live[at + 16] = size - 8

    def _takes(self, size: int, lists: dict[int, list[int]]) -> bool:
        layout = self.flavour.cache
        is_small = size // 16 - 2 < 64
        return (
            layout is not None
            and is_small
            and len(lists.get(size, [])) < self.flavour.fill
        )

    def _write_records(self, arena: int, top: int, system: int) -> None:
        layout = self.flavour.arena
        self.words[arena + layout.top] = top
        for number in range(127):
            header = arena + layout.bins + number * 16 - 16
            self.words[header + 16] = self.words[header + 24] = header
        if layout.system_bytes - layout.next_arena == 24:
            self.words[arena + layout.system_bytes - 8] = 1
        self.words[arena + layout.system_bytes] = system
        self.words[arena + layout.system_bytes + 8] = system

    def _write_cache(
        self, block: int, layout: CacheLayout, lists: dict[int, list[int]]
    ) -> None:
        counts = [0] * layout.bins
        for size, blocks in lists.items():
            counts[size // 16 - 2] = len(blocks)
            head = block + layout.bins * layout.count_bytes + (size // 16 - 2) * 8
            self._link(head, blocks, 0)
        if layout.counts_down:
            counts = [self.flavour.fill - count for count in counts]
        kind = np.uint8 if layout.count_bytes == 1 else np.uint16
        for number, word in enumerate(np.array(counts, kind).view(np.uint64).tolist()):
            self.words[block + number * 8] = word

    def _link(self, head: int, targets: list[int], to_link: int) -> None:
        """Write a list: the head plain, each link ``to_link`` behind its target."""
        self.words[head] = targets[0]
        for target, following in zip(targets, [*targets[1:], 0], strict=True):
            place = target + to_link
            key = place >> 12 if self.flavour.is_mangled else 0
            self.words[place] = following ^ key

    def _close_ring(self) -> None:
        layout = self.flavour.arena
        following = [*self.arenas[1:], self.arenas[0]]
        for arena, after in zip(self.arenas, following, strict=True):
            self.words[arena + layout.next_arena] = after

    def _write_par(self) -> None:
        par = self.flavour.par
        self._write_int(PAR + par.mapped_count, len(self.mapped))
        self._write_int(PAR + par.mapped_limit, 65536)
        self._write_int(PAR + par.mapped_most, len(self.mapped))
        self.words[PAR + par.mapped_bytes] = sum(self.mapped)
        self.words[PAR + par.mapped_most_bytes] = sum(self.mapped)

    def _write_int(self, address: int, value: int) -> None:
        place, shift = address & ~7, address % 8 * 8
        self.words[place] = self.words.get(place, 0) | value << shift


def make_image(words: U64, starts: list[int], ends: list[int]) -> Image:
    """Return an image of these words, everything present, without threads."""
    paths = {DATA: "/lib/libc.so.6", BRK: "[heap]"}
    nothing = np.zeros(0, np.uint64)
    return Image(
        words=words,
        present=np.full((len(words) // 512 + 7) // 8, 0xFF, np.uint8),
        segments=lay_out(starts, ends),
        regions=Regions(
            start=np.array(starts, np.uint64),
            end=np.array(ends, np.uint64),
            permissions=TextColumn.of(["rw-p"] * len(starts)),
            offset=np.zeros(len(starts), np.uint64),
            path=TextColumn.of(paths.get(start, "") for start in starts),
            resident=np.array(ends, np.uint64) - np.array(starts, np.uint64),
            module=np.full(len(starts), -1),
            was_copied=np.ones(len(starts), np.int64),
        ),
        threads=ThreadStates(
            tid=np.zeros(0, np.int64),
            name=TextColumn.of([]),
            stack_pointer=nothing,
            fs_base=nothing.copy(),
        ),
        registers=nothing.copy(),
        vectors=nothing.copy(),
    )
