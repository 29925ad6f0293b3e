"""Find the blocks that glibc gave a mapping of their own.

The kernel joins neighbouring mappings, so every page of anonymous memory that is not an
arena's is looked at. What only looks like a header is kept out by glibc's own count and
sum of them (``struct malloc_par``: n_mmaps, mmapped_mem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.headers import BYTES, PLACE, find_headers
from leakgui.worker.allocators.glibc.parts import Expected
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image

_MOST = 1 << 20
_MOST_DOUBTS = 512
"""How many headers are tried as the false one, where one too many was found."""

_REGISTERS, _ORIG_RAX = 27, 15
"""struct user_regs_struct: the system call a thread is in, -1 where it is in none."""
_MEMORY_CALLS = np.array([9, 10, 11, 12, 25, 28, -1], np.int64).view(np.uint64)
"""mmap, mprotect, munmap, brk, mremap, madvise (arch/x86/entry/syscalls)."""

Ranges = list[tuple[int, int]]
"""Parts of ``Image.words``: first place and last + 1."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mappings that hold a block each."""

    table: I64
    """One row each, with the columns of ``headers``."""
    is_known_wrong: bool = False
    """Count or sum are not what glibc says, and no thread at work explains it."""
    doubtful: int = 0
    """Headers that were left out, for they may be something else."""

    @property
    def bytes(self) -> int:
        """Length of all mappings."""
        return int(self.table[:, BYTES].sum())


def find_mapped(
    image: Image, ranges: Ranges, tail: int, expected: Expected | None
) -> Mapped:
    """Return the mappings of blocks in these ranges.

    ``tail`` is ``ArenaLayout.mapped_tail``.
    """
    found = scan_headers(image, ranges, tail)
    if expected is None or expected.agrees(found[:, BYTES]):
        return Mapped(found)
    better = _leave_one_out(image, ranges, tail, expected, found)
    if better is not None:
        return Mapped(better, doubtful=1)
    return _leave_out_doubtful(image, found, expected)


def scan_headers(image: Image, ranges: Ranges, tail: int) -> I64:
    """Return a table of all that look like mappings of blocks."""
    room = 4096
    while True:
        table = np.zeros((room, 3), np.int64)
        count = 0
        for first, last in ranges:
            span = (first, last, image.find_address(first), tail)
            count = find_headers(image.words, image.present, span, count, table)
        if count <= room or room >= _MOST:
            return table[:count].copy()
        room = min(_MOST, count * 2)


def _leave_one_out(
    image: Image, ranges: Ranges, tail: int, expected: Expected, found: I64
) -> I64 | None:
    """Return what is right when one header is taken for data, if exactly one fits.

    Behind it the search goes on, so that blocks come to light which it covered.
    """
    fits = []
    for row in range(min(len(found), _MOST_DOUBTS)):
        first = int(found[row, PLACE]) + PAGE_BYTES // WORD_BYTES
        end = int(found[row, PLACE] + found[row, BYTES] // WORD_BYTES)
        last = next(last for start, last in ranges if start < end <= last)
        behind = scan_headers(image, [(first, last)], tail)
        uncovered = behind[behind[:, PLACE] < end]
        before = found[found[:, PLACE] < found[row, PLACE]]
        # What began inside the block may reach beyond it, over others.
        reach = (uncovered[-1:, PLACE] + uncovered[-1:, BYTES] // WORD_BYTES).max(
            initial=end
        )
        after = found[found[:, PLACE] >= reach]
        other = np.concatenate([before, uncovered, after])
        if expected.agrees(other[:, BYTES]):
            fits.append(other)
    return fits[0] if len(fits) == 1 else None


def _leave_out_doubtful(image: Image, found: I64, expected: Expected) -> Mapped:
    """Keep what threads at work explain; else only what isn't too much.

    A thread that stands still inside malloc, realloc or free may have mapped a block
    that is not counted yet, or have changed one whose header is not written yet.
    Memory that is no block for certain is searched for roots, so that what it points
    to is not called lost.
    """
    busy = count_busy(image)
    more = len(found) - expected.count
    changing = int(np.sort(found[:, BYTES])[-busy:].sum()) if busy else 0
    difference = int(found[:, BYTES].sum()) - expected.bytes
    if abs(more) <= busy and (more < 0 or abs(difference) <= changing):
        return Mapped(found)
    if more <= 0:
        return Mapped(found, is_known_wrong=True)
    return Mapped(found[:0], is_known_wrong=True, doubtful=len(found))


def count_busy(image: Image) -> int:
    """Return how many threads may be inside malloc: running, or asking for memory."""
    calls = image.registers[_ORIG_RAX::_REGISTERS]
    return int(np.isin(calls, _MEMORY_CALLS).sum())
