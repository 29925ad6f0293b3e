"""Find glibc's malloc in an image, and how much of the memory it explains."""

from __future__ import annotations

import math

import numpy as np

from leakgui.worker.allocators.glibc.anonymous import Span, find_spans, is_anonymous
from leakgui.worker.allocators.glibc.chunks import count_resident
from leakgui.worker.allocators.glibc.mapped import scan_headers
from leakgui.worker.allocators.glibc.par import find_expected
from leakgui.worker.allocators.glibc.parts import (
    Claims,
    Expected,
    Found,
    Malloc,
    find_places,
)
from leakgui.worker.allocators.glibc.ring import find_heaps
from leakgui.worker.allocators.glibc.signature import find_mallocs
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image


def find_glibc(image: Image) -> Found:
    """Return every initialised copy of glibc's malloc, that with ``[heap]`` first."""
    spans = find_spans(image)
    brk = [span for span in spans if span.is_brk]
    mallocs = find_mallocs(image)
    mallocs.sort(key=lambda malloc: not _has_brk(malloc, brk))
    for malloc in mallocs:
        for arena in malloc.arenas[1:]:
            find_heaps(image, malloc, arena)
    expected = tuple(find_expected(image, malloc, brk) for malloc in mallocs)
    share = _explain(image, spans, mallocs, expected)
    return Found(tuple(mallocs), expected, share)


def _has_brk(malloc: Malloc, brk: list[Span]) -> bool:
    return any(span.start < malloc.main.top < span.end for span in brk)


def _explain(
    image: Image,
    spans: list[Span],
    mallocs: list[Malloc],
    expected: tuple[Expected | None, ...],
) -> float:
    """Return which share of anonymous resident memory is malloc's, about."""
    total = _count_anonymous(image)
    if not mallocs or not total:
        return math.nan
    claims = Claims()
    own = sum(_claim(malloc, spans, claims) for malloc in mallocs)
    own += sum(
        count_resident(image.present, *places) for places in _taken(image, claims)
    )
    if any(one is None or one.count for one in expected):
        own += _count_mapped(image, spans, claims, mallocs[0].layout.mapped_tail)
    return float(min(1.0, own / total))


def _claim(malloc: Malloc, spans: list[Span], claims: Claims) -> int:
    """Claim the memory of all arenas, and return what else the main one says to have.

    Further pieces of a main arena are found by walking only.
    """
    main = malloc.main
    for arena in malloc.arenas:
        for piece in arena.pieces:
            claims.take(piece.area, piece.limit)
    seen = 0
    for span in spans:
        if span.is_brk and not main.is_empty and claims.take(span.start, span.end):
            seen += span.end - span.start
    return max(0, main.system_bytes - seen)


def _count_mapped(image: Image, spans: list[Span], claims: Claims, tail: int) -> int:
    table = scan_headers(image, find_ranges(image, spans, claims), tail)
    total = 0
    for first, length, _ in table.tolist():
        total += count_resident(image.present, first, first + length // WORD_BYTES)
    return total


def _taken(image: Image, claims: Claims) -> list[tuple[int, int]]:
    found = (find_places(image, start, end) for start, end in claims.taken())
    return [places for places in found if places is not None]


def find_ranges(
    image: Image, spans: list[Span], claims: Claims
) -> list[tuple[int, int]]:
    """Return what of the spans is not taken, as first place and last + 1, by pages."""
    ranges = []
    for span in spans:
        for start, end in claims.gaps(span.start, span.end):
            first_page = (start + PAGE_BYTES - 1) & -PAGE_BYTES
            places = find_places(image, first_page, end)
            if places is not None:
                ranges.append(places)
    return ranges


def _count_anonymous(image: Image) -> int:
    regions = image.regions
    names = np.array([is_anonymous(path) for path in regions.path.pool], bool)
    private = np.array([text.endswith("p") for text in regions.permissions.pool], bool)
    if not len(regions):
        return 0
    is_own = names[regions.path.codes] & private[regions.permissions.codes]
    return int(regions.resident[is_own].sum())
