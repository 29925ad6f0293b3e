"""Dominators of random graphs against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from leakgui.worker.giving_up import never
from leakgui.worker.holding.dominators import ROOT, UNREACHED, find_dominators
from leakgui.worker.holding.graph import Graph

Edges = list[list[int]]


def reach(edges: Edges, entered: list[int], without: int) -> set[int]:
    found = {node for node in entered if node != without}
    rest = list(found)
    while rest:
        fresh = {node for node in edges[rest.pop()] if node != without} - found
        found |= fresh
        rest += fresh
    return found


def by_definition(edges: Edges, entered: list[int]) -> list[int]:
    """Return the dominator that all others of the node dominate."""
    whole = reach(edges, entered, -1)
    dominated = {node: whole - reach(edges, entered, node) - {node} for node in whole}
    above = {n: {o for o in whole if n in dominated[o]} for n in whole}
    result = []
    for node in range(len(edges)):
        if node not in whole:
            result.append(UNREACHED)
            continue
        nearest = [o for o in above[node] if len(above[o]) == len(above[node]) - 1]
        result.append(nearest[0] if nearest else ROOT)
    return result


@pytest.mark.parametrize("seed", range(400))
def test_random_graph(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    edges: Edges = [
        rng.integers(0, count, rng.integers(0, 4)).tolist() for _ in range(count)
    ]
    entered = sorted(set(rng.integers(0, count, rng.integers(0, 4)).tolist()))
    first = np.cumsum([0] + [len(out) for out in edges]).astype(np.int64)
    target = np.array([node for out in edges for node in out], np.int32)
    is_entered = np.zeros(count, np.bool_)
    is_entered[entered] = True
    found, order = find_dominators(Graph(first, target), is_entered, never)
    assert found.tolist() == by_definition(edges, entered)
    assert len(set(order.tolist())) == len(order) == (found != UNREACHED).sum()


def test_a_long_chain_takes_no_stack() -> None:
    count = 200_000
    first = np.arange(count + 1, dtype=np.int64)
    first[-1] = count - 1
    target = np.arange(1, count, dtype=np.int32)
    is_entered = np.zeros(count, np.bool_)
    is_entered[0] = True
    found, _ = find_dominators(Graph(first, target), is_entered, never)
    assert found.tolist() == list(range(-1, count - 1))
