"""Keep as lost only what was lost in an earlier look too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import U64, Columns
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import map_blocks
from leakgui.worker.blocks.measuring import locate, measure
from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import sort_states
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
    others become reachable and are counted in ``totals.unconfirmed``: a pointer to
    them may have been in flight. What stays lost is sorted into direct and
    indirect anew.
    """
    blocks = map_blocks(image, walk)
    granules = list_set(reach.direct | reach.indirect)
    sizes = measure(blocks, granules)
    is_new = ~_are_in(lost_before, locate(blocks, granules), sizes)
    white = reach.direct | reach.indirect
    new = granules[is_new]
    bits = np.uint64(1) << (new & 63).astype(np.uint64)
    np.bitwise_and.at(white, new >> 6, ~bits)
    confirmed = sort_states(blocks, reach.possible, white, cancelled)
    new_bytes = int(sizes[is_new].sum())
    totals = replace(
        confirmed.totals,
        reachable_bytes=reach.totals.reachable_bytes + new_bytes,
        unconfirmed=len(new),
        unconfirmed_bytes=new_bytes,
    )
    return replace(confirmed, totals=totals)


def _are_in(lost: LostBefore, address: U64, size: U64) -> npt.NDArray[np.bool_]:
    """Return whether each block is among the lost ones, with the same length."""
    if not len(lost):
        return np.zeros(len(address), np.bool_)
    row = np.minimum(np.searchsorted(lost.address, address), len(lost) - 1)
    same: npt.NDArray[np.bool_] = lost.address[row] == address
    same &= lost.bytes[row] == size
    return same
