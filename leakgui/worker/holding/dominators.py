"""Which node every path to a node goes through: semi-NCA on a graph with one root.

L. Georgiadis, R. Tarjan, R. Werneck: Finding Dominators in Practice, Journal of Graph
Algorithms and Applications 10(1), 2006; the order of steps is that of LLVM 17,
llvm/Support/GenericDomTreeConstruction.h, runSemiNCA. Nodes are numbered in the order
in which a depth-first search comes to them; 0 is the root, which is no block.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.giving_up import Cancelled, stop_if
from leakgui.worker.holding.graph import I32, Graph

ROOT = -1
UNREACHED = -2


class Numbering(NamedTuple):
    """The order in which the search comes to the nodes, from 1 on."""

    number: I32
    """Of each node; -1 where the search doesn't come."""
    node: I32
    """Of each number."""
    parent: I32
    """From where the search came to each number."""
    edge: I64
    """Of each number, the next edge to follow."""


class Forest(NamedTuple):
    """What is known of each number while dominators are looked for."""

    found: I32
    """The parent, in the end the dominator."""
    above: I32
    """The parent, later a number further up: the way up is shortened."""
    semi: I32
    label: I32
    """The number with the least semidominator on the way that was cut short."""
    stack: I32


def find_dominators(
    graph: Graph, entered: npt.NDArray[np.bool_], cancelled: Cancelled
) -> tuple[I32, I32]:
    """Return each node's immediate dominator, and the nodes in depth-first order.

    The dominator is ``ROOT`` where no single node is one, and ``UNREACHED`` where no
    path leads to the node; such nodes are not in the order. ``entered`` are the nodes
    to which the root leads.
    """
    count = len(entered)
    numbering = Numbering(
        np.full(count, -1, np.int32),
        np.empty(count + 1, np.int32),
        np.zeros(count + 1, np.int32),
        np.empty(count + 1, np.int64),
    )
    reached = int(_search(graph, entered, numbering))
    stop_if(cancelled)
    first, source = _turn_round(graph, entered, numbering.number, reached)
    stop_if(cancelled)
    numbers = np.arange(reached + 1, dtype=np.int32)
    parent = numbering.parent[: reached + 1]
    forest = Forest(
        parent.copy(), parent, numbers, numbers.copy(), np.empty_like(numbers)
    )
    _find(first, source, forest)
    dominator = np.full(count, UNREACHED, np.int32)
    order = numbering.node[1 : reached + 1]
    above = forest.found[1:]
    dominator[order] = np.where(above == 0, ROOT, numbering.node[above])
    return dominator, order


@kernel
def _search(graph: Graph, entered: npt.NDArray[np.bool_], numbering: Numbering) -> int:
    """Number the nodes depth first; return how many there are.

    The path from the root to the node at hand is kept in ``parent``: ``edge`` is the
    next edge to follow of each number on it.
    """
    number, node, parent, edge = numbering
    count = 0
    for entry in range(len(entered)):
        if not entered[entry] or number[entry] >= 0:
            continue
        count += 1
        number[entry], node[count], parent[count] = count, entry, 0
        edge[count] = graph.first[entry]
        at = count
        while at:
            here = node[at]
            if edge[at] == graph.first[here + 1]:
                at = parent[at]
                continue
            target = graph.target[edge[at]]
            edge[at] += 1
            if number[target] < 0:
                count += 1
                number[target], node[count], parent[count] = count, target, at
                edge[count] = graph.first[target]
                at = count
    return count


def _turn_round(
    graph: Graph,
    entered: npt.NDArray[np.bool_],
    number: I32,
    reached: int,
) -> tuple[I64, I32]:
    """Return the edges by target, both ends as numbers; the root's are among them."""
    first = np.zeros(reached + 2, np.int64)
    _count_sources(graph, entered, number, first)
    np.cumsum(first, out=first)
    source = np.empty(int(first[-1]), np.int32)
    _fill_sources(graph, entered, number, first, source)
    # Filling moved each start to its end, which is the start of the next.
    first[1:] = first[:-1]
    first[0] = 0
    return first, source


@kernel
def _count_sources(
    graph: Graph, entered: npt.NDArray[np.bool_], number: I32, first: I64
) -> None:
    """Count the edges that lead to each number, into the row behind it."""
    for here in range(len(entered)):
        if number[here] < 0:
            continue
        if entered[here]:
            first[number[here] + 1] += 1
        for edge in range(graph.first[here], graph.first[here + 1]):
            first[number[graph.target[edge]] + 1] += 1


@kernel
def _fill_sources(
    graph: Graph,
    entered: npt.NDArray[np.bool_],
    number: I32,
    first: I64,
    source: I32,
) -> None:
    """Put the source of each edge where its target's edges are."""
    for here in range(len(entered)):
        if number[here] < 0:
            continue
        if entered[here]:
            source[first[number[here]]] = 0
            first[number[here]] += 1
        for edge in range(graph.first[here], graph.first[here + 1]):
            target = number[graph.target[edge]]
            source[first[target]] = number[here]
            first[target] += 1


@kernel
def _find(first: I64, source: I32, forest: Forest) -> None:
    """Find semidominators from the last number down, then dominators upwards."""
    found, semi = forest.found, forest.semi
    last = len(found) - 1
    for here in range(last, 0, -1):
        best = found[here]
        for edge in range(first[here], first[here + 1]):
            other = semi[_least(source[edge], here + 1, forest)]
            best = min(best, other)
        semi[here] = best
    for here in range(1, last + 1):
        above = found[here]
        while above > semi[here]:
            above = found[above]
        found[here] = above


@part
def _least(here: int, linked: int, forest: Forest) -> int:
    """Return the number with the least semidominator on the way up; shorten the way."""
    parent, label, stack = forest.above, forest.label, forest.stack
    if parent[here] < linked:
        return label[here]
    depth = 0
    at = here
    while parent[at] >= linked:
        stack[depth] = at
        depth += 1
        at = parent[at]
    above = at
    least = label[above]
    while depth:
        depth -= 1
        at = stack[depth]
        parent[at] = parent[above]
        if forest.semi[least] < forest.semi[label[at]]:
            label[at] = least
        else:
            least = label[at]
        above = at
    return label[here]
