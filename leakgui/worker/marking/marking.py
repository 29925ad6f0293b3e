"""Sort the blocks in use into reachable, possible, direct and indirect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leakgui.model.heap import LeakTotals
from leakgui.worker.blocks.block_map import BlockMap, closed, map_blocks
from leakgui.worker.blocks.measuring import bytes_of, count_of
from leakgui.worker.giving_up import Cancelled, Progress, never, say_nothing
from leakgui.worker.image import Bits, Image
from leakgui.worker.marking.crew import Crew, choose_hands
from leakgui.worker.marking.frontier import BYTES, Frontier, new_frontier, new_hand
from leakgui.worker.marking.heuristics import find_table_ranges
from leakgui.worker.marking.leaders import leaders_of, sort_lost
from leakgui.worker.marking.spreading import Pieces, Search
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

PIECE_WORDS = 32_768
"""The roots are handed out to the threads in pieces of at most 256 KiB."""


def mark(  # noqa: PLR0913  # the last one is for measuring
    image: Image,
    walk: Walk,
    roots: Roots,
    progress: Progress = say_nothing,
    cancelled: Cancelled = never,
    *,
    hands: int = 0,
) -> Reach:
    """Return the state of each block in use, as Valgrind's memcheck defines it.

    ``progress`` is called with blocks. ``hands`` is the number of threads; 0 lets
    the heap decide. Raises ``GivenUp`` when cancelled.
    """
    search = Searching(image, walk, roots, hands or None)
    reachable_bytes = search.spread(progress, cancelled, is_definite=True)
    before = search.white.copy()
    search.start_from(search.frontier.entered & before)
    search.spread(progress, cancelled, is_definite=False)
    possible = before & ~search.white
    reach = sort_states(search.blocks, possible, search.white.copy(), cancelled)
    totals = replace(reach.totals, reachable_bytes=reachable_bytes)
    return replace(reach, totals=totals)


class Searching:
    """One search, which can go on from where it ended."""

    def __init__(
        self,
        image: Image,
        walk: Walk,
        roots: Roots | None = None,
        hands: int | None = None,
    ) -> None:
        """Prepare it; without roots it can only ``go_on_from`` blocks."""
        self.blocks: BlockMap = map_blocks(image, walk)
        self.white: Bits = walk.starts.copy()
        self.frontier: Frontier = new_frontier(self.white)
        self._total = int(self.blocks.ranks[-1])
        self._tables = find_table_ranges(image)
        self.pieces: Pieces = cut(roots) if roots else _no_pieces()
        self.hands: int = hands or choose_hands(self._total)
        self._hands = [
            new_hand(number, self.hands, self.frontier) for number in range(self.hands)
        ]

    def start_from(self, found: Bits) -> None:
        """Take these blocks as reached, to be searched next."""
        self.white &= ~found
        np.bitwise_or(self.frontier.waiting, found, out=self.frontier.waiting)
        self.frontier.dirty[:] = np.uint64(1)

    def go_on_from(self, reached: Bits, found: Bits) -> None:
        """Take up a search that reached some blocks, and found others since."""
        self.white &= ~reached
        self.frontier.next_piece[0] = len(self.pieces.first) + 1
        self.start_from(found)

    def spread(
        self, progress: Progress, cancelled: Cancelled, *, is_definite: bool
    ) -> int:
        """Search until nothing is left; see ``Search.is_definite``.

        Returns the usable bytes of the blocks that were searched.
        """
        before = self._bytes()
        searches = [
            Search(
                self.blocks,
                self._tables,
                self.pieces,
                self.frontier,
                hand,
                int(is_definite),
            )
            for hand in self._hands
        ]
        Crew(searches, progress, self._total).run(cancelled)
        return self._bytes() - before

    def _bytes(self) -> int:
        """Return the usable bytes of all blocks searched so far."""
        return sum(int(hand.numbers[BYTES]) for hand in self._hands)


def sort_states(
    blocks: BlockMap, possible: Bits, white: Bits, cancelled: Cancelled
) -> Reach:
    """Return all states, given what is possible and what nothing reached.

    ``white`` is used up. The bytes of what is reachable are left for the caller: the
    search counted them.
    """
    reachable = blocks.starts & ~possible & ~white
    lost = sort_lost(blocks, white, cancelled)
    leader, hanging, hanging_bytes = leaders_of(lost)
    totals = LeakTotals(
        direct=len(leader),
        direct_bytes=int(bytes_of(blocks, lost.direct)),
        indirect=int(hanging.sum()),
        indirect_bytes=int(hanging_bytes.sum()),
        possible=int(count_of(possible)),
        possible_bytes=int(bytes_of(blocks, possible)),
        reachable=int(count_of(reachable)),
        reachable_bytes=0,
    )
    return Reach(
        reachable=reachable,
        direct=lost.direct,
        indirect=lost.indirect,
        possible=possible,
        totals=totals,
        leader_word=leader * 2,
        leader_indirect=hanging,
        leader_indirect_bytes=hanging_bytes,
    )


def _no_pieces() -> Pieces:
    nowhere = closed(np.zeros(0, np.int64))
    return Pieces(first=nowhere, end=nowhere, loose=closed(np.zeros(0, np.uint64)))


def cut(roots: Roots) -> Pieces:
    """Return the ranges of the roots in pieces that take about equally long."""
    first = np.asarray(roots.ranges.first_word, np.int64)
    end = np.asarray(roots.ranges.end_word, np.int64)
    counts = np.maximum(-(-(end - first) // PIECE_WORDS), 0)
    row = np.repeat(np.arange(len(first)), counts)
    number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    start = first[row] + number * PIECE_WORDS
    return Pieces(
        first=closed(start),
        end=closed(np.minimum(start + PIECE_WORDS, end[row])),
        loose=closed(np.asarray(roots.loose.value, np.uint64)),
    )
