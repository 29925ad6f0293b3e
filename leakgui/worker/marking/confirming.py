"""Keep as lost only what was lost in an earlier look too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import U64, Columns
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.blocks.measuring import bytes_of, count_of, locate, measure
from leakgui.worker.giving_up import Cancelled, never, say_nothing
from leakgui.worker.image import Bits, Image
from leakgui.worker.marking.marking import Searching, sort_states
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LostBefore(Columns):
    """The blocks that nothing reached in an earlier look, sorted by address."""

    address: U64
    bytes: U64


def lost_of(image: Image, walk: Walk, reach: Reach) -> LostBefore:
    """Return the directly and indirectly leaked blocks, for a later look."""
    blocks = map_blocks(image, walk)
    granules = list_set(reach.direct | reach.indirect)
    return LostBefore(address=locate(blocks, granules), bytes=measure(blocks, granules))


def confirm(
    image: Image,
    walk: Walk,
    reach: Reach,
    lost_before: LostBefore,
    cancelled: Cancelled = never,
) -> Reach:
    """Return the states with only those blocks lost that were lost before too.

    A block counts as the same when address and usable bytes are the same. The
    others, and what they lead to, become reachable and are counted in
    ``totals.unconfirmed``: a pointer to them may have been in flight. What stays
    lost is sorted into direct and indirect anew.
    """
    lost = reach.direct | reach.indirect
    search = Searching(image, walk)
    search.go_on_from(walk.starts & ~lost, _find_new(search.blocks, lost, lost_before))
    search.spread(say_nothing, cancelled, is_definite=False)
    white = lost & search.white
    unconfirmed = lost & ~white
    confirmed = sort_states(search.blocks, reach.possible, white, cancelled)
    new_bytes = int(bytes_of(search.blocks, unconfirmed))
    totals = replace(
        confirmed.totals,
        reachable_bytes=reach.totals.reachable_bytes + new_bytes,
        unconfirmed=int(count_of(unconfirmed)),
        unconfirmed_bytes=new_bytes,
    )
    return replace(confirmed, totals=totals)


def _find_new(blocks: BlockMap, lost: Bits, lost_before: LostBefore) -> Bits:
    """Return the lost blocks that were not lost before."""
    granules = list_set(lost)
    sizes = measure(blocks, granules)
    new = granules[~_are_in(lost_before, locate(blocks, granules), sizes)]
    bits = np.zeros_like(lost)
    bit = np.uint64(1) << (new & 63).astype(np.uint64)
    np.bitwise_or.at(bits, new >> 6, bit)
    return bits


def _are_in(lost: LostBefore, address: U64, size: U64) -> npt.NDArray[np.bool_]:
    """Return whether each block is among the lost ones, with the same length."""
    if not len(lost):
        return np.zeros(len(address), np.bool_)
    row = np.minimum(np.searchsorted(lost.address, address), len(lost) - 1)
    same: npt.NDArray[np.bool_] = lost.address[row] == address
    same &= lost.bytes[row] == size
    return same
