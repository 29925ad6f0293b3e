"""Who owns blocks of the sizes that leaked: which class, and where in its objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from leakgui.model.columns import I64
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import BlockMap, closed
from leakgui.worker.image import Bits
from leakgui.worker.naming.slices import (
    Slice,
    TypedHeap,
    measure,
    sizes_of,
    slice_blocks,
)

OFFSETS = 64
"""Words of an object in which a pointer to what it owns is looked for."""
MOST_SIZES = 64
"""Sizes, those with most leaked bytes, that are looked at."""
LARGEST = 1 << 16
"""Larger blocks than this are not of a kind that many objects own."""
MOST_POINTERS = 1 << 18

Flags = npt.NDArray[np.bool_]


class LeakedSizes(NamedTuple):
    """The sizes of directly leaked blocks, sorted."""

    size: I64
    lost: I64
    """How many blocks of that size are leaked."""


class Pointers(NamedTuple):
    """Words of live blocks that may be pointers to the beginnings of blocks."""

    value: I64
    kind: I64
    """Number of the owner's type."""
    word: I64
    """Where in the owner, in words."""


@dataclass(frozen=True, slots=True)
class Owned:
    """How many live blocks of each leaked size are owned, and by whom."""

    by_class: I64
    """Number of suspect, word of the object, row of ``LeakedSizes``: pointers."""
    by_all: I64
    """Row of ``LeakedSizes``: blocks that any live block points to."""


def find_leaked_sizes(blocks: BlockMap, direct: Bits) -> LeakedSizes:
    """Return the sizes of directly leaked blocks that make up most bytes."""
    found = sizes_of(blocks, list_set(closed(direct)))
    size, count = np.unique(found[found <= LARGEST], return_counts=True)
    kept = np.sort(np.argsort(-(size * count), kind="stable")[:MOST_SIZES])
    return LeakedSizes(size[kept], count[kept])


def count_owned(
    heap: TypedHeap, live: Bits, suspects: I64, sizes: LeakedSizes
) -> Owned:
    """Return who owns live blocks of these sizes.

    ``suspects`` has for each number of type the number of the suspect, or -1.
    """
    live, blocks = closed(live), heap.blocks
    wanted = _choose_wanted(heap, live, sizes)
    seen = np.zeros_like(blocks.starts)
    shape = (int(suspects.max(initial=-1)) + 1, OFFSETS, len(sizes.size))
    by_class, by_all = np.zeros(shape, np.int64), np.zeros(len(sizes.size), np.int64)
    for pointers in _pointers(heap, live):
        granule = _granules_of(blocks, pointers.value)
        is_hit = are_set(wanted, granule)
        granule = granule[is_hit]
        rows = np.searchsorted(sizes.size, measure(blocks, granule * 2))
        rows = np.minimum(rows, len(sizes.size) - 1)
        _count_once(seen, granule, rows, by_all)
        number = suspects[pointers.kind[is_hit]]
        word = pointers.word[is_hit]
        is_ours = (number >= 0) & (word < OFFSETS)
        np.add.at(by_class, (number[is_ours], word[is_ours], rows[is_ours]), 1)
    return Owned(by_class, by_all)


def _choose_wanted(heap: TypedHeap, live: Bits, sizes: LeakedSizes) -> Bits:
    """Return a bit for each live block of one of these sizes."""
    is_wanted = np.zeros(LARGEST + 2, np.bool_)
    is_wanted[sizes.size] = True
    wanted = np.zeros_like(live)
    for part in slice_blocks(heap):
        chosen = is_wanted[np.minimum(part.size, LARGEST + 1)]
        _set_bits(wanted, part.place[chosen] >> 1)
    return closed(wanted & live)


def _pointers(heap: TypedHeap, live: Bits) -> Iterator[Pointers]:
    """Yield what may be pointers to blocks, from live blocks, in parts."""
    found = Pointers(*(np.empty(MOST_POINTERS, np.int64) for _ in range(3)))
    for part in slice_blocks(heap):
        is_live = are_set(live, part.place >> 1)
        owners = Slice(part.place[is_live], part.size[is_live], part.kind[is_live])
        row, word = 0, 0
        while row < len(owners.place):
            row, word, count = _scan(heap.blocks, owners, row, word, found)
            yield Pointers(*(column[:count] for column in found))


@njit(cache=True, nogil=True)
def _scan(
    blocks: BlockMap, owners: Slice, row: int, word: int, found: Pointers
) -> tuple[int, int, int]:
    """List pointers from a word of an owner on; return where to go on, how many."""
    words, low, span = blocks.words, blocks.low, blocks.span
    present = blocks.present
    count = 0
    while row < len(owners.place):
        place, size = owners.place[row], owners.size[row] >> 3
        while word < size:
            if count == len(found.value):
                return row, word, count
            page = (place + word) >> 9
            if present[page >> 3] >> np.uint8(page & 7) & np.uint8(1) == 0:
                word = ((page + 1) << 9) - place
                continue
            value = words[place + word]
            if value - low < span and value & np.uint64(15) == 0:
                found.value[count] = np.int64(value)
                found.kind[count] = owners.kind[row]
                found.word[count] = word
                count += 1
            word += 1
        row, word = row + 1, 0
    return row, word, count


def _granules_of(blocks: BlockMap, addresses: I64) -> I64:
    """Return the granule of each address, or 0, at which no block begins."""
    values = addresses.astype(np.uint64)
    row = np.searchsorted(blocks.segment_start, values, "right") - 1
    inside = values - blocks.segment_start[row]
    is_in = inside < blocks.segment_bytes[row]
    place = blocks.segment_word[row] + (inside >> np.uint64(3)).astype(np.int64)
    return np.where(is_in, place >> 1, 0)


@njit(cache=True, nogil=True)
def are_set(bits: Bits, granules: I64) -> Flags:
    found = np.zeros(len(granules), np.bool_)
    for row in range(len(granules)):
        bit = np.uint64(1) << np.uint64(granules[row] & 63)
        found[row] = bits[granules[row] >> 6] & bit != 0
    return found


@njit(cache=True, nogil=True)
def _set_bits(bits: Bits, granules: I64) -> None:
    for row in range(len(granules)):
        bits[granules[row] >> 6] |= np.uint64(1) << np.uint64(granules[row] & 63)


@njit(cache=True, nogil=True)
def _count_once(seen: Bits, granules: I64, rows: I64, by_all: I64) -> None:
    """Count each block once, however many point to it."""
    for at in range(len(granules)):
        index, bit = granules[at] >> 6, np.uint64(1) << np.uint64(granules[at] & 63)
        if seen[index] & bit == 0:
            seen[index] |= bit
            by_all[rows[at]] += 1
