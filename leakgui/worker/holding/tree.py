"""From which word each block was found first, when all are searched in breadth."""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment,arg-type"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.blocks.bits import is_set, rank_of, set_bit
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.image import Bits
from leakgui.worker.marking.spreading import Pieces

NO_PARENT = -1
FROM_ROOT = -1
HEAD, TAIL = range(2)
"""Places in ``Tree.numbers``: what is to be searched next, and where more is put."""


class Tree(NamedTuple):
    """A path to each block found so far; 24 bytes for each block."""

    parent: I64
    """By rank, the place of the word that leads to it; from the end of the image on,
    the number of a loose root. ``NO_PARENT`` where it was not found."""
    above: I64
    """By rank, the granule of the block in which that word lies; ``FROM_ROOT``."""
    queue: I64
    """Granules of the blocks found, in order."""
    entered: Bits
    """A bit for each block to which a root leads, found before or not."""
    numbers: I64


def new_tree(blocks: BlockMap) -> Tree:
    """Return a tree in which nothing was found yet."""
    count = int(blocks.ranks[-1])
    return Tree(
        parent=np.full(count, NO_PARENT, np.int64),
        queue=np.empty(count, np.int64),
        above=np.empty(count, np.int64),
        entered=np.zeros_like(blocks.starts),
        numbers=np.zeros(2, np.int64),
    )


@kernel
def start(blocks: BlockMap, pieces: Pieces, tree: Tree) -> None:
    """Find the blocks to which roots lead."""
    for piece in range(len(pieces.first)):
        _find(blocks, pieces.first[piece], pieces.end[piece], FROM_ROOT, tree)
    row = 0
    for number in range(len(pieces.loose)):
        row, granule = follow_one(blocks, pieces.loose[number], row)
        _add(blocks, granule, len(blocks.words) + number, FROM_ROOT, tree)


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
        _find(blocks, granule * 2, granule * 2 + (size >> 3), granule, tree)
    return True


@part
def _find(blocks: BlockMap, place: int, end: int, above: int, tree: Tree) -> None:
    """Find the blocks to which some words lead."""
    row = 0
    while place < end:
        last = min(end, (place // 512 + 1) * 512)
        if is_page_present(blocks, place):
            for index in range(place, last):
                row, granule = follow_one(blocks, blocks.words[index], row)
                _add(blocks, granule, index, above, tree)
        place = last


@part
def _add(blocks: BlockMap, granule: int, place: int, above: int, tree: Tree) -> None:
    """Note a block that was not found before."""
    if granule < 0:
        return
    if above == FROM_ROOT:
        set_bit(tree.entered, granule)
    rank = rank_of(blocks.starts, blocks.ranks, granule)
    if tree.parent[rank] == NO_PARENT:
        tree.parent[rank] = place
        tree.above[rank] = above
        tree.queue[tree.numbers[TAIL]] = granule
        tree.numbers[TAIL] += 1


@kernel
def count_steps(blocks: BlockMap, tree: Tree, granule: int) -> int:
    """Return how many pointers lead from a root to a block; 0 where none do."""
    if not is_known(blocks, granule):
        return 0
    count, at = 0, granule
    while at != FROM_ROOT:
        rank = rank_of(blocks.starts, blocks.ranks, at)
        if tree.parent[rank] == NO_PARENT:
            return 0
        count += 1
        at = tree.above[rank]
    return count


@kernel
def list_steps(
    blocks: BlockMap, tree: Tree, granule: int, first: I64, last: I64
) -> None:
    """Fill in the places of the first and of the last pointers on the way to a block.

    There are ``count_steps`` of them, at least as many as there is room for.
    """
    left = count_steps(blocks, tree, granule)
    back, at = len(last), granule
    while at != FROM_ROOT:
        rank = rank_of(blocks.starts, blocks.ranks, at)
        left -= 1
        back -= 1
        if left < len(first):
            first[left] = tree.parent[rank]
        if back >= 0:
            last[back] = tree.parent[rank]
        at = tree.above[rank]


@part
def is_known(blocks: BlockMap, granule: int) -> bool:
    """Whether a block begins in a granule, which may be any number."""
    return 0 <= granule < len(blocks.starts) * 64 and is_set(blocks.starts, granule)


@kernel
def find_roots_of(blocks: BlockMap, tree: Tree, root: I64, turn: I64) -> None:
    """Fill in, by rank, the place of the root that each block was found from, and when.

    Blocks that were not found stay as they are.
    """
    for index in range(tree.numbers[TAIL]):
        rank = rank_of(blocks.starts, blocks.ranks, tree.queue[index])
        turn[rank] = index
        if tree.above[rank] == FROM_ROOT:
            root[rank] = tree.parent[rank]
        else:
            root[rank] = root[rank_of(blocks.starts, blocks.ranks, tree.above[rank])]


@kernel
def list_ranks(blocks: BlockMap, granules: I64, ranks: I64) -> None:
    """Fill in the rank of each of these blocks among all."""
    for row in range(len(granules)):
        ranks[row] = rank_of(blocks.starts, blocks.ranks, granules[row])
