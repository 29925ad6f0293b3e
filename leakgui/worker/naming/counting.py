"""One pass over all blocks that counts them by type, size class and state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from leakgui.model.columns import I64, U64
from leakgui.model.heap import BlockState
from leakgui.worker.blocks.block_map import closed
from leakgui.worker.image import Bits, Image
from leakgui.worker.naming.first_words import find_slot
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.size_classes import CLASSES, class_of
from leakgui.worker.naming.slices import Slice, slice_blocks, type_heap
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

STATES = (
    BlockState.REACHABLE,
    BlockState.DIRECT,
    BlockState.INDIRECT,
    BlockState.POSSIBLE,
)
"""The states by their numbers here."""
SLOTS = 1 << 17
MOST_GROUPS = SLOTS // 2
"""Blocks of more groups than this are counted together, by state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Groups of blocks; one row each, in no order."""

    type_number: I64
    """As ``SIZE_TYPE`` says; -1 for the groups that were too many."""
    size_class: I64
    state: I64
    """Index in ``STATES``."""
    count: I64
    bytes: U64
    sample: I64
    """Place in ``Image.words`` of one block from the later half: the first ones are
    often the program's beginnings and unlike all others ..."""
    last: I64
    """... and of the last one."""
    class_name: tuple[str, ...]
    """By number of type less ``FIRST_CLASS``."""


def count_groups(image: Image, walk: Walk, reach: Reach, names: Names) -> Counted:
    """Return all blocks in use by type, size class and state."""
    heap = type_heap(image, walk, names)
    keys = np.zeros(SLOTS, np.uint64)
    sums = np.zeros((SLOTS + len(STATES), 4), np.int64)
    states = (closed(reach.direct), closed(reach.indirect), closed(reach.possible))
    groups = 0
    for part in slice_blocks(heap):
        state = states_of(states, part.place)
        groups = _count(part, state, keys, sums, groups)
    rows = np.flatnonzero(sums[:, 0])
    is_rest = rows >= SLOTS
    key = np.where(is_rest, 0, keys[np.minimum(rows, SLOTS - 1)].astype(np.int64) - 1)
    return Counted(
        type_number=np.where(is_rest, -1, key // (4 * CLASSES)),
        size_class=np.where(is_rest, 0, key // 4 % CLASSES),
        state=np.where(is_rest, rows - SLOTS, key % 4),
        count=sums[rows, 0],
        bytes=sums[rows, 1].astype(np.uint64),
        sample=sums[rows, 2],
        last=sums[rows, 3],
        class_name=heap.class_name,
    )


@njit(cache=True, nogil=True)
def states_of(states: tuple[Bits, Bits, Bits], place: I64) -> I64:
    """Return the index in ``STATES`` of each block; ``states`` begin with direct."""
    direct, indirect, possible = states
    state = np.zeros(len(place), np.int64)
    for row in range(len(place)):
        at = place[row] >> 7
        bit = np.uint64(1) << np.uint64((place[row] >> 1) & 63)
        if direct[at] & bit != 0:
            state[row] = 1
        elif indirect[at] & bit != 0:
            state[row] = 2
        elif possible[at] & bit != 0:
            state[row] = 3
    return state


@njit(cache=True, nogil=True)
def _count(part: Slice, state: I64, keys: U64, sums: I64, groups: int) -> int:
    """Add a slice; return how many groups there are now."""
    for row in range(len(part.place)):
        size = part.size[row]
        group = (part.kind[row] * CLASSES + class_of(size)) * 4 + state[row]
        key = np.uint64(group + 1)
        slot = find_slot(keys, key)
        if keys[slot] == 0:
            if groups < MOST_GROUPS:
                keys[slot] = key
                groups += 1
            else:
                slot = len(keys) + state[row]
        sums[slot, 0] += 1
        if sums[slot, 0] & (sums[slot, 0] - 1) == 0:
            sums[slot, 2] = part.place[row]
        sums[slot, 1] += size
        sums[slot, 3] = part.place[row]
    return groups
