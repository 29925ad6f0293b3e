"""From an address to the block that it lies in, and from a block to its length.

Every index is bounded: a row comes from ``find_row``, a place is less than the end of
a segment, and a granule in which a block begins comes from the bitmap of starts.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,return-value,arg-type,assignment"

from __future__ import annotations

import numpy as np

from leakgui.worker.blocks.bits import is_set, rank_of
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.machine import highest_one, lowest_one
from leakgui.worker.walked import SizeRule

ONE = np.uint64(1)
NO_ROW = -1
_COLUMN, _LESS_8 = int(SizeRule.COLUMN), int(SizeRule.GLIBC_LESS_8)
_FLAGS, _IS_MMAPPED = np.uint64(7), np.uint64(2)


@kernel
def find_row(blocks: BlockMap, address: np.uint64, near: int) -> int:
    """Return the row of the segment of an address, -1 outside; try ``near`` first.

    ``near`` is a row that there is, or ``NO_ROW``: where no block is, no row is either.
    """
    if near >= 0 and address - blocks.segment_start[near] < blocks.segment_bytes[near]:
        return near
    if address - blocks.low >= blocks.span:
        return -1
    first, end = 0, len(blocks.segment_start)
    while end - first > 1:
        middle = (first + end) >> 1
        if blocks.segment_start[middle] <= address:
            first = middle
        else:
            end = middle
    inside = address - blocks.segment_start[first] < blocks.segment_bytes[first]
    return first if inside else -1


@part
def place_in(blocks: BlockMap, row: int, address: np.uint64) -> int:
    """Return the place in ``words`` of an address in the segment of a row."""
    inside = np.int64(address - blocks.segment_start[row])
    return blocks.segment_word[row] + (inside >> 3)


@part
def row_of_place(blocks: BlockMap, place: int) -> int:
    """Return the row of the segment in which a block's first word lies."""
    first, end = 0, len(blocks.segment_word)
    while end - first > 1:
        middle = (first + end) >> 1
        if blocks.segment_word[middle] <= place:
            first = middle
        else:
            end = middle
    return first


@kernel
def address_of(blocks: BlockMap, granule: int) -> np.uint64:
    """Return the address of a block."""
    row = row_of_place(blocks, granule * 2)
    inside = (granule * 2 - blocks.segment_word[row]) * 8
    return blocks.segment_start[row] + np.uint64(inside)


@part
def _stated_bytes(blocks: BlockMap, granule: int) -> np.uint64:
    """Return what the memory says of the length of a block; it may say anything."""
    if blocks.rule == _COLUMN:
        return blocks.sizes[rank_of(blocks.starts, blocks.ranks, granule)]
    if granule == 0:
        return np.uint64(0)
    header = blocks.words[granule * 2 - 1]
    size = header & ~_FLAGS
    is_short = header & _IS_MMAPPED != 0 and blocks.rule != _LESS_8
    overhead = np.uint64(16 if is_short else 8)
    return size - overhead if size > overhead else np.uint64(0)


@part
def _free_granules(blocks: BlockMap, granule: int, most: int) -> int:
    """Return how many granules, at most ``most``, lie before the next block."""
    index, shift = (granule + 1) >> 6, np.uint64((granule + 1) & 63)
    last = min((granule + most) >> 6, len(blocks.starts) - 1)
    if index > last:
        return most
    rest = blocks.starts[index] >> shift << shift
    while rest == 0:
        index += 1
        if index > last:
            return most
        rest = blocks.starts[index]
    return min(most, index * 64 + lowest_one(rest) - granule)


@kernel
def usable_bytes(blocks: BlockMap, granule: int) -> int:
    """Return the length of a block, cut where the segment or another block comes."""
    row = row_of_place(blocks, granule * 2)
    return usable_in_row(blocks, granule, row)


@part
def usable_in_row(blocks: BlockMap, granule: int, row: int) -> int:
    """Return ``usable_bytes`` of a block whose segment is known."""
    inside = (granule * 2 - blocks.segment_word[row]) * 8
    room = blocks.segment_bytes[row] - np.uint64(inside)
    size = np.int64(min(_stated_bytes(blocks, granule), room))
    granules = (size + 15) >> 4
    free = _free_granules(blocks, granule, granules)
    return size if free >= granules else free * 16


@part
def start_before(blocks: BlockMap, granule: int) -> int:
    """Return the last granule up to this one in which a block begins, or -1."""
    index = granule >> 6
    rest = blocks.starts[index] & _up_to(granule & 63)
    if rest:
        return index * 64 + highest_one(rest)
    upper = index >> 6
    rest = blocks.filled[upper] & (_up_to(index & 63) >> ONE)
    if not rest:
        top = upper >> 6
        rest = blocks.filled_more[top] & (_up_to(upper & 63) >> ONE)
        while not rest:
            top -= 1
            if top < 0:
                return -1
            rest = blocks.filled_more[top]
        upper = top * 64 + highest_one(rest)
        rest = blocks.filled[upper]
    index = upper * 64 + highest_one(rest)
    return index * 64 + highest_one(blocks.starts[index])


@part
def _up_to(bit: int) -> np.uint64:
    """Return a word with all bits set up to this one, itself included."""
    return ~np.uint64(0) >> np.uint64(63 - bit)


@kernel
def block_around(blocks: BlockMap, address: np.uint64, row: int) -> int:
    """Return the granule of the block in which an address of a row lies, or -1."""
    granule = place_in(blocks, row, address) >> 1
    start = start_before(blocks, granule)
    inside = (start * 2 - blocks.segment_word[row]) * 8
    if start < 0 or inside < 0:
        return -1
    begin = blocks.segment_start[row] + np.uint64(inside)
    return start if address - begin < _stated_bytes(blocks, start) else -1


@part
def is_page_present(blocks: BlockMap, place: int) -> bool:
    """Whether the page of a place was copied."""
    page = place >> 9
    return blocks.present[page >> 3] >> np.uint8(page & 7) & 1 != 0


@kernel
def is_start(blocks: BlockMap, granule: int) -> bool:
    """Whether a block begins in a granule of a segment."""
    return is_set(blocks.starts, granule)


@kernel
def follow_one(blocks: BlockMap, value: np.uint64, near: int) -> tuple[int, int]:
    """Return the row and the block to which a pointer leads; -1 where to none.

    ``near`` is the row to try first: that of the pointer before.
    """
    if value - blocks.low >= blocks.span:
        return near, -1
    row = find_row(blocks, value, near)
    if row < 0:
        return near, -1
    granule = place_in(blocks, row, value) >> 1
    if not value & np.uint64(15) and is_start(blocks, granule):
        return row, granule
    return row, block_around(blocks, value, row)


@part
def offset_in(blocks: BlockMap, granule: int, row: int, value: np.uint64) -> int:
    """Return how many bytes into a block a pointer into it leads."""
    words = place_in(blocks, row, value) - granule * 2
    return words * 8 + np.int64(value & np.uint64(7))
