"""Find the blocks that glibc gave a mapping of their own.

Such a mapping begins with a header: 0, then its size with nothing but IS_MMAPPED set.
The kernel joins neighbouring mappings, so every page of anonymous memory that is not
an arena's is looked at. What only looks like such a header is kept out by glibc's own
count and sum of them (``struct malloc_par``: n_mmaps, mmapped_mem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.allocators.glibc.chunks import (
    Bytes,
    Tally,
    count_resident,
    is_present,
    kernel,
)
from leakgui.worker.allocators.glibc.parts import Expected
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Bits, Image

_MOST = 1 << 20
_PAGE_WORDS = PAGE_BYTES // WORD_BYTES
_IN_USE, _IN_USE_BYTES = int(Tally.IN_USE), int(Tally.IN_USE_BYTES)
_RESIDENT_IN_USE = int(Tally.RESIDENT_IN_USE)
_MOST_DOUBTS = 512
"""How many headers are tried as the false one, where one too many was found."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mappings that hold a block each."""

    place: I64
    """Of the start of each mapping, in order."""
    bytes: I64
    """Length of each mapping."""
    is_known_wrong: bool = False
    """Count or sum are not what glibc says, and no thread at work explains it."""
    doubtful: int = 0
    """Headers that were left out, for they may be something else."""


def find_mapped(
    image: Image, ranges: list[tuple[int, int]], tail: int, expected: Expected | None
) -> Mapped:
    """Return the mappings of blocks in ranges of places (first, last + 1).

    ``tail`` is ``ArenaLayout.mapped_tail``.
    """
    found = scan_headers(image, ranges, tail)
    if expected is None or expected.agrees(found[1]):
        return Mapped(*found)
    better = _leave_out(image, ranges, tail, expected, found)
    if better is not None:
        return Mapped(*better, doubtful=1)
    return _leave_out_doubtful(image, found, expected)


def scan_headers(
    image: Image, ranges: list[tuple[int, int]], tail: int
) -> tuple[I64, I64]:
    count, room = 0, 4096
    while True:
        place, size = np.zeros(room, np.int64), np.zeros(room, np.int64)
        count = 0
        for first, last in ranges:
            count = find_headers(
                image.words, image.present, (first, last, tail), count, place, size
            )
        if count <= room or room >= _MOST:
            return place[:count].copy(), size[:count].copy()
        room = min(_MOST, count * 2)


@kernel
def find_headers(
    words: U64,
    present: Bytes,
    span: tuple[int, int, int],
    count: int,
    place: I64,
    size: I64,
) -> int:
    """Write place and length of each mapping in a span behind the first ``count``.

    ``span`` is (first, last + 1, tail). What lies inside a block is not looked at.
    """
    first, last, tail = span
    at = first
    while at + 2 <= last:
        length = 0
        if is_present(present, at):
            head = words[at + 1]
            total = (head & ~np.uint64(7)) + np.uint64(tail)
            if (
                words[at] <= np.uint64(tail >> 4)
                and head & np.uint64(7) == np.uint64(2)
                and total & np.uint64(4095) == 0
                and np.uint64(0) < total <= np.uint64((last - at) * 8)
            ):
                length = np.int64(total)
        if length:
            if count < len(place):
                place[count] = at
                size[count] = length
            count += 1
            at += length >> 3
        else:
            at += _PAGE_WORDS
    return count


def _leave_out(
    image: Image,
    ranges: list[tuple[int, int]],
    tail: int,
    expected: Expected,
    found: tuple[I64, I64],
) -> tuple[I64, I64] | None:
    """Return what is right when one header is taken for data, if exactly one fits.

    Behind its second word a search goes on, so that blocks come to light which a false
    header covered.
    """
    fits = []
    for row in range(min(len(found[0]), _MOST_DOUBTS)):
        place, size = int(found[0][row]), int(found[1][row])
        last = next(end for start, end in ranges if start <= place < end)
        inside = scan_headers(image, [(place + _PAGE_WORDS, last)], tail)
        uncovered = inside[0] < place + size // 8
        is_new = ~np.isin(inside[0], found[0])
        others = np.arange(len(found[0])) != row
        other = tuple(
            np.concatenate([column[others], extra[uncovered & is_new]])
            for column, extra in zip(found, inside, strict=True)
        )
        if expected.agrees(other[1]):
            fits.append(other)
    return (fits[0][0], fits[0][1]) if len(fits) == 1 else None


def _leave_out_doubtful(
    image: Image, found: tuple[I64, I64], expected: Expected
) -> Mapped:
    """Keep what threads inside malloc and free explain; else only what isn't too much.

    A thread that stands still there has mapped a block that is not counted yet, or
    not unmapped one that is counted no more. Memory that is no block for certain is
    searched for roots, so that what it points to is not called lost.
    """
    threads = max(1, len(image.threads))
    more = len(found[0]) - expected.count
    in_flight = int(np.sort(found[1])[-threads:].sum())
    if 0 <= more <= threads and abs(int(found[1].sum()) - expected.bytes) <= in_flight:
        return Mapped(*found)
    if more <= 0:
        return Mapped(*found, is_known_wrong=True)
    nothing = np.zeros(0, np.int64)
    return Mapped(nothing, nothing, is_known_wrong=True, doubtful=len(found[0]))


@kernel
def mark_mapped(  # noqa: PLR0913, PLR0917  # numba knows no objects
    words: U64,
    present: Bytes,
    starts: Bits,
    found: tuple[I64, I64],
    addresses: I64,
    tail: int,
    counts: I64,
) -> None:
    """Set the bit of the block in each mapping and count it.

    ``found`` is ``Mapped.place`` and ``Mapped.bytes``, so each mapping is in ``words``.
    """
    for row in range(len(addresses)):
        place, size = found[0][row], found[1][row]
        lead = find_lead(words, place, size, addresses[row], tail)
        block = place + (lead >> 3) + 2
        end = place + ((size - tail) >> 3) + (1 if tail else 0)
        granule = block >> 1
        starts[granule >> 6] |= np.uint64(1) << np.uint64(granule & 63)
        counts[_IN_USE] += 1
        counts[_IN_USE_BYTES] += (end - block) * 8
        counts[_RESIDENT_IN_USE] += count_resident(present, block, end)


@kernel
def find_lead(words: U64, place: int, size: int, address: int, tail: int) -> int:
    """Return how far into a mapping memalign moved the header, usually 0.

    malloc/malloc.c, _int_memalign: the new header says how far it was moved, and has
    the size of the rest; the old one stays.
    """
    for power in range(5, 47):
        unit = 1 << power
        if unit > size:
            break
        lead = ((address + 16 + unit - 1) & -unit) - 16 - address
        for _ in range(2):
            if 16 <= lead and lead + 32 + tail <= size:
                at = place + (lead >> 3)
                moved = words[at] & ~np.uint64(tail >> 4)
                rest = np.uint64((size - tail - lead) | 2)
                if moved == np.uint64(lead) and words[at + 1] == rest:
                    return lead
            lead += unit
    return 0


def find_addresses(image: Image, places: I64) -> I64:
    """Return the addresses of places in ``Image.words``, all at once."""
    segments = image.segments
    row = np.searchsorted(segments.first_word, places, "right") - 1
    inside = (places - segments.first_word[row]) * WORD_BYTES
    return segments.start[row].astype(np.int64) + inside
