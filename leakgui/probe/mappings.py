"""Every mapping of a process, read from ``/proc``, and found by address."""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from leakgui.probe.mapping_rows import MappingRows, cut_smaps
from leakgui.probe.raw import RawText

SLOWEST_S = 10.0
"""smaps takes 12 ms a GiB of 4 KiB pages; after this long, maps must do."""

_BLOCK_BYTES = 1 << 20


class SmapsTooSlow(Exception):
    """Walking the page tables takes longer than anybody waits."""


def read_smaps(
    pid: int, tell: Callable[[int], None] | None = None, slowest_s: float = SLOWEST_S
) -> MappingRows:
    """Read every mapping with its sizes; ``tell`` is told the rows read so far.

    Raises:
        OSError: it cannot be opened or read.
        SmapsTooSlow: it is not through after ``slowest_s`` seconds.
    """
    rows, rest = MappingRows(), b""
    deadline_s = time.monotonic() + slowest_s
    for block in _blocks(f"/proc/{pid}/smaps"):
        whole = rest + block
        cut = cut_smaps(whole)
        rows.add_smaps(whole[:cut])
        rest = whole[cut:]
        if tell is not None:
            tell(len(rows))
        if time.monotonic() > deadline_s:
            raise SmapsTooSlow
    rows.add_smaps(rest)
    return rows


def read_maps(pid: int) -> MappingRows:
    """Read every mapping without sizes; raises ``OSError``."""
    rows, rest = MappingRows(), b""
    for block in _blocks(f"/proc/{pid}/maps"):
        whole, _, rest = (rest + block).rpartition(b"\n")
        rows.add_maps(whole)
    rows.add_maps(rest)
    return rows


def _blocks(path: str) -> Iterator[bytes]:
    """Yield a file of /proc in large pieces; one read gives a page at most.

    Each piece is joined once: adding to one growing text would be quadratic.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # no Path per read
        pieces, held = [], 0
        while piece := os.read(file.fileno(), _BLOCK_BYTES):
            pieces.append(piece)
            held += len(piece)
            if held >= _BLOCK_BYTES:
                yield b"".join(pieces)
                pieces, held = [], 0
        yield b"".join(pieces)


class Range(NamedTuple):
    """One mapping as an address finds it."""

    row: int
    start: int
    end: int
    path: str


class Ranges(NamedTuple):
    """All mappings of a process, sorted, to be searched by address."""

    start: array[int]
    end: array[int]
    path: RawText

    @classmethod
    def of(cls, rows: MappingRows) -> Ranges:
        """Take the columns that matter."""
        return cls(rows.start, rows.end, rows.path.column())

    def find(self, address: int) -> Range | None:
        """Return the mapping that holds an address, or None."""
        row = bisect_right(self.start, address) - 1
        if row < 0 or address >= self.end[row]:
            return None
        path = self.path.pool[self.path.codes[row]]
        return Range(row, self.start[row], self.end[row], path)
