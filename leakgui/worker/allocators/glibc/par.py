"""Find ``struct malloc_par``: where the heap began, and what was mapped.

There is no symbol for it either. It lies in the writable data of malloc's file; its
``sbrk_base`` is the start of the main heap, or 0 where brk was never asked; around it
count, sum and their greatest values must fit each other.
"""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.anonymous import Span
from leakgui.worker.allocators.glibc.layouts import PAR_LAYOUTS, ParLayout
from leakgui.worker.allocators.glibc.parts import Expected, Malloc, find_places
from leakgui.worker.image import PAGE_BYTES, Image

_DEFAULT_LIMIT = 65536
"""DEFAULT_MMAP_MAX."""
_BEFORE, _AFTER = 6, 1
"""Words around ``sbrk_base`` that are looked at."""


def add(several: list[Expected | None]) -> Expected | None:
    """Return the sum over all copies of malloc; None where one is not known."""
    known = [expected for expected in several if expected is not None]
    if len(known) < len(several) or not known:
        return None
    return Expected(
        sum(expected.count for expected in known),
        sum(expected.bytes for expected in known),
        0,
        all(expected.is_exact for expected in known),
    )


def find_expected(image: Image, malloc: Malloc, brk: list[Span]) -> Expected | None:
    """Return what ``malloc_par`` says, or None where none or several could be it."""
    places = find_places(image, *malloc.data)
    if places is None:
        return None
    words = image.words[places[0] : places[1]]
    found: list[tuple[Expected, bool]] = []
    for layout in PAR_LAYOUTS:
        if layout.since in malloc.layout.par and _may_be(malloc, layout):
            found += _search(words, layout, brk)
    return _choose(found)


def _choose(found: list[tuple[Expected, bool]]) -> Expected | None:
    """Return the likeliest, if it is the only one of its likelihood.

    Before all others comes what has the usual limit and a heap.
    """
    for is_usual, has_heap in ((True, True), (False, True), (True, False)):
        fitting = {
            expected
            for expected, usual in found
            if usual == is_usual and bool(expected.sbrk_base) == has_heap
        }
        if fitting:
            return fitting.pop() if len(fitting) == 1 else None
    return None


def _may_be(malloc: Malloc, layout: ParLayout) -> bool:
    """Whether the size of heap_info, where it is known, goes with this version."""
    newer = {0: None, 0x20: False, 0x30: True}[malloc.heap_header]
    if newer is None or len(malloc.layout.par) == 1 or "2.35" not in malloc.layout.par:
        return True
    return (layout.since == "2.35") == newer


def _search(
    words: U64, layout: ParLayout, brk: list[Span]
) -> list[tuple[Expected, bool]]:
    """Return all that fits, by trying every word as ``sbrk_base`` at once.

    Together with each: whether the greatest number of mappings is the usual one.
    """
    rows = np.arange(_BEFORE, len(words) - _AFTER)
    base = words[rows]
    in_brk = np.zeros(len(rows), bool)
    for span in brk:
        in_brk |= (base >= span.start) & (base < span.end)
    rows = rows[in_brk | (base == 0)]
    count = _ints(words, rows, layout.mapped_count)
    limit = _ints(words, rows, layout.mapped_limit)
    most = _ints(words, rows, layout.mapped_most)
    total = words[rows + layout.mapped_bytes // 8]
    most_bytes = words[rows + layout.mapped_most_bytes // 8]
    page, unit = np.uint64(PAGE_BYTES), np.uint64(layout.unit)
    fits = (limit == _DEFAULT_LIMIT) | (words[rows] != 0)
    # M_MMAP_MAX of 0 is allowed; then nothing but the very start of the heap will do.
    is_start = np.isin(base[in_brk | (base == 0)], [span.start for span in brk])
    fits &= (limit > 0) | ((limit == 0) & is_start)
    fits &= (count >= 0) & (count <= most) & (most <= limit)
    fits &= (total <= most_bytes) & (total % unit == 0) & (most_bytes % unit == 0)
    fits &= (total // page >= count.astype(np.uint64)) & ((count > 0) | (total < page))
    fits &= (most > 0) | (most_bytes < page)
    return [
        (
            Expected(
                int(count[row]),
                int(total[row]),
                int(words[rows[row]]),
                layout.unit == PAGE_BYTES,
            ),
            bool(limit[row] == _DEFAULT_LIMIT),
        )
        for row in np.flatnonzero(fits)
    ]


def _ints(words: U64, rows: I64, offset: int) -> I64:
    """Return the C int at an offset from each row, signed."""
    word = words[rows + offset // 8]
    half = word >> np.uint64(32) if offset % 8 else word & np.uint64(0xFFFFFFFF)
    return half.astype(np.uint32).view(np.int32).astype(np.int64)
