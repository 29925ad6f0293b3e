"""The blocks that hold most of the reachable memory, and how to get to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.holding.paths import Step
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

DescribeRoot = Callable[[int, int, int, int], str]
"""From address (or number of a register), kind, tid and module to a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """One block that holds much, with a shortest path to it."""

    root: str
    root_kind: str
    path: tuple[Step, ...]
    address: int
    bytes: int
    retained: int
    retained_bytes: int


def find_holders(
    image: Image,
    walk: Walk,
    roots: Roots,
    reach: Reach,
    describe_root: DescribeRoot,
    most: int = 50,
    cancelled: Cancelled = never,
) -> tuple[tuple[HolderRow, ...] | None, str]:
    """Return the largest holders, or None and a sentence why there are none."""
    raise NotImplementedError
