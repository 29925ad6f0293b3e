"""Blocks that hang on a root side by side, put together to what a reader sees as one.

Of a list whose nodes point both ways no node hangs on another one: each can be reached
from either end. The same goes for a tree with pointers upwards and for a hash table of
which each node is in a chain. One by one such nodes would say nothing.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment"

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64, U64, Columns
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.holding.graph import I32, Graph
from leakgui.worker.holding.retaining import Retained

LEAST_SHARE = 20
"""What holds less than a twentieth of what its root holds is summed up."""
NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gathered(Columns):
    """What hangs on roots; one row for what belongs together."""

    node: I64
    """Of its blocks the one that is nearest to the root."""
    beside: I64
    """How many more hang on the root beside it."""
    blocks: I64
    bytes: U64


def gather(graph: Graph, retained: Retained, owner: I64, turn: I64) -> Gathered:
    """Return the blocks that hang on no other one, put together, in no order.

    Blocks belong together that are of one owner and point to each other, or that are
    many and small. ``owner`` is ``NOBODY`` for blocks that hang on others.
    """
    leader = np.arange(len(owner), dtype=np.int32)
    _join(graph, owner, leader)
    nodes = np.flatnonzero(owner != NOBODY)
    # Nearest to the root first, so that the first of each group is the one to show.
    nodes = nodes[np.argsort(turn[nodes], kind="stable")]
    _, group = np.unique(leader[nodes], return_inverse=True)
    group = _sum_up_small(group, owner[nodes], retained.bytes[nodes])
    _, first, group, count = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    blocks = np.zeros(len(first), np.int64)
    size = np.zeros(len(first), np.uint64)
    np.add.at(blocks, group, retained.blocks[nodes])
    np.add.at(size, group, retained.bytes[nodes])
    return Gathered(node=nodes[first], beside=count - 1, blocks=blocks, bytes=size)


def _sum_up_small(group: I64, owner: I64, size: U64) -> I64:
    """Return other numbers of groups: one for all the small ones of an owner."""
    groups = int(group.max(initial=-1)) + 1
    of_group, of_owner = np.zeros(groups, np.uint64), _sums(owner, size)
    np.add.at(of_group, group, size)
    is_small = of_group[group] < of_owner[owner] // np.uint64(LEAST_SHARE)
    return np.where(is_small, groups + owner, group)


def _sums(owner: I64, size: U64) -> U64:
    found = np.zeros(int(owner.max(initial=-1)) + 1, np.uint64)
    np.add.at(found, owner, size)
    return found


@kernel
def _join(graph: Graph, owner: I64, leader: I32) -> None:
    """Give blocks of one owner that point to each other one leader."""
    for node in range(len(owner)):
        if owner[node] == NOBODY:
            continue
        for edge in range(graph.first[node], graph.first[node + 1]):
            target = graph.target[edge]
            if owner[target] == owner[node]:
                one, other = _lead(leader, node), _lead(leader, target)
                leader[max(one, other)] = min(one, other)
    for node in range(len(owner)):
        leader[node] = _lead(leader, node)


@part
def _lead(leader: I32, node: int) -> int:
    """Return the leader of a block; halve the way for the next time."""
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node
