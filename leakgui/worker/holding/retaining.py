"""What would be freed with a block: blocks that every path to them goes through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64, Columns
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.blocks.compiling import kernel
from leakgui.worker.blocks.measuring import measure
from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.holding.dominators import find_dominators
from leakgui.worker.holding.graph import (
    I32,
    Graph,
    Nodes,
    choose,
    count_edges,
    read_edges,
)
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retained(Columns):
    """Blocks in address order, each with what hangs on it alone, itself included."""

    word: I64
    """Place in ``Image.words`` at which the block begins."""
    own_bytes: U64
    blocks: I64
    bytes: U64
    dominator: I64
    """Row of the block that it hangs on; -1 where it is a root that holds it, or
    several blocks of which none hangs on the other."""


def retained_by_lost(
    image: Image, walk: Walk, reach: Reach, cancelled: Cancelled = never
) -> Retained:
    """Return the retained sizes of the directly and indirectly leaked blocks.

    The direct ones count as roots: what hangs on two of them hangs on neither.
    """
    blocks = map_blocks(image, walk)
    nodes = choose(reach.direct | reach.indirect)
    entered = np.zeros(len(nodes.granule), np.bool_)
    entered[np.searchsorted(nodes.granule, list_set(reach.direct))] = True
    first = count_edges(blocks, nodes, cancelled)
    graph = read_edges(blocks, nodes, first, cancelled)
    return retain(blocks, nodes, graph, entered, cancelled)


def retain(
    blocks: BlockMap,
    nodes: Nodes,
    graph: Graph,
    entered: npt.NDArray[np.bool_],
    cancelled: Cancelled,
) -> Retained:
    """Return the retained sizes of some blocks, of which a root holds the entered."""
    dominator, order = find_dominators(graph, entered, cancelled)
    own = measure(blocks, nodes.granule)
    count, size = np.ones(len(own), np.int64), own.copy()
    _add_up(dominator, order, count, size)
    return Retained(
        word=nodes.granule * 2,
        own_bytes=own,
        blocks=count,
        bytes=size,
        dominator=np.maximum(dominator, -1).astype(np.int64),
    )


@kernel
def _add_up(dominator: I32, order: I32, count: I64, size: U64) -> None:
    """Add each node to its dominator, the last first."""
    for index in range(len(order) - 1, -1, -1):
        node = order[index]
        above = dominator[node]
        if above >= 0:
            count[above] += count[node]
            size[above] += size[node]
