"""From what was found of glibc's malloc to all blocks in use, checked by its totals."""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.anonymous import find_spans
from leakgui.worker.allocators.glibc.caches import Caches, Owners
from leakgui.worker.allocators.glibc.checking import WalkedArena
from leakgui.worker.allocators.glibc.chunks import TALLIES
from leakgui.worker.allocators.glibc.finding import find_ranges
from leakgui.worker.allocators.glibc.headers import mark_mapped
from leakgui.worker.allocators.glibc.labels import find_labels
from leakgui.worker.allocators.glibc.layouts import CACHE_LAYOUTS, CACHE_ROUNDING
from leakgui.worker.allocators.glibc.main_heap import MainHeap, walk_main
from leakgui.worker.allocators.glibc.mapped import Mapped, find_mapped
from leakgui.worker.allocators.glibc.par import add
from leakgui.worker.allocators.glibc.parts import Found, Malloc, find_places
from leakgui.worker.allocators.glibc.reporting import report
from leakgui.worker.allocators.glibc.walking import Walker
from leakgui.worker.giving_up import Cancelled, Progress
from leakgui.worker.image import Image
from leakgui.worker.walked import Walk


def enumerate_blocks(
    image: Image, found: Found, progress: Progress, cancelled: Cancelled
) -> Walk:
    """Return the blocks in use of all arenas and mappings.

    Raises:
        GivenUp: ``cancelled()`` said so.
    """
    walker = Walker(image, progress, cancelled)
    arenas = _walk_arenas(walker, found)
    mapped, mapped_counts = _walk_mapped(walker, found)
    caches = _empty_caches(walker, arenas)
    return report(walker, found, arenas, (mapped, mapped_counts), caches)


def _walk_arenas(walker: Walker, found: Found) -> list[WalkedArena]:
    """Walk further arenas first: what is theirs needs not be searched for others."""
    entries = [
        WalkedArena(arena, malloc)
        for malloc in found.mallocs
        for arena in malloc.arenas
    ]
    labels = find_labels(walker.image, [entry.arena for entry in entries])
    for entry, label in zip(entries, labels, strict=True):
        entry.label = label
        for piece in entry.arena.pieces:
            walked = walker.walk(piece, entry.arena)
            if walked is not None:
                entry.walked.append(walked)
    for malloc, expected in zip(found.mallocs, found.expected, strict=True):
        base = expected.sbrk_base if expected is not None else 0
        heap = walk_main(walker, malloc, base or None)
        _keep_main(entries, malloc, heap)
    return entries


def _keep_main(entries: list[WalkedArena], malloc: Malloc, heap: MainHeap) -> None:
    for entry in entries:
        if entry.arena is malloc.main:
            entry.walked, entry.hole_bytes = heap.walked, heap.hole_bytes


def _walk_mapped(walker: Walker, found: Found) -> tuple[Mapped, I64]:
    """Find and mark blocks with a mapping of their own, counted as one arena."""
    walker.check()
    image = walker.image
    ranges = find_ranges(image, find_spans(image), walker.claims)
    tail = found.mallocs[0].layout.mapped_tail
    mapped = find_mapped(image, ranges, tail, add(list(found.expected)))
    counts = np.zeros(TALLIES, np.int64)
    mark_mapped(image.present, walker.starts, mapped.table, tail, counts)
    return mapped, counts


def _empty_caches(walker: Walker, arenas: list[WalkedArena]) -> Caches:
    """Take out free blocks that look as if they were in use, arena by arena."""
    caches = Caches(walker.image, walker.starts, _owners(walker, arenas))
    for entry in arenas:
        caches.empty_fastbins(entry.arena.address, entry.malloc.layout)
    known = {name for entry in arenas for name in entry.malloc.layout.caches}
    rows = [row for row in CACHE_LAYOUTS if row.since in known]
    count = min(walker.candidate_count, len(walker.candidates))
    for place in walker.candidates[:count].tolist():
        size = int(walker.image.words[place - 1]) & ~7
        for row in rows:
            if 0 <= size - row.chunk <= CACHE_ROUNDING:
                caches.empty_cache(place, row)
    return caches


def _owners(walker: Walker, arenas: list[WalkedArena]) -> Owners:
    rows = []
    for number, entry in enumerate(arenas):
        for walked in entry.walked:
            start, end = walked.piece.area, walked.claimed
            places = find_places(walker.image, start, end)
            if places is not None:
                rows.append((*places, number))
    rows.sort()
    table = np.array(rows, np.int64).reshape(-1, 3)
    columns = [np.ascontiguousarray(table[:, number]) for number in range(3)]
    return Owners(*columns)
