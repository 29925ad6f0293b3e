"""A shortest path of pointers from a root to a block."""

from __future__ import annotations

from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.giving_up import Cancelled, never, stop_if
from leakgui.worker.holding.steps import Step, find_block, read_step
from leakgui.worker.holding.tree import NO_PARENT, Tree, grow, new_tree, start
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import cut
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

SLICE_BLOCKS = 200_000
MOST_STEPS = 1_000
"""Of a longer path only the end is returned."""


class Paths:
    """Shortest paths to all blocks that are reachable, by one search in breadth."""

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
        start(self.blocks, cut(roots), self._tree)
        while grow(self.blocks, self._tree, SLICE_BLOCKS, until):
            stop_if(cancelled)

    def find(self, granule: int) -> tuple[Step, ...]:
        """Return the steps to a block, the root first; none where no path leads."""
        steps: list[Step] = []
        while len(steps) < MOST_STEPS:
            place = self._tree.place_to(self.blocks, granule)
            if place == NO_PARENT:
                return ()
            step = read_step(self._image, self.blocks, self._roots, place)
            steps.append(step)
            if step.kind is not None:
                break
            granule = (self._image.find_word(step.source) or 0) >> 1
        return tuple(reversed(steps))


def path_to(
    image: Image, walk: Walk, roots: Roots, address: int, cancelled: Cancelled = never
) -> tuple[Step, ...]:
    """Return the pointers from a root to the block at an address, the root first.

    Empty where no path leads there. Raises ``GivenUp`` when cancelled.
    """
    granule = find_block(image, map_blocks(image, walk), address)
    if granule < 0:
        return ()
    return Paths(image, walk, roots, cancelled, until=granule).find(granule)
