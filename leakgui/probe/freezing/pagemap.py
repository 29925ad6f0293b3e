"""Which pages of a process hold something: present in memory, or swapped out.

Pages that were never touched, and pages of the kernel's one zero page, hold nothing.
Shared memory that this process did not touch itself (or that was swapped out) is not
in its page tables and counts as absent.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from leakgui.probe.freezing.maps import TOP
from leakgui.probe.freezing.system_calls import PAGEMAP_SCAN, address_of, control
from leakgui.probe.procfs import opened_file
from leakgui.probe.raw_heap import PAGE_BYTES

PAGE = PAGE_BYTES
PRESENT, SWAPPED, _ZERO_PAGE = 1 << 3, 1 << 4, 1 << 5
"""linux/fs.h, PAGE_IS_*"""
_ARGUMENT_BYTES = 96
"""struct pm_scan_arg: twelve u64."""
_RUNS_AT_ONCE = 1 << 15

_CHUNK_PAGES = 1 << 19
_HELD = re.compile(rb"([\x80-\xff]+)|([\x40-\x7f]+)")
"""The high byte of an entry of pagemap: bit 63 is present, bit 62 swapped (proc(5))."""
MOST_LISTED_BYTES = 256 << 30
"""Where the kernel is older than 6.7 larger mappings are not looked through: their
entries alone would take longer to read than a target may stand still."""


class Runs(NamedTuple):
    """Ranges of pages that hold something, sorted, not overlapping; columns [Q]."""

    start: array[int]
    end: array[int]
    kind: array[int]
    """Whether ``PRESENT`` or ``SWAPPED``."""

    @property
    def total_bytes(self) -> int:
        """Return how much they hold."""
        return sum(self.end) - sum(self.start)

    @property
    def swapped_bytes(self) -> int:
        """Return how much of it is swapped out."""
        if SWAPPED not in self.kind:
            return 0
        rows = zip(self.start, self.end, self.kind, strict=True)
        return sum(end - start for start, end, kind in rows if kind == SWAPPED)


def no_runs() -> Runs:
    """Return runs to append to."""
    return Runs(array("Q"), array("Q"), array("Q"))


class PageMap:
    """Looks into /proc/PID/pagemap; raises ``OSError`` where that may not be read."""

    def __init__(self, pid: int) -> None:
        self._path = f"/proc/{pid}/pagemap"
        # Made beforehand: no page of it is new while a target waits.
        self._vector = array("Q", bytes(24 * _RUNS_AT_ONCE))

    def find_runs(self, ranges: Iterable[tuple[int, int]]) -> Runs:
        """Return what is held anywhere; ``ranges`` are all mappings, for old kernels.

        Linux 6.7 and newer walk the page tables once (PAGEMAP_SCAN: 3 ms/GiB);
        older ones list every page of every mapping (15 ms/GiB).
        """
        # Opened each time: an open one stays with the memory from before an execve.
        with opened_file(self._path) as file:
            try:
                return self._scan(file)
            except OSError as error:
                if error.errno not in {22, 25}:  # EINVAL, ENOTTY: no such request
                    raise
                return list_pages(file, ranges)

    def _scan(self, file: int) -> Runs:
        """Ask for the runs themselves (admin-guide/mm/pagemap.rst, PAGEMAP_SCAN)."""
        runs = no_runs()
        at = 0
        while at < TOP:
            argument = self._argument(at)
            count = control(file, PAGEMAP_SCAN, argument)
            for column, first in zip(runs, range(3), strict=True):
                column.extend(self._vector[first : 3 * count : 3])
            if count < _RUNS_AT_ONCE:
                break
            # Behind the last run, too: walk_end may stay where the kernel's own
            # buffer of 512 was full the last time, though the walk went on from there
            # (fs/proc/task_mmu.c, do_pagemap_scan). Runs would come twice.
            at = max(argument[4], runs.end[-1])
        return runs

    def _argument(self, begin: int) -> array[int]:
        held = PRESENT | SWAPPED
        vector = (address_of(self._vector), _RUNS_AT_ONCE)
        # size, flags, start, end, walk_end, vec, vec_len, max_pages, then masks:
        # inverted and required (no zero page), any of, and what is answered.
        masks = (_ZERO_PAGE, _ZERO_PAGE, held, held)
        return array("Q", (_ARGUMENT_BYTES, 0, begin, TOP, 0, *vector, 0, *masks))


def list_pages(file: int, ranges: Iterable[tuple[int, int]]) -> Runs:
    """Return what is held in these ranges, from the entry of each page.

    ``file`` is an open /proc/PID/pagemap.
    """
    runs = no_runs()
    for begin, end in ranges:
        if end - begin > MOST_LISTED_BYTES:
            continue
        for first, high in _read_high_bytes(file, begin, end):
            _append_held(runs, first, high)
    return runs


def _read_high_bytes(file: int, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    for first in range(begin // PAGE, end // PAGE, _CHUNK_PAGES):
        pages = min(_CHUNK_PAGES, end // PAGE - first)
        high = os.pread(file, 8 * pages, 8 * first)[7::8]
        if high.count(0) != len(high):
            yield first, high


def _append_held(runs: Runs, first: int, high: bytes) -> None:
    for match in _HELD.finditer(high):
        begin, end = match.span()
        runs.start.append((first + begin) * PAGE)
        runs.end.append((first + end) * PAGE)
        runs.kind.append(PRESENT if match.lastindex == 1 else SWAPPED)


def clip(runs: Runs, ranges: Iterable[tuple[int, int]]) -> Runs:
    """Return the parts of runs that lie in these ranges (sorted, not overlapping)."""
    clipped = no_runs()
    for begin, end in ranges:
        first = bisect_right(runs.end, begin)
        last = bisect_left(runs.start, end)
        if first >= last:
            continue
        start, stop = runs.start[first:last], runs.end[first:last]
        start[0], stop[-1] = max(start[0], begin), min(stop[-1], end)
        clipped.start.extend(start)
        clipped.end.extend(stop)
        clipped.kind.extend(runs.kind[first:last])
    return clipped
