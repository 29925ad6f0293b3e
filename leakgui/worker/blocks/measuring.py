"""Lengths and addresses of many blocks at once."""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, maker
from leakgui.worker.blocks.lookup import address_of, usable_bytes, usable_in_row
from leakgui.worker.blocks.machine import count_ones, lowest_one
from leakgui.worker.image import Bits


@kernel
def count_of(bits: Bits) -> int:
    """Return how many blocks a bitmap has."""
    count = 0
    for index in range(len(bits)):
        count += count_ones(bits[index])
    return count


@kernel
def bytes_of(blocks: BlockMap, bits: Bits) -> int:
    """Return the usable bytes of all blocks of a bitmap."""
    total = 0
    for row in range(len(blocks.segment_word)):
        first = blocks.segment_word[row] >> 7
        end = first + np.int64(blocks.segment_bytes[row] >> np.uint64(10))
        for index in range(first, end):
            rest = bits[index]
            while rest:
                total += usable_in_row(blocks, index * 64 + lowest_one(rest), row)
                rest &= rest - np.uint64(1)
    return total


@maker
def measure(blocks: BlockMap, granules: I64) -> U64:
    """Return the usable bytes of some blocks."""
    sizes = np.empty(len(granules), np.uint64)
    for number in range(len(granules)):
        sizes[number] = usable_bytes(blocks, granules[number])
    return sizes


@maker
def locate(blocks: BlockMap, granules: I64) -> U64:
    """Return the addresses of some blocks."""
    addresses = np.empty(len(granules), np.uint64)
    for number in range(len(granules)):
        addresses[number] = address_of(blocks, granules[number])
    return addresses
