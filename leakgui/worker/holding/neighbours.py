"""Who points to a block, and where its own pointers lead."""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment,arg-type"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    usable_bytes,
    usable_in_row,
)
from leakgui.worker.blocks.machine import lowest_one
from leakgui.worker.holding.steps import Step, find_block, read_step
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import cut
from leakgui.worker.marking.spreading import Pieces
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

Reference = Step
"""One pointer between two blocks, or from a root to a block."""


def referrers(
    image: Image, walk: Walk, roots: Roots, address: int, most: int = 100
) -> tuple[tuple[Reference, ...], int]:
    """Return the first pointers to any byte of a block, and how many there are.

    Roots come first, then blocks in address order; pointers of the block into itself
    are left out. Nothing and 0 where no block begins at the address.
    """
    blocks = map_blocks(image, walk)
    granule = find_block(image, blocks, address)
    if granule < 0:
        return (), 0
    wanted = Wanted(
        np.uint64(address),
        np.uint64(usable_bytes(blocks, granule)),
        granule,
        np.empty(most, np.int64),
        np.zeros(1, np.int64),
    )
    _scan_roots(blocks, cut(roots), wanted)
    _scan_blocks(blocks, wanted)
    count = int(wanted.count[0])
    found = wanted.places[: min(count, most)].tolist()
    return tuple(read_step(image, blocks, roots, place) for place in found), count


def targets(
    image: Image, walk: Walk, roots: Roots, address: int, most: int = 100
) -> tuple[tuple[Reference, ...], int]:
    """Return a block's first pointers to other blocks, and how many there are."""
    blocks = map_blocks(image, walk)
    granule = find_block(image, blocks, address)
    if granule < 0:
        return (), 0
    places = np.empty(most, np.int64)
    count = int(_scan_block(blocks, granule, places))
    found = places[: min(count, most)].tolist()
    return tuple(read_step(image, blocks, roots, place) for place in found), count


class Wanted(NamedTuple):
    """The pointers that are looked for: those into one block from elsewhere."""

    low: np.uint64
    size: np.uint64
    granule: int
    places: I64
    """Where the first of them lie."""
    count: I64
    """One number: how many there are."""


@kernel
def _scan_roots(blocks: BlockMap, pieces: Pieces, wanted: Wanted) -> None:
    """List the roots that lead into the block."""
    for piece in range(len(pieces.first)):
        _scan(blocks, pieces.first[piece], pieces.end[piece], wanted)
    for number in range(len(pieces.loose)):
        if pieces.loose[number] - wanted.low < wanted.size:
            _note(len(blocks.words) + number, wanted)


@kernel
def _scan_blocks(blocks: BlockMap, wanted: Wanted) -> None:
    """List the words of all other blocks that lead into the block."""
    for row in range(len(blocks.segment_word)):
        first = blocks.segment_word[row] >> 7
        last = first + np.int64(blocks.segment_bytes[row] >> np.uint64(10))
        for index in range(first, last):
            rest = blocks.starts[index]
            while rest:
                granule = index * 64 + lowest_one(rest)
                rest &= rest - np.uint64(1)
                if granule != wanted.granule:
                    words = usable_in_row(blocks, granule, row) >> 3
                    _scan(blocks, granule * 2, granule * 2 + words, wanted)


@part
def _scan(blocks: BlockMap, place: int, end: int, wanted: Wanted) -> None:
    """List the words that lead into the block, where their pages were copied."""
    while place < end:
        last = min(end, (place // 512 + 1) * 512)
        if is_page_present(blocks, place):
            for index in range(place, last):
                if blocks.words[index] - wanted.low < wanted.size:
                    _note(index, wanted)
        place = last


@part
def _note(place: int, wanted: Wanted) -> None:
    """Count a pointer, and keep its place while there is room."""
    count = wanted.count[0]
    if count < len(wanted.places):
        wanted.places[count] = place
    wanted.count[0] = count + 1


@kernel
def _scan_block(blocks: BlockMap, granule: int, places: I64) -> int:
    """List the words of a block that lead to other blocks."""
    count, row = 0, 0
    place = granule * 2
    end = place + (usable_bytes(blocks, granule) >> 3)
    while place < end:
        if not is_page_present(blocks, place):
            place = (place // 512 + 1) * 512
            continue
        row, target = follow_one(blocks, blocks.words[place], row)
        if target >= 0 and target != granule:
            if count < len(places):
                places[count] = place
            count += 1
        place += 1
    return count
