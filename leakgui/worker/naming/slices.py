"""All blocks of a heap in slices: where each begins, how long it is, what it holds.

A slice is worked on by one plain loop after another. One loop that calls functions
for each block is a tenth as fast: numba counts references to every array that a
function gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.block_map import BlockMap, closed, map_blocks
from leakgui.worker.blocks.lookup import usable_bytes
from leakgui.worker.blocks.machine import lowest_one
from leakgui.worker.image import WORD_BYTES, Bits, Image
from leakgui.worker.naming.first_words import find_slot
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.text import is_text, may_begin_text
from leakgui.worker.walked import SizeRule, Walk

SLICE = 1 << 16
SIZE_TYPE, TEXT_TYPE, FIRST_CLASS = 0, 1, 2
"""Numbers of types: nothing but the size is known, text, and the classes."""
_COLUMN, _LESS_8 = int(SizeRule.COLUMN), int(SizeRule.GLIBC_LESS_8)
_FLAGS, _IS_MMAPPED = np.uint64(7), np.uint64(2)


class Tables(NamedTuple):
    """What tells the types of blocks: virtual tables, and where memory is mapped."""

    slots: U64
    """A hash table of virtual tables (``find_slot``); 0 where a slot is free."""
    number: I64
    """The number of the type of the table in a slot."""
    low: np.uint64
    high: np.uint64
    region_start: U64
    region_end: U64


class Slice(NamedTuple):
    """Some blocks, in order of their places in ``Image.words``."""

    place: I64
    size: I64
    """Usable bytes, cut where the segment ends or the next block begins."""
    kind: I64
    """Number of the type."""


class TypedHeap(NamedTuple):
    """All blocks of a heap, and what tells their types."""

    blocks: BlockMap
    tables: Tables
    class_name: tuple[str, ...]
    """By number of type less ``FIRST_CLASS``; a class may have several tables."""


def type_heap(image: Image, walk: Walk, names: Names) -> TypedHeap:
    """Give each class a number, so that kernels can tell the types of blocks."""
    numbers: dict[str, int] = {}
    slots = np.zeros(1 << (2 * len(names.table) + 1).bit_length(), np.uint64)
    number = np.zeros(len(slots), np.int64)
    for table, name in zip(names.table, names.class_name, strict=True):
        at = find_slot(slots, table)
        slots[at] = table
        number[at] = FIRST_CLASS + numbers.setdefault(name, len(numbers))
    has_tables = len(names.table) > 0
    tables = Tables(
        slots=closed(slots),
        number=closed(number),
        low=names.table[0] if has_tables else np.uint64(1),
        high=names.table[-1] if has_tables else np.uint64(0),
        region_start=closed(image.regions.start),
        region_end=closed(image.regions.end),
    )
    return TypedHeap(map_blocks(image, walk), tables, tuple(numbers))


def slice_blocks(heap: TypedHeap) -> Iterator[Slice]:
    """Yield all blocks in slices, which reuse their memory."""
    blocks = heap.blocks
    place = np.empty(SLICE, np.int64)
    size, kind = np.empty_like(place), np.empty_like(place)
    at, rank = 0, 0
    while at < len(blocks.starts):
        at, count = _list(blocks.starts, at, place)
        part = Slice(place[:count], size[:count], kind[:count])
        if blocks.rule == _COLUMN:
            part.size[:] = blocks.sizes[rank : rank + count]
        else:
            _read_headers(blocks.words, blocks.rule == _LESS_8, part.place, part.size)
        _cut(blocks, part.place, part.size)
        _find_types(blocks.words, blocks.present, part, heap.tables)
        rank += count
        yield part


def measure(blocks: BlockMap, place: I64) -> I64:
    """Return what memory says of the lengths of blocks; ``sizes_of`` is the truth.

    They differ only where memory is damaged, and this is ten times as fast.
    """
    if blocks.rule == _COLUMN:
        return sizes_of(blocks, place >> 1)
    size = np.empty_like(place)
    _read_headers(blocks.words, blocks.rule == _LESS_8, place, size)
    return size


@njit(cache=True, nogil=True)
def sizes_of(blocks: BlockMap, granules: I64) -> I64:
    """Return the usable bytes of the blocks that begin in these granules."""
    sizes = np.empty(len(granules), np.int64)
    for row in range(len(granules)):
        sizes[row] = usable_bytes(blocks, granules[row])
    return sizes


@njit(cache=True, nogil=True)
def _list(starts: Bits, at: int, place: I64) -> tuple[int, int]:
    """List blocks from a word of the bitmap on; return the next word, and how many."""
    count = 0
    while at < len(starts) and count <= len(place) - 64:
        rest = starts[at]
        while rest != 0:
            place[count] = (at * 64 + lowest_one(rest)) * 2
            count += 1
            rest &= rest - np.uint64(1)
        at += 1
    return at, count


@njit(cache=True, nogil=True)
def _read_headers(words: U64, is_less_8: bool, place: I64, size: I64) -> None:  # noqa: FBT001  # kernels take no keywords
    """Read the headers of glibc's chunks (``SizeRule``)."""
    for row in range(len(place)):
        header = words[place[row] - 1] if place[row] > 0 else np.uint64(0)
        is_short = header & _IS_MMAPPED != 0 and not is_less_8
        size[row] = np.int64(header & ~_FLAGS) - (16 if is_short else 8)


def _cut(blocks: BlockMap, place: I64, size: I64) -> None:
    """Cut blocks where the next one begins or the segment ends, as ``lookup`` does."""
    if not len(place):
        return
    last = usable_bytes(blocks, int(place[-1]) // 2)
    ends = blocks.segment_word + (blocks.segment_bytes >> np.uint64(3)).astype(np.int64)
    end = ends[np.searchsorted(blocks.segment_word, place, "right") - 1]
    end[:-1] = np.minimum(end[:-1], place[1:])
    room = (end - place) * WORD_BYTES
    # A size of 2**63 and more is a negative one here; lookup cuts it just so.
    np.copyto(size, room, where=(size < 0) | (size > room))
    size[-1] = last


@njit(cache=True, nogil=True)
def _find_types(
    words: U64, present: npt.NDArray[np.uint8], part: Slice, tables: Tables
) -> None:
    for row in range(len(part.place)):
        place, page = part.place[row], part.place[row] >> 9
        is_readable = (present[page >> 3] >> np.uint8(page & 7)) & 1 != 0
        part.kind[row] = SIZE_TYPE
        if not is_readable or part.size[row] < WORD_BYTES:
            continue
        word = words[place]
        if tables.low <= word <= tables.high:
            at = find_slot(tables.slots, word)
            if tables.slots[at] != 0:
                part.kind[row] = tables.number[at]
        elif may_begin_text(word) and is_text(
            words, place, part.size[row], tables.region_start, tables.region_end
        ):
            part.kind[row] = TEXT_TYPE
