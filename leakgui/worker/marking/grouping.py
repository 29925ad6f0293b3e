"""Group possibly leaked blocks; take a constant inner offset for a header."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.model.heap import IntrusiveBlocks, PossibleBlocks
from leakgui.model.text_column import TextColumn
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.measuring import bytes_of, count_of, measure
from leakgui.worker.giving_up import Cancelled, never, say_nothing
from leakgui.worker.image import Bits, Image
from leakgui.worker.marking.entering import NOWHERE, Entries, find_entries
from leakgui.worker.marking.marking import Searching
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

LEAST_INTRUSIVE = 20
"""So many blocks of one size entered at one inner offset are no coincidence."""
FROM_OTHERS = -1
"""The offset of blocks that only other possibly leaked ones lead to."""


def group_possible(
    image: Image,
    walk: Walk,
    roots: Roots,
    reach: Reach,
    cancelled: Cancelled = never,
) -> tuple[PossibleBlocks, IntrusiveBlocks, Reach]:
    """Return possible blocks by size and offset, headers, and the states then.

    At least ``LEAST_INTRUSIVE`` blocks of one size, whose lowest or highest entry is at
    one and the same inner offset, have a header before what the program points to: they
    become reachable, and so does what hangs on them. ``type_name`` is left empty.
    """
    if not reach.possible.any():
        return _as_possible({}), _as_intrusive({}), reach
    search = Searching(image, walk, roots)
    sources = reach.reachable | reach.possible
    entries = find_entries(
        search.blocks, search.pieces, sources, reach.possible, search.hands
    )
    granules = list_set(reach.possible)
    sizes = measure(search.blocks, granules)
    is_header, intrusive = _find_headers(sizes, entries)
    after = _reach_from(search, reach, granules[is_header], cancelled)
    is_left = _has(after.possible, granules)
    offsets = np.where(entries.least == NOWHERE, FROM_OTHERS, entries.least)
    possible = _count(sizes[is_left], offsets[is_left])
    return _as_possible(possible), _as_intrusive(intrusive), after


Groups = dict[tuple[int, int], int]
"""From usable bytes and offset to the number of blocks."""


def _find_headers(sizes: U64, entries: Entries) -> tuple[npt.NDArray[np.bool_], Groups]:
    """Return whether each possible block has a header, and the groups of those.

    Further pointers into such a block do not speak against it: SQLite keeps one to the
    header behind each of its pages, and one to what lies behind that.
    """
    is_header = np.zeros(len(sizes), np.bool_)
    offset = np.full(len(sizes), FROM_OTHERS)
    for offsets in (entries.least, entries.most):
        rest = np.flatnonzero((entries.least != NOWHERE) & ~is_header)
        order, first = _sort(sizes[rest], offsets[rest])
        counts = np.diff(first, append=len(order))
        is_large = np.repeat(counts >= LEAST_INTRUSIVE, counts)
        found = rest[order[is_large]]
        is_header[found] = True
        offset[found] = offsets[found]
    return is_header, _count(sizes[is_header], offset[is_header])


def _count(sizes: U64, offsets: I64) -> Groups:
    """Count blocks by size and offset, ordered by both."""
    order, first = _sort(sizes, offsets)
    rows = order[first]
    counts = np.diff(first, append=len(order)).tolist()
    keys = zip(sizes[rows].tolist(), offsets[rows].tolist(), strict=True)
    return dict(zip(keys, counts, strict=True))


def _sort(sizes: U64, offsets: I64) -> tuple[I64, I64]:
    """Return the order by size and offset, and where in it each pair is the first."""
    order = np.lexsort((offsets, sizes))
    size, offset = sizes[order], offsets[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (size[1:] != size[:-1]) | (offset[1:] != offset[:-1])
    return order, np.flatnonzero(is_first)


def _reach_from(
    search: Searching, reach: Reach, granules: I64, cancelled: Cancelled
) -> Reach:
    """Return the states when some possible blocks are reachable.

    All that hangs on them was possible, so what is lost stays as it is.
    """
    if not len(granules):
        return reach
    found = np.zeros_like(reach.possible)
    bits = np.uint64(1) << (granules & 63).astype(np.uint64)
    np.bitwise_or.at(found, granules >> 6, bits)
    search.go_on_from(reach.reachable, found)
    more = search.spread(say_nothing, cancelled, is_definite=True)
    possible = reach.possible & search.white
    reachable = search.blocks.starts & ~search.white
    totals = replace(
        reach.totals,
        possible=int(count_of(possible)),
        possible_bytes=int(bytes_of(search.blocks, possible)),
        reachable=int(count_of(reachable)),
        reachable_bytes=reach.totals.reachable_bytes + more,
    )
    return replace(reach, possible=possible, reachable=reachable, totals=totals)


def _has(bits: Bits, granules: I64) -> npt.NDArray[np.bool_]:
    """Return whether the bit of each granule is set."""
    shift = (granules & 63).astype(np.uint64)
    has: npt.NDArray[np.bool_] = (bits[granules >> 6] >> shift & np.uint64(1)) != 0
    return has


def _as_possible(groups: Groups) -> PossibleBlocks:
    """Return rows in order of size and offset."""
    return PossibleBlocks(
        bytes=np.array([size for size, _ in groups], np.uint64),
        offset=np.array([offset for _, offset in groups], np.int64),
        count=np.array(list(groups.values()), np.int64),
        type_name=TextColumn.of([""] * len(groups)),
    )


def _as_intrusive(groups: Groups) -> IntrusiveBlocks:
    """Return rows in order of size and offset."""
    return IntrusiveBlocks(
        bytes=np.array([size for size, _ in groups], np.uint64),
        offset=np.array([offset for _, offset in groups], np.int64),
        count=np.array(list(groups.values()), np.int64),
    )
