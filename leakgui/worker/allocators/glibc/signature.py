"""Find glibc's main arenas in writable data without any symbol.

The arenas form a ring: a main arena's ``next`` is its own address, or leads through
the heads of heaps back to it. Its 127 bins are headers of lists, each empty, so that
it points to itself, or with neighbours that point back (glibc malloc/malloc.c,
malloc_init_state). Where both hold at the distances of one layout, the layout is known
too. (Empty bins alone are no sign: a fragmented heap has none.)
"""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import Bytes, is_present
from leakgui.worker.allocators.glibc.layouts import (
    ARENA_LAYOUTS,
    BIN_COUNT,
    HEAP_HEADERS,
    NONCONTIGUOUS,
    ArenaLayout,
)
from leakgui.worker.allocators.glibc.parts import Arena, Malloc, find_places
from leakgui.worker.allocators.glibc.ring import follow_ring
from leakgui.worker.blocks.compiling import kernel
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image

_LEAST_SOUND_BINS = 119
"""Of 127: a thread stopped inside malloc leaves a bin or two half linked."""
_MOST_HITS = 65_536
_HEADERS = (np.uint64(HEAP_HEADERS[0]), np.uint64(HEAP_HEADERS[1]))
_MOST_LOCK = np.uint64(2)
"""lll_lock: 0 free, 1 held, 2 held and waited for (sysdeps/nptl/lowlevellock.h)."""
_MOST_ATTACHED = 4096
"""More threads than use one arena, and less than an arena takes from the system."""


def find_mallocs(image: Image) -> list[Malloc]:
    """Return every initialised copy of glibc's malloc, in order of addresses."""
    regions = image.regions
    found = []
    for row in range(len(regions)):
        is_data = regions.permissions[row].startswith("rw") and regions.was_copied[row]
        if is_data and regions.path[row].startswith("/"):
            span = int(regions.start[row]), int(regions.end[row])
            found += _search(image, span, int(regions.module[row]))
    return found


def _search(image: Image, data: tuple[int, int], module: int) -> list[Malloc]:
    places = find_places(image, *data)
    if places is None:
        return []
    found: dict[int, Malloc] = {}
    hits = np.zeros(_MOST_HITS, np.int64)
    for layout in ARENA_LAYOUTS:
        count = find_records(
            image.words, image.present, (*places, data[0]), _in_words(layout), hits
        )
        for address in hits[:count].tolist():
            malloc = _examine(image, data, address, layout)
            if malloc is not None:
                malloc.module = module
                found.setdefault(address, malloc)
    return list(found.values())


def _in_words(layout: ArenaLayout) -> tuple[int, int, int, int]:
    """Return where top, next, system_mem and the end are, in words."""
    offsets = (layout.top, layout.next_arena, layout.system_bytes, layout.size)
    top, following, system, size = (offset // WORD_BYTES for offset in offsets)
    return top, following, system, size


@kernel
def find_records(
    words: U64,
    present: Bytes,
    data: tuple[int, int, int],
    layout: tuple[int, int, int, int],
    hits: I64,
) -> int:
    """Write addresses that could be a main arena's into ``hits``; how many there are.

    ``data`` is (first place, last + 1, address of the first). ``next`` is the address
    itself or in the head of a heap, the lock is free, held or waited for, and what was
    taken from the system is not more than the most ever.
    """
    first, last, start = data
    top, following, system, size = layout
    count = 0
    place = first
    while place + size <= last and count < len(hits):
        if not is_present(present, place + following):
            place = (((place + following) >> 9) + 1 << 9) - following
            continue
        after = words[place + following]
        in_page = after & np.uint64(PAGE_BYTES - 1)
        is_itself = after == np.uint64(start + (place - first) * WORD_BYTES)
        is_in_ring = is_itself or in_page in (_HEADERS[0], _HEADERS[1])
        if is_in_ring and words[place] & np.uint64(0xFFFFFFFF) <= _MOST_LOCK:
            end = words[place + top]
            is_top = end != 0 and end & np.uint64(7) == 0
            if is_top and words[place + system] <= words[place + system + 1]:
                hits[count] = start + (place - first) * WORD_BYTES
                count += 1
        place += 1
    return count


def _examine(
    image: Image, data: tuple[int, int], address: int, layout: ArenaLayout
) -> Malloc | None:
    """Return the malloc whose main arena would be at an address, if it is one."""
    ring = follow_ring(image, address, layout)
    if ring is None or not _has_sound_bins(image, address + layout.bins):
        return None
    if not _has_plausible_end(image, address, layout):
        return None
    headers = {header for _, header in ring}
    malloc = Malloc(layout, data, -1, max(headers, default=0))
    malloc.arenas = [read_arena(image, address, layout, is_main=True)]
    malloc.arenas += [
        read_arena(image, other, layout, is_main=False) for other, _ in ring
    ]
    return malloc


def _has_sound_bins(image: Image, bins: int) -> bool:
    sound = 0
    for number in range(BIN_COUNT):
        header = bins + number * 16 - 16
        first, last = image.read_word(header + 16), image.read_word(header + 24)
        if first is None or last is None:
            return False
        is_linked = image.read_word(first + 24) == header
        sound += is_linked and image.read_word(last + 16) == header
    return sound >= _LEAST_SOUND_BINS


def _has_plausible_end(image: Image, address: int, layout: ArenaLayout) -> bool:
    """Tell layouts apart that differ only behind the ring, by attached_threads."""
    system = image.read_word(address + layout.system_bytes)
    most = image.read_word(address + layout.system_bytes + 8)
    attached = image.read_word(address + layout.system_bytes - 8)
    if system is None or most is None or attached is None or system > most:
        return False
    has_attached = layout.system_bytes - layout.next_arena == 24
    if has_attached:
        return attached < _MOST_ATTACHED
    return system >= _MOST_ATTACHED or most == 0


def read_arena(
    image: Image, address: int, layout: ArenaLayout, *, is_main: bool
) -> Arena:
    """Return what a ``struct malloc_state`` says; its address was checked."""
    top = image.read_word(address + layout.top) or 0
    lock_and_flags = image.read_word(address) or 0
    flags = lock_and_flags >> 32
    return Arena(
        address=address,
        is_main=is_main,
        top=top,
        is_empty=top == address + layout.top,
        is_locked=lock_and_flags & 0xFFFFFFFF != 0,
        is_contiguous=flags & NONCONTIGUOUS == 0,
        system_bytes=image.read_word(address + layout.system_bytes) or 0,
    )
