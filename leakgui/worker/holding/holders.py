"""The blocks that hold most of the reachable memory, and how to get to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.texts import say
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.giving_up import Cancelled, never, stop_if
from leakgui.worker.holding.gathering import NOBODY, Gathered, gather
from leakgui.worker.holding.graph import Graph, Nodes, choose, count_edges, read_edges
from leakgui.worker.holding.owners import FindOwner, number_owners
from leakgui.worker.holding.paths import Paths
from leakgui.worker.holding.retaining import retain
from leakgui.worker.holding.steps import Path
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import RootKind, Roots
from leakgui.worker.walked import Walk

DescribeRoot = Callable[[int, int, int, int], str]
"""From address (or number of a register), kind, tid and module to a name."""

MOST_BLOCKS = 2_000_000
"""Dominators of more take seconds (3.5 million blocks: 8 s, one core of 2024)."""
BYTES_A_BLOCK, BYTES_AN_EDGE = 80, 8
"""What the search for dominators takes of memory ..."""
BYTES_A_PATH = 24
"""... and for each block of the heap that for paths, which is kept meanwhile."""
LEAST_ALLOWED = 192 << 20
"""So much may always be taken: the 1.3 million nodes of a list and a map take 145."""
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
    """One block that holds much, with a shortest path to it, or several together."""

    root: str
    root_kind: str
    path: Path
    """The pointers from the root to the block, at least one."""
    address: int
    bytes: int
    beside: int
    """How many more blocks hang on the root and are counted with it."""
    retained: int
    """Blocks that would be lost with them, themselves included."""
    retained_bytes: int


def find_holders(  # noqa: PLR0913  # each is another thing that is known
    image: Image,
    walk: Walk,
    roots: Roots,
    reach: Reach,
    describe_root: DescribeRoot,
    *,
    find_owner: FindOwner = lambda *_: None,
    most: int = 50,
    most_blocks: int = MOST_BLOCKS,
    cancelled: Cancelled = never,
) -> tuple[tuple[HolderRow, ...] | None, str]:
    """Return the largest holders, or None and a sentence why there are none.

    A holder is a reachable block that hangs on no other one, or several of one root
    together (``gather``); no two of them hold the same block. Raises ``GivenUp`` when
    cancelled.
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
    needs = _bytes_needed(blocks, count, int(first[-1]))
    if needs > max(LEAST_ALLOWED, SHARE_ALLOWED * image.words.nbytes):
        return None, say(
            "Who holds the memory was not looked for: it would take {mib} MiB.",
            mib=needs >> 20,
        )
    graph = read_edges(blocks, nodes, first, cancelled)
    holding = _Holding(Paths(image, walk, roots, cancelled), nodes, graph, cancelled)
    return tuple(holding.rows(find_owner, describe_root, most)), ""


def _bytes_needed(blocks: BlockMap, count: int, edges: int) -> int:
    return (
        BYTES_A_BLOCK * count
        + BYTES_AN_EDGE * edges
        + BYTES_A_PATH * int(blocks.ranks[-1])
    )


class _Holding:
    """What hangs on which root, and how to get there."""

    def __init__(
        self, paths: Paths, nodes: Nodes, graph: Graph, cancelled: Cancelled
    ) -> None:
        self._paths, self._nodes, self._graph = paths, nodes, graph
        entered = paths.are_entered(nodes)
        self._retained = retain(paths.blocks, nodes, graph, entered, cancelled)
        stop_if(cancelled)

    def rows(
        self, find_owner: FindOwner, describe: DescribeRoot, most: int
    ) -> Iterator[HolderRow]:
        """Yield the largest holders, those that hold most first."""
        owner, turn = self._find_owners(find_owner)
        gathered = gather(self._graph, self._retained, owner, turn)
        order = np.argsort(gathered.bytes, kind="stable")[::-1][:most]
        for row in order.tolist():
            node = int(gathered.node[row])
            path = self._paths.find(int(self._nodes.granule[node]))
            if path and path.first[0].kind is not None:
                yield self._as_row(gathered, row, path, describe)

    def _as_row(
        self, gathered: Gathered, row: int, path: Path, describe: DescribeRoot
    ) -> HolderRow:
        """Put together what is known of one holder."""
        node, root = int(gathered.node[row]), path.first[0]
        kind = RootKind(root.kind or 0)
        last = path.last[-1] if path.last else path.first[-1]
        return HolderRow(
            root=describe(root.address, kind, root.tid, root.module),
            root_kind=KIND_NAMES[kind],
            path=path,
            address=last.target,
            bytes=int(self._retained.own_bytes[node]),
            beside=int(gathered.beside[row]),
            retained=int(gathered.blocks[row]),
            retained_bytes=int(gathered.bytes[row]),
        )

    def _find_owners(self, find_owner: FindOwner) -> tuple[I64, I64]:
        """Return whose each block is that hangs on no other one, and its turn."""
        place, turn = self._paths.roots_of(self._nodes)
        tops = np.flatnonzero((self._retained.dominator < 0) & (place >= 0))
        places, which = np.unique(place[tops], return_inverse=True)

        def ask(place: int) -> Hashable | None:
            step = self._paths.step_at(place)
            return find_owner(step.address, step.kind or 0, step.tid, step.module)

        owner = np.full(len(place), NOBODY, np.int64)
        owner[tops] = number_owners(places, ask)[which]
        return owner, turn
