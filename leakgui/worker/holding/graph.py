"""The pointers between some blocks as a graph: for each block those that it leads to.

Nodes are numbered by rank among the chosen blocks, in address order.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64
from leakgui.worker.blocks.bits import count_before, is_set, list_set, rank_of
from leakgui.worker.blocks.block_map import BlockMap, closed
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.giving_up import Cancelled, stop_if
from leakgui.worker.image import Bits

I32 = npt.NDArray[np.int32]
SLICE_NODES = 100_000


class Nodes(NamedTuple):
    """The chosen blocks."""

    chosen: Bits
    ranks: I64
    granule: I64
    """Of each node."""


class Graph(NamedTuple):
    """Edges of node ``n``: ``target[first[n] : first[n + 1]]``."""

    first: I64
    target: I32


def choose(bits: Bits) -> Nodes:
    """Return the blocks of a bitmap as nodes."""
    chosen = closed(bits)
    return Nodes(chosen, closed(count_before(chosen)), closed(list_set(chosen)))


def count_edges(blocks: BlockMap, nodes: Nodes, cancelled: Cancelled) -> I64:
    """Return the pointers of each node to other nodes, counted behind one another."""
    first = np.zeros(len(nodes.granule) + 1, np.int64)
    for begin in range(0, len(nodes.granule), SLICE_NODES):
        stop_if(cancelled)
        _count(blocks, nodes, begin, min(begin + SLICE_NODES, len(first) - 1), first)
    return np.cumsum(first, out=first)


def read_edges(
    blocks: BlockMap, nodes: Nodes, first: I64, cancelled: Cancelled
) -> Graph:
    """Return the graph; ``first`` comes from ``count_edges``."""
    graph = Graph(first, np.empty(int(first[-1]), np.int32))
    for begin in range(0, len(nodes.granule), SLICE_NODES):
        stop_if(cancelled)
        _read(blocks, nodes, begin, min(begin + SLICE_NODES, len(first) - 1), graph)
    return graph


@kernel
def _count(blocks: BlockMap, nodes: Nodes, begin: int, end: int, first: I64) -> None:
    """Count the edges of some nodes into the row behind each."""
    for node in range(begin, end):
        granule = nodes.granule[node]
        row = row_of_place(blocks, granule * 2)
        stop = granule * 2 + (usable_in_row(blocks, granule, row) >> 3)
        count = 0
        for place in range(granule * 2, stop):
            row, target = _edge(blocks, nodes, place, row, granule)
            count += target >= 0
        first[node + 1] = count


@kernel
def _read(blocks: BlockMap, nodes: Nodes, begin: int, end: int, graph: Graph) -> None:
    """Fill in the edges of some nodes."""
    for node in range(begin, end):
        granule = nodes.granule[node]
        row = row_of_place(blocks, granule * 2)
        stop = granule * 2 + (usable_in_row(blocks, granule, row) >> 3)
        edge = graph.first[node]
        for place in range(granule * 2, stop):
            row, target = _edge(blocks, nodes, place, row, granule)
            if target >= 0:
                graph.target[edge] = rank_of(nodes.chosen, nodes.ranks, target)
                edge += 1


@part
def _edge(
    blocks: BlockMap, nodes: Nodes, place: int, row: int, source: int
) -> tuple[int, int]:
    """Return the chosen block to which a word of another one leads, or -1."""
    if not is_page_present(blocks, place):
        return row, -1
    row, target = follow_one(blocks, blocks.words[place], row)
    if target < 0 or target == source or not is_set(nodes.chosen, target):
        return row, -1
    return row, target
