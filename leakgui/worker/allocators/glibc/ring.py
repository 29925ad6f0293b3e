"""Follow the ring of arenas, and the heaps of each but the first."""

from __future__ import annotations

from leakgui.worker.allocators.glibc.layouts import (
    HEAP_HEADERS,
    HEAP_SPANS,
    ArenaLayout,
)
from leakgui.worker.allocators.glibc.parts import Arena, Malloc, Piece, find_places
from leakgui.worker.image import PAGE_BYTES, Image

_MOST_ARENAS = 16_384
_MOST_HEAPS = 65_536


def follow_ring(
    image: Image, main: int, layout: ArenaLayout
) -> list[tuple[int, int]] | None:
    """Return (address, sizeof heap_info) of all arenas but the first.

    None where the ring does not lead back: this is no main arena of that layout.
    """
    found: list[tuple[int, int]] = []
    address = image.read_word(main + layout.next_arena)
    while address != main:
        header = None if address is None else _find_header(image, address)
        if address is None or header is None or len(found) >= _MOST_ARENAS:
            return None
        found.append((address, header))
        address = image.read_word(address + layout.next_arena)
    return found


def _find_header(image: Image, arena: int) -> int | None:
    """Return how far before an arena its heap begins: ``heap_info.ar_ptr`` tells."""
    for header in HEAP_HEADERS:
        heap = arena - header
        if heap > 0 and heap % PAGE_BYTES == 0 and image.read_word(heap) == arena:
            return header
    return None


def find_heaps(image: Image, malloc: Malloc, arena: Arena) -> None:
    """Fill in the pieces of an arena that is not the main one, newest heap last."""
    header = _find_header(image, arena.address)
    if header is None:
        arena.is_whole = False
        return
    first_heap = arena.address - header
    heaps, arena.is_whole = _follow_heaps(image, arena, first_heap)
    for heap in heaps:
        size = image.read_word(heap + 16) or 0
        if size % PAGE_BYTES or find_places(image, heap, heap + size) is None:
            arena.is_whole = False
            continue
        records = header + malloc.layout.size if heap == first_heap else header
        chunk = (heap + records + 15) & ~15
        top = arena.top if heap < arena.top < heap + size else 0
        arena.pieces.append(Piece(heap, chunk, heap + size, top))


def _follow_heaps(
    image: Image, arena: Arena, first_heap: int
) -> tuple[list[int], bool]:
    """Return the heaps of an arena from the first on, and whether that is all."""
    heap = _find_heap_of_top(image, arena, first_heap)
    if heap is None:
        return [first_heap], False
    found: list[int] = []
    seen: set[int] = set()
    while heap != first_heap and heap not in seen and len(found) < _MOST_HEAPS:
        seen.add(heap)
        if heap % PAGE_BYTES or image.read_word(heap) != arena.address:
            return [first_heap, *reversed(found)], False
        found.append(heap)
        heap = image.read_word(heap + 8) or 0
    return [first_heap, *reversed(found)], heap == first_heap


def _find_heap_of_top(image: Image, arena: Arena, first_heap: int) -> int | None:
    size = image.read_word(first_heap + 16) or 0
    if first_heap < arena.top < first_heap + size:
        return first_heap
    for span in HEAP_SPANS:
        heap = arena.top & ~(span - 1)
        if heap and image.read_word(heap) == arena.address:
            return heap
    return None
