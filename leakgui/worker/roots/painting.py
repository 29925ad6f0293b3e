"""Ranges of addresses with labels, painted one over the other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leakgui.model.columns import I64, U64

NOTHING = -1
TOP = (1 << 64) - 1
"""What strangers say of their memory may lie beyond."""


@dataclass(slots=True)
class Painting:
    """Labelled ranges; of overlapping ones the later wins."""

    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)
    _labels: list[int] = field(default_factory=list)

    def paint(self, start: int, end: int, label: int) -> None:
        """Give a range a label, ``NOTHING`` to leave it out; empty ranges are none."""
        end = min(end, TOP)
        if start < end:
            self._starts.append(start)
            self._ends.append(end)
            self._labels.append(label)

    def finish(self) -> tuple[U64, U64, I64]:
        """Return what is to be seen: starts, ends and labels, sorted and disjoint."""
        starts = np.array(self._starts, np.uint64)
        ends = np.array(self._ends, np.uint64)
        edges = np.unique(np.concatenate([starts, ends]))
        seen = np.full(max(len(edges) - 1, 0), NOTHING, np.int64)
        first = np.searchsorted(edges, starts).tolist()
        last = np.searchsorted(edges, ends).tolist()
        for begin, end, label in zip(first, last, self._labels, strict=True):
            seen[begin:end] = label
        rows = np.flatnonzero(seen != NOTHING)
        return edges[rows], edges[rows + 1], seen[rows]
