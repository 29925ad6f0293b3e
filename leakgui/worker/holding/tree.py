"""From which word each block was found first, when all are searched in breadth."""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment,arg-type"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.blocks.bits import is_set, rank_of
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.marking.spreading import Pieces

NO_PARENT = -1
HEAD, TAIL = range(2)
"""Places in ``Tree.numbers``: what is to be searched next, and where more is put."""


class Tree(NamedTuple):
    """A shortest path to each block found so far; 16 bytes for each block."""

    parent: I64
    """By rank, the place of the word that leads to it; from the end of the image on,
    the number of a loose root. ``NO_PARENT`` where it was not found."""
    queue: I64
    """Granules of the blocks found, in order."""
    numbers: I64

    def place_to(self, blocks: BlockMap, granule: int) -> int:
        """Return the place of the word that leads to a block."""
        if not 0 <= granule < len(blocks.starts) * 64 or not is_set(
            blocks.starts, granule
        ):
            return NO_PARENT
        return int(self.parent[rank_of(blocks.starts, blocks.ranks, granule)])


def new_tree(blocks: BlockMap) -> Tree:
    """Return a tree in which nothing was found yet."""
    count = int(blocks.ranks[-1])
    return Tree(
        parent=np.full(count, NO_PARENT, np.int64),
        queue=np.empty(count, np.int64),
        numbers=np.zeros(2, np.int64),
    )


@kernel
def start(blocks: BlockMap, pieces: Pieces, tree: Tree) -> None:
    """Find the blocks to which roots lead."""
    for piece in range(len(pieces.first)):
        _find(blocks, pieces.first[piece], pieces.end[piece], tree)
    row = 0
    for number in range(len(pieces.loose)):
        row, granule = follow_one(blocks, pieces.loose[number], row)
        _add(blocks, granule, len(blocks.words) + number, tree)


@kernel
def grow(blocks: BlockMap, tree: Tree, budget: int, until: int) -> bool:
    """Search some blocks; False at the end, or when block ``until`` was found."""
    if until >= 0:
        rank = rank_of(blocks.starts, blocks.ranks, until)
        if not is_set(blocks.starts, until) or tree.parent[rank] != NO_PARENT:
            return False
    for _ in range(budget):
        if tree.numbers[HEAD] == tree.numbers[TAIL]:
            return False
        granule = tree.queue[tree.numbers[HEAD]]
        tree.numbers[HEAD] += 1
        row = row_of_place(blocks, granule * 2)
        size = usable_in_row(blocks, granule, row)
        _find(blocks, granule * 2, granule * 2 + (size >> 3), tree)
    return True


@part
def _find(blocks: BlockMap, place: int, end: int, tree: Tree) -> None:
    """Find the blocks to which some words lead."""
    row = 0
    while place < end:
        last = min(end, (place // 512 + 1) * 512)
        if is_page_present(blocks, place):
            for index in range(place, last):
                row, granule = follow_one(blocks, blocks.words[index], row)
                _add(blocks, granule, index, tree)
        place = last


@part
def _add(blocks: BlockMap, granule: int, place: int, tree: Tree) -> None:
    """Note a block that was not found before."""
    if granule < 0:
        return
    rank = rank_of(blocks.starts, blocks.ranks, granule)
    if tree.parent[rank] == NO_PARENT:
        tree.parent[rank] = place
        tree.queue[tree.numbers[TAIL]] = granule
        tree.numbers[TAIL] += 1
