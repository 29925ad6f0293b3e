"""Where functions begin, from the data for unwinding that stripped files keep too."""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64

TABLE_HEAD = bytes((1, 0x1B, 0x03, 0x3B))
"""How .eh_frame_hdr begins where it can be searched: version, then how the pointer,
the count and the table are written (LSB Core 5.0, section 10.6.2)."""
TABLE_COUNT = 8
TABLE_ROWS = 12
TABLE_ROW = np.dtype([("function", "<i4"), ("entry", "<i4")])
"""Relative to the address of .eh_frame_hdr."""

# .eh_frame (LSB Core 5.0, section 10.6.1): length, then 0 in entries that others
# share, else the way back to such an entry, then the function.
ENTRY_KIND = 4
ENTRY_FUNCTION = 8
MOST_ENTRIES = 2_000_000


def starts_in_table(data: bytes, address: int) -> I64:
    """Return the functions of .eh_frame_hdr loaded at an address, sorted.

    Empty where it has no table, or one that is written otherwise.
    """
    if data[: len(TABLE_HEAD)] != TABLE_HEAD or len(data) < TABLE_ROWS:
        return np.zeros(0, np.int64)
    count = int.from_bytes(data[TABLE_COUNT:TABLE_ROWS], "little")
    room = (len(data) - TABLE_ROWS) // TABLE_ROW.itemsize
    rows = np.frombuffer(data, TABLE_ROW, min(count, room), TABLE_ROWS)
    return np.sort(rows["function"].astype(np.int64) + _signed(address))


def starts_in_entries(data: bytes, address: int) -> I64:
    """Return the functions of .eh_frame at an address, sorted.

    Takes for granted that they are written as distances of four bytes, as x86-64
    compilers do; others give addresses at which no function is.
    """
    found: list[int] = []
    at = 0
    while at + ENTRY_FUNCTION + 4 <= len(data) and len(found) < MOST_ENTRIES:
        length = int.from_bytes(data[at : at + 4], "little")
        if length in {0, 0xFFFFFFFF}:
            break
        if any(data[at + ENTRY_KIND : at + ENTRY_FUNCTION]):
            place = at + ENTRY_FUNCTION
            distance = int.from_bytes(data[place : place + 4], "little", signed=True)
            found.append(place + distance)
        at += 4 + length
    return np.sort(np.array(found, np.int64)) + _signed(address)


def _signed(address: int) -> np.int64:
    return np.uint64(address & 0xFFFFFFFFFFFFFFFF).astype(np.int64)
