"""A shortest path of pointers from a root to a block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.giving_up import Cancelled, never, stop_if
from leakgui.worker.holding.graph import Nodes
from leakgui.worker.holding.steps import Path, Step, find_block, read_step
from leakgui.worker.holding.tree import (
    Tree,
    count_steps,
    find_roots_of,
    grow,
    list_ranks,
    list_steps,
    new_tree,
    start,
)
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import cut
from leakgui.worker.marking.spreading import Pieces
from leakgui.worker.roots.table import RootKind, RootRanges, Roots
from leakgui.worker.walked import Walk

SLICE_BLOCKS = 200_000
FIRST_STEPS, LAST_STEPS = 10, 10
"""Of a longer path only its ends are returned: nobody reads a list node by node."""

NOWHERE = np.uint64(1 << 63)
"""No block is there (Intel SDM volume 1, 3.3.7.1: not canonical)."""
Chosen = npt.NDArray[np.bool_]


class Paths:
    """Paths to all blocks that are reachable, by one search in breadth.

    The search starts from what lasts, goes on from stacks where that leads to nothing
    new, and from registers last: a variable of some function, and a word that was left
    over in a register, often point into the middle of what a global holds. A path is a
    shortest one of those from roots that last longest.
    """

    def __init__(
        self,
        image: Image,
        walk: Walk,
        roots: Roots,
        cancelled: Cancelled = never,
        until: int = -1,
    ) -> None:
        self._image, self._roots = image, roots
        self.blocks: BlockMap = map_blocks(image, walk)
        self._tree: Tree = new_tree(self.blocks)
        for pieces in _phases(roots):
            start(self.blocks, pieces, self._tree)
            while grow(self.blocks, self._tree, SLICE_BLOCKS, until):
                stop_if(cancelled)

    def find(self, granule: int) -> Path:
        """Return the path to a block; an empty one where none leads there."""
        count = int(count_steps(self.blocks, self._tree, granule))
        first = np.empty(min(count, FIRST_STEPS + LAST_STEPS), np.int64)
        if count > len(first):
            first = first[:FIRST_STEPS]
        last = np.empty(min(count - len(first), LAST_STEPS), np.int64)
        if count:
            list_steps(self.blocks, self._tree, granule, first, last)
        left_out = count - len(first) - len(last)
        return Path(self._read(first), left_out, self._read(last))

    def step_at(self, place: int) -> Step:
        """Return the pointer at a place, or that of a loose root."""
        return read_step(self._image, self.blocks, self._roots, place)

    def _read(self, places: I64) -> tuple[Step, ...]:
        return tuple(self.step_at(place) for place in places.tolist())

    def are_entered(self, nodes: Nodes) -> npt.NDArray[np.bool_]:
        """Return for each node whether a root leads to it."""
        bits = self._tree.entered[nodes.granule >> 6]
        shift = (nodes.granule & 63).astype(np.uint64)
        entered: npt.NDArray[np.bool_] = (bits >> shift & np.uint64(1)) != 0
        return entered

    def roots_of(self, nodes: Nodes) -> tuple[I64, I64]:
        """Return for each node the place of the root of its path, and its turn.

        Nearer blocks have their turn before those farther away; -1 where no path leads.
        """
        count = int(self.blocks.ranks[-1])
        root, turn = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
        find_roots_of(self.blocks, self._tree, root, turn)
        ranks = self._ranks_of(nodes)
        return root[ranks], turn[ranks]

    def _ranks_of(self, nodes: Nodes) -> I64:
        """Return the rank of each node among all blocks."""
        ranks = np.empty(len(nodes.granule), np.int64)
        list_ranks(self.blocks, nodes.granule, ranks)
        return ranks


def _phases(roots: Roots) -> Iterator[Pieces]:
    """Yield the roots that last, then stacks, then registers."""
    is_stack = roots.ranges.kind == RootKind.STACK
    is_register = roots.loose.kind == RootKind.REGISTER
    none = np.zeros_like
    yield _choose(roots, ~is_stack, ~is_register)
    yield _choose(roots, is_stack, none(is_register))
    yield _choose(roots, none(is_stack), is_register)


def _choose(roots: Roots, in_ranges: Chosen, in_loose: Chosen) -> Pieces:
    """Return some of the roots; loose ones keep their rows, the others lead nowhere."""
    columns = {
        entry.name: getattr(roots.ranges, entry.name)[in_ranges]
        for entry in fields(roots.ranges)
    }
    value = np.where(in_loose, roots.loose.value, NOWHERE)
    loose = replace(roots.loose, value=value)
    return cut(Roots(ranges=RootRanges(**columns), loose=loose))


def path_to(
    image: Image, walk: Walk, roots: Roots, address: int, cancelled: Cancelled = never
) -> Path:
    """Return the pointers from a root to the block at an address, the root first.

    Empty where no path leads there. Raises ``GivenUp`` when cancelled.
    """
    granule = find_block(image, map_blocks(image, walk), address)
    if granule < 0:
        return Path()
    return Paths(image, walk, roots, cancelled, until=granule).find(granule)
