"""The first words of all blocks that could be a virtual table, each one once."""

from __future__ import annotations

import numpy as np
from numba import njit

from leakgui.model.columns import U64
from leakgui.worker.blocks.block_map import BlockMap, closed
from leakgui.worker.blocks.lookup import is_page_present
from leakgui.worker.blocks.machine import lowest_one
from leakgui.worker.image import Image
from leakgui.worker.naming.modules import Modules

MOST_WORDS = 1 << 18
"""More different first words than this are not looked at."""
_SLOTS = MOST_WORDS * 2
_HASH = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: spreads neighbours (Knuth, TAOCP 6.4)."""


def collect_first_words(blocks: BlockMap, image: Image, modules: Modules) -> U64:
    """Return the words that blocks begin with and that lead into a module, sorted."""
    starts, ends = _module_ranges(image, modules)
    if not len(starts):
        return np.zeros(0, np.uint64)
    slots = np.zeros(_SLOTS, np.uint64)
    _collect(blocks, starts, ends, slots)
    return np.sort(slots[slots != 0])


def _module_ranges(image: Image, modules: Modules) -> tuple[U64, U64]:
    rows = np.flatnonzero(modules.module_of_region >= 0)
    return closed(image.regions.start[rows]), closed(image.regions.end[rows])


@njit(cache=True, nogil=True)
def find_slot(slots: U64, value: np.uint64) -> int:
    """Return where in a hash table a value other than 0 is, or the free slot for it.

    The number of slots is a power of two, and one of them at least must be free.
    """
    mask = np.uint64(len(slots) - 1)
    at = ((value * _HASH) >> np.uint64(20)) & mask
    while slots[at] != 0 and slots[at] != value:
        at = (at + np.uint64(1)) & mask
    return int(np.int64(at))


@njit(cache=True, nogil=True)
def is_inside(starts: U64, ends: U64, address: np.uint64) -> bool:
    """Whether an address is in one of these ranges, which are sorted."""
    row = np.searchsorted(starts, address, side="right") - 1
    return bool(row >= 0 and address < ends[row])


@njit(cache=True, nogil=True)
def _collect(blocks: BlockMap, starts: U64, ends: U64, slots: U64) -> None:
    low, high = starts[0], ends[len(ends) - 1]
    room = MOST_WORDS
    for at in range(len(blocks.starts)):
        rest = blocks.starts[at]
        while rest != 0:
            place = (at * 64 + lowest_one(rest)) * 2
            rest &= rest - np.uint64(1)
            if not is_page_present(blocks, place):
                continue
            word = blocks.words[place]
            if word < low or word >= high or word & np.uint64(7) != 0:
                continue
            slot = find_slot(slots, word)
            if slots[slot] == 0 and is_inside(starts, ends, word):
                slots[slot] = word
                room -= 1
                if room == 0:
                    return
