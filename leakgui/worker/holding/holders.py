"""The blocks that hold most of the reachable memory, and how to get to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.texts import say
from leakgui.worker.blocks.block_map import map_blocks
from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.holding.graph import choose, count_edges, find_entered
from leakgui.worker.holding.paths import Paths
from leakgui.worker.holding.retaining import Retained, retain
from leakgui.worker.holding.steps import Step
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import cut
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import RootKind, Roots
from leakgui.worker.walked import Walk

DescribeRoot = Callable[[int, int, int, int], str]
"""From address (or number of a register), kind, tid and module to a name."""

MOST_BLOCKS = 2_000_000
"""Dominators of more take seconds (3.5 million blocks: 8 s, one core of 2024)."""
BYTES_A_BLOCK, BYTES_AN_EDGE = 80, 8
"""What the search for dominators takes of memory."""
LEAST_ALLOWED = 64 << 20
SHARE_ALLOWED = 0.4
"""Of the copied memory, that the search may take as well."""

KIND_NAMES = {
    RootKind.GLOBAL: "global",
    RootKind.STACK: "stack",
    RootKind.REGISTER: "register",
    RootKind.THREAD_LOCAL: "thread-local",
    RootKind.MEMORY: "memory",
    RootKind.SHARED: "memory",
}
"""``Holders.root_kind`` of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """One block that holds much, with a shortest path to it."""

    root: str
    root_kind: str
    path: tuple[Step, ...]
    """The pointers from the root to the block, at least one."""
    address: int
    bytes: int
    retained: int
    """Blocks that would be lost with it, itself included."""
    retained_bytes: int


def find_holders(  # noqa: PLR0913  # each is another thing that is known
    image: Image,
    walk: Walk,
    roots: Roots,
    reach: Reach,
    describe_root: DescribeRoot,
    *,
    most: int = 50,
    most_blocks: int = MOST_BLOCKS,
    cancelled: Cancelled = never,
) -> tuple[tuple[HolderRow, ...] | None, str]:
    """Return the largest holders, or None and a sentence why there are none.

    A holder is a reachable block that hangs on no other one; no two of them hold the
    same block. Raises ``GivenUp`` when cancelled.
    """
    count = reach.totals.reachable
    if count > most_blocks:
        return None, say(
            "Who holds the memory was not looked for: {blocks} blocks are too many.",
            blocks=f"{count:,}",
        )
    blocks = map_blocks(image, walk)
    nodes = choose(reach.reachable)
    first = count_edges(blocks, nodes, cancelled)
    needs = BYTES_A_BLOCK * count + BYTES_AN_EDGE * int(first[-1])
    if needs > max(LEAST_ALLOWED, SHARE_ALLOWED * image.words.nbytes):
        return None, say(
            "Who holds the memory was not looked for: it would take {mib} MiB.",
            mib=needs >> 20,
        )
    entered = find_entered(blocks, nodes, cut(roots), cancelled)
    retained = retain(blocks, nodes, first, entered, cancelled)
    paths = Paths(image, walk, roots, cancelled)
    found = []
    for row in _choose(retained, most).tolist():
        path = paths.find(int(nodes.granule[row]))
        if path:
            address = image.find_address(int(retained.word[row]))
            found.append(_as_row(retained, row, address, path, describe_root))
    return tuple(found), ""


def _choose(retained: Retained, most: int) -> I64:
    """Return the blocks that hang on no other one, those that hold most first."""
    alone = np.flatnonzero(retained.dominator < 0)
    order = np.argsort(retained.bytes[alone], kind="stable")[::-1]
    return alone[order[:most]]


def _as_row(
    retained: Retained,
    row: int,
    address: int,
    path: tuple[Step, ...],
    describe_root: DescribeRoot,
) -> HolderRow:
    """Put together what is known of one holder."""
    root = path[0]
    kind = RootKind(root.kind or 0)
    return HolderRow(
        root=describe_root(root.address, kind, root.tid, root.module),
        root_kind=KIND_NAMES[kind],
        path=path,
        address=address,
        bytes=int(retained.own_bytes[row]),
        retained=int(retained.blocks[row]),
        retained_bytes=int(retained.bytes[row]),
    )
