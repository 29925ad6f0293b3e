"""The memory of a main arena: what brk gave it, and mappings where brk failed.

Usually that is one run of chunks from the start of ``[heap]`` to the top. Where the
program itself asked sbrk for memory, fenceposts and a hole lie between two runs;
where brk failed, each further run is a mapping of its own, from the start of a page to
fenceposts at the end of one (glibc malloc/malloc.c, sysmalloc).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.anonymous import Span, find_spans
from leakgui.worker.allocators.glibc.chains import find_chain, is_fence
from leakgui.worker.allocators.glibc.chunks import Ending
from leakgui.worker.allocators.glibc.layouts import FORBIDDEN_IN_MAIN
from leakgui.worker.allocators.glibc.parts import Arena, Malloc, Piece, find_places
from leakgui.worker.allocators.glibc.walking import Walked, Walker
from leakgui.worker.image import PAGE_BYTES

_MOST_PIECES = 4096
_LOOKS = 50_000_000
"""At how many headers a search for a further piece may look."""
_FENCES_BYTES = 32
_PAGE_STEP, _GRANULE_STEP = 512, 2


@dataclass(slots=True)
class MainHeap:
    """What was walked of one main arena."""

    walked: list[Walked] = field(default_factory=list)
    hole_bytes: int = 0
    """Between two pieces of the brk area: memory that the program took itself."""
    budget: I64 = field(default_factory=lambda: np.array([_LOOKS], np.int64))
    """How many headers may still be looked at in search of further pieces."""

    @property
    def walked_bytes(self) -> int:
        """What of ``system_mem`` is accounted for."""
        pieces = sum(walked.claimed - walked.piece.area for walked in self.walked)
        return pieces + self.hole_bytes


def walk_main(walker: Walker, malloc: Malloc, sbrk_base: int | None) -> MainHeap:
    """Walk all pieces of the main arena that can be found."""
    arena, heap = malloc.main, MainHeap()
    if arena.is_empty:
        return heap
    spans = find_spans(walker.image)
    for span in spans:
        if span.is_brk:
            _walk_brk(walker, malloc, span, sbrk_base, heap)
    has_top = any(walked.piece.top for walked in heap.walked)
    if not has_top or heap.walked_bytes + PAGE_BYTES <= arena.system_bytes:
        _walk_mappings(walker, arena, spans, heap)
    return heap


def _walk_brk(
    walker: Walker, malloc: Malloc, span: Span, sbrk_base: int | None, heap: MainHeap
) -> None:
    """Walk from the start of ``[heap]``, over the holes of others, to the top."""
    arena = malloc.main
    whole = _piece_to_top(walker, arena, span)
    walked = _walk_first(walker, malloc, whole, sbrk_base)
    while walked is not None:
        heap.walked.append(walked)
        if not _ends_with_fence(walker, walked) or len(heap.walked) >= _MOST_PIECES:
            return
        after = walked.end + _FENCES_BYTES
        start = _find_start(walker, whole, after, _GRANULE_STEP, heap.budget)
        if start is None:
            return
        _close(walker, walked, walked.end + _FENCES_BYTES)
        heap.hole_bytes += start - after
        walked = walker.walk(replace(whole, area=start, first=start), arena)


def _ends_with_fence(walker: Walker, walked: Walked) -> bool:
    places = find_places(walker.image, walked.end, walked.piece.limit)
    return places is not None and bool(is_fence(walker.image.words, *places))


def _piece_to_top(walker: Walker, arena: Arena, span: Span) -> Piece:
    """Return the piece from a span's start to the end of the top, if it is in it."""
    if not span.start <= arena.top < span.end:
        return Piece(span.start, span.start, span.end, 0)
    size = (walker.image.read_word(arena.top + 8) or 0) & ~7
    end = arena.top + size
    limit = end if size >= 16 and end <= span.end and size % 16 == 0 else span.end
    return Piece(span.start, span.start, limit, arena.top)


def _walk_first(
    walker: Walker, malloc: Malloc, whole: Piece, sbrk_base: int | None
) -> Walked | None:
    """Walk from where the heap begins: not always where ``[heap]`` does."""
    arena, partly = malloc.main, -1
    for start in _starts(malloc, whole, sbrk_base):
        walked = walker.walk(replace(whole, area=start, first=start), arena)
        if walked is None:
            continue
        is_end = walked.ending in {Ending.TOP, Ending.LIMIT}
        if is_end or (walked.end > start and _ends_with_fence(walker, walked)):
            return walked
        if walked.end > start and partly < 0:
            partly = start
        walker.undo(walked)
    if partly < 0:
        return None
    return walker.walk(replace(whole, area=partly, first=partly), arena)


def _starts(malloc: Malloc, whole: Piece, sbrk_base: int | None) -> list[int]:
    """Return where the first chunk may be, the likeliest first.

    A static program puts its thread-local storage before it. But what the arena took
    from the system ends where the top does, if it all lies in one place and no thread
    is just changing that; and ``mp_.sbrk_base`` tells, where it was found.
    """
    arena = malloc.main
    known = whole.first if sbrk_base is None else sbrk_base
    by_size = whole.limit - arena.system_bytes if whole.top else known
    is_sure = arena.is_contiguous and not arena.is_locked
    order = (by_size, known) if is_sure else (known, by_size)
    aligned = [(start + 15) & ~15 for start in (*order, whole.first)]
    inside = [start for start in aligned if whole.first <= start < whole.limit]
    return list(dict.fromkeys(inside))


def _find_start(
    walker: Walker, whole: Piece, after: int, step: int, budget: I64
) -> int | None:
    """Return the first chunk behind an address from which sizes lead to an end."""
    if after + 32 >= whole.limit:
        return None
    places = find_places(walker.image, after, whole.limit)
    if places is None:
        return None
    first, last = places
    top = first + (whole.top - after) // 8 if whole.top >= after else -1
    span = (first, last, top, step)
    words, present = walker.image.words, walker.image.present
    place = find_chain(words, present, span, FORBIDDEN_IN_MAIN, budget)
    return None if place < 0 else after + (place - first) * 8


def _close(walker: Walker, walked: Walked, end: int) -> None:
    """Say that a piece ends here, fenceposts included."""
    piece = walked.piece
    walker.claims.give_back(piece.area, walked.claimed)
    walker.claims.take(piece.area, end)
    walked.piece, walked.claimed = replace(piece, limit=end, top=0), end


def _walk_mappings(
    walker: Walker, arena: Arena, spans: list[Span], heap: MainHeap
) -> None:
    """Walk mappings that took the place of brk, wherever they are."""
    for span in spans:
        if not span.is_brk:
            for start, end in walker.claims.gaps(span.start, span.end):
                _walk_mapping(walker, arena, Span(start, end, is_brk=False), heap)


def _walk_mapping(walker: Walker, arena: Arena, gap: Span, heap: MainHeap) -> None:
    """Walk the pieces of a gap; older ones lie behind that with the top."""
    whole = _piece_to_top(walker, arena, gap)
    _walk_pieces(walker, arena, whole, heap)
    if whole.limit < gap.end:
        behind = Piece(whole.limit, whole.limit, gap.end, 0)
        _walk_pieces(walker, arena, behind, heap)


def _walk_pieces(walker: Walker, arena: Arena, whole: Piece, heap: MainHeap) -> None:
    after = whole.first
    while len(heap.walked) < _MOST_PIECES:
        start = _find_start(walker, whole, after, _PAGE_STEP, heap.budget)
        if start is None:
            return
        walked = walker.walk(replace(whole, area=start, first=start), arena)
        if walked is None:
            return
        if _ends_with_fence(walker, walked):
            _close(walker, walked, walked.end + _FENCES_BYTES)
        heap.walked.append(walked)
        after = (max(walked.claimed, start + 1) + PAGE_BYTES - 1) & -PAGE_BYTES
