"""Where memory hangs that is still reached: variables, stacks, registers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leakgui.guidance.heap_history import Step
from leakgui.model.heap import Heap

_LEAST_ROWS = 4
_MOST_ROWS = 0.5
_PLACE_IN_VARIABLE = re.compile(r"\+\d+(?= \(|$)")


@dataclass(frozen=True, kw_only=True, eq=False)
class Holder:
    """A place that memory hangs on: a global variable, a thread's stack."""

    root: str
    path: str
    retained_bytes: int
    """Now."""
    growth_bytes: int
    times: int
    """In how many differences it was the main part of the growth."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LikelyRoot:
    """The variable that most of the largest holders hang on.

    What has several ways in, as a tree with pointers to its ends, is held by no single
    block.
    """

    root: str
    rows: int
    of_rows: int


def find_holder(steps: Sequence[Step], main_part: float) -> Holder | None:
    """Return the root on which this part of the growth hangs at least, or None."""
    growth: Counter[str] = Counter()
    times: Counter[str] = Counter()
    fallen: set[str] = set()
    for step in steps:
        before, after = _retained(step.before.heap), _retained(step.after.heap)
        for root in before.keys() & after.keys():
            change = after[root][0] - before[root][0]
            growth[root] += change
            times[root] += change >= main_part * step.in_use_bytes > 0
            fallen |= {root} if change < 0 else set()
    latest = _retained(steps[-1].after.heap)
    total = sum(max(step.in_use_bytes, 0) for step in steps)
    for root, grown in growth.most_common(1):
        if grown >= main_part * total and root in latest and root not in fallen:
            size, path = latest[root]
            return Holder(
                root=root, path=path, retained_bytes=size,
                growth_bytes=grown, times=times[root],
            )  # fmt: skip
    return None


def _retained(heap: Heap) -> dict[str, tuple[int, str]]:
    """Return for each root how much hangs on it at most, and the path to there."""
    found: dict[str, tuple[int, str]] = {}
    rows = heap.holders
    if rows is None:
        return found
    for row in range(len(rows)):
        root, size = _variable(rows.root[row]), int(rows.retained_bytes[row])
        if size > found.get(root, (-1, ""))[0]:
            found[root] = (size, rows.path[row])
    return found


def find_likely(heap: Heap) -> LikelyRoot | None:
    """Return the variable that half of the largest holders hang on, or None."""
    rows = heap.holders
    if rows is None or len(rows) < _LEAST_ROWS:
        return None
    roots = Counter(_variable(root) for root in rows.root.as_list())
    root, number = roots.most_common(1)[0]
    if number < _MOST_ROWS * len(rows):
        return None
    return LikelyRoot(root=root, rows=number, of_rows=len(rows))


def _variable(root: str) -> str:
    """Return the name of a root without the place in it: of ``g_cache+16``, the map.

    ``libfoo.so+0x5000`` has no name but its place.
    """
    return _PLACE_IN_VARIABLE.sub("", root)
