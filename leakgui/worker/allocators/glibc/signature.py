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
from leakgui.worker.allocators.glibc.layouts import (
    ARENA_LAYOUTS,
    BIN_COUNT,
    HEAP_HEADERS,
    NONCONTIGUOUS,
    ArenaLayout,
)
from leakgui.worker.allocators.glibc.parts import Arena, Malloc, find_places
from leakgui.worker.allocators.glibc.ring import follow_ring
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image

_LEAST_SOUND_BINS = 119
"""Of 127: a thread stopped inside malloc leaves a bin or two half linked."""
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
    words = image.words[places[0] : places[1]]
    found: dict[int, Malloc] = {}
    for layout in ARENA_LAYOUTS:
        for address in _choose(words, data[0], layout).tolist():
            malloc = _examine(image, data, address, layout)
            if malloc is not None:
                malloc.module = module
                found.setdefault(address, malloc)
    return list(found.values())


def _choose(words: U64, start: int, layout: ArenaLayout) -> I64:
    """Return addresses whose ``next`` is themselves or in the head of a heap."""
    count = len(words) - layout.size // WORD_BYTES
    if count <= 0:
        return np.zeros(0, np.int64)
    addresses = start + np.arange(count, dtype=np.int64) * WORD_BYTES
    following = words[layout.next_arena // WORD_BYTES :][:count]
    in_page = following % np.uint64(PAGE_BYTES)
    top = words[layout.top // WORD_BYTES :][:count]
    is_in_ring = following == addresses.astype(np.uint64)
    for header in HEAP_HEADERS:
        is_in_ring |= in_page == header
    is_pointer = (top != 0) & (top % np.uint64(8) == 0)
    chosen: I64 = addresses[is_in_ring & is_pointer]
    return chosen


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
