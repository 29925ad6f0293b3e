"""Pointers into a block that compilers and libraries make instead of one to its start.

The four of Valgrind 3.19, ``memcheck/mc_leakcheck.c, heuristic_reachedness``. Of a
block only the usable length is known, which is up to 24 bytes more than was asked for.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,return-value,arg-type,assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import U64
from leakgui.worker.blocks.block_map import BlockMap, closed
from leakgui.worker.blocks.compiling import part
from leakgui.worker.blocks.lookup import is_page_present, usable_in_row
from leakgui.worker.image import Image

ROUNDING = 24
STRING_HEADER = 24
"""libstdc++ before the C++11 strings: length, capacity, count of references."""


class TableRanges(NamedTuple):
    """Where virtual function tables may lie: read-only data of mapped files."""

    start: U64
    end: U64


def find_table_ranges(image: Image) -> TableRanges:
    """Return the ranges mapped from a file that can be read but not written."""
    regions = image.regions
    rows = [
        row
        for row in range(len(regions))
        if regions.permissions[row].startswith("r--") and regions.path[row][:1] == "/"
    ]
    order = np.argsort(regions.start[rows], kind="stable")
    return TableRanges(
        closed(regions.start[rows][order]), closed(regions.end[rows][order])
    )


@part
def is_as_good_as_start(
    blocks: BlockMap, tables: TableRanges, row: int, granule: int, offset: int
) -> bool:
    """Whether a pointer at an inner offset proves that the block is in use."""
    first = granule * 2
    if offset & 7 or not is_page_present(blocks, first):
        return False
    if offset == 8:
        count = blocks.words[first]
        usable = usable_in_row(blocks, granule, row)
        if _is_length(count, usable) or _is_array(count, usable):
            return True
    if offset == STRING_HEADER and _is_string(blocks, granule, row):
        return True
    return _is_second_base(blocks, tables, first, first + (offset >> 3))


@part
def _is_length(stated: np.uint64, usable: int) -> bool:
    """Whether a block begins with the length of what follows (sqlite, for one)."""
    after = np.uint64(usable - 8)
    return stated > 0 and stated <= after and after - stated <= np.uint64(ROUNDING)


@part
def _is_array(count: np.uint64, usable: int) -> bool:
    """Whether it is made by ``new T[count]``, which keeps the count for ``delete[]``.

    Some multiple of the count must be the length that was asked for, which is at
    most ``ROUNDING`` less than what is usable.
    """
    after = np.uint64(usable - 8)
    return count > 0 and count <= after and after % count <= np.uint64(ROUNDING)


@part
def _is_string(blocks: BlockMap, granule: int, row: int) -> bool:
    """Whether it is a ``std::string`` with shared content: header, text, a zero.

    Beyond what Valgrind asks, who knows the length exactly, the zero must be there,
    and some capacity too: blocks of zeros would pass for empty strings, which
    libstdc++ keeps in no block.
    """
    first = granule * 2
    length, capacity = blocks.words[first], blocks.words[first + 1]
    room = np.uint64(usable_in_row(blocks, granule, row))
    least = np.uint64(STRING_HEADER + 1)
    if length > capacity or capacity == 0 or capacity >= room or room < least:
        return False
    used = capacity + least
    if used > room or room - used > np.uint64(ROUNDING):
        return False
    end = np.uint64(STRING_HEADER) + length
    place = first + np.int64(end >> np.uint64(3))
    shift = (end & np.uint64(7)) * np.uint64(8)
    return (
        is_page_present(blocks, place)
        and blocks.words[place] >> shift & np.uint64(255) == 0
    )


@part
def _is_second_base(
    blocks: BlockMap, tables: TableRanges, first: int, inner: int
) -> bool:
    """Whether both places hold pointers to virtual function tables, different ones."""
    if not is_page_present(blocks, inner):
        return False
    one, other = blocks.words[first], blocks.words[inner]
    return one != other and _is_table(tables, one) and _is_table(tables, other)


@part
def _is_table(tables: TableRanges, address: np.uint64) -> bool:
    """Whether an address lies in read-only data of a file, as a table would."""
    if address & np.uint64(7):
        return False
    row = np.searchsorted(tables.start, address, side="right") - 1
    return row >= 0 and address < tables.end[row]
