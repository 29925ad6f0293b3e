"""Copy pages of a process into a file whose offsets are the process's addresses.

Half of the time of a copy is spent on taking memory for it, so that is done before
the target is stopped (``prepare``). Where the target grew meanwhile the copy still
finds its place; it only takes longer.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import accumulate, repeat
from operator import add, attrgetter, sub
from typing import NamedTuple

from leakgui.probe.freezing.pagemap import PAGE, Runs, clip, no_runs
from leakgui.probe.freezing.reading import Batch, ReadBatch
from leakgui.probe.freezing.system_calls import (
    PROT_READ,
    PROT_WRITE,
    map_file,
    populate,
)

SMALLEST_GAP = 1 << 20
"""Ranges that lie closer together share one mapping; a system allows 65,530."""
_MOST_VECTORS = 1024
"""IOV_MAX (linux/uio.h, UIO_MAXIOV)."""
_LONGEST_PIECE = 8 << 20
_MOST_BYTES_AT_ONCE = 32 << 20
_POPULATED_AT_ONCE = 64 << 20
COPIERS = 2
"""Threads that copy at once: 0.08 s/GiB where one needs 0.12; the target's own
threads leave the processors free meanwhile."""
_MOST_FAILED_PAGES = 256
"""After so many unreadable pages in one call, the rest of it is given up."""

Ranges = list[tuple[int, int]]


class _Span(NamedTuple):
    """A part of the file that is mapped here."""

    begin: int
    end: int
    shift: int
    """Our address of it minus the target's."""


def merge_ranges(ranges: Iterable[tuple[int, int]], gap: int) -> Ranges:
    """Join sorted ranges that lie closer together than ``gap``."""
    merged: Ranges = []
    for begin, end in ranges:
        if merged and begin - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


class Destination:
    """The file a copy goes to, mapped here; our process's end unmaps it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._spans: list[_Span] = []
        self._touched = 0

    def prepare(self, ranges: Ranges, runs: Runs, tell: Callable[[int], None]) -> None:
        """Map what the ranges cover and take memory for the runs in them.

        ``tell`` is told bytes from time to time. May be called again: what was
        prepared before costs little. Raises ``OSError`` without memory.
        """
        self.cover(ranges)
        for span in self._spans:
            inside = clip(runs, [(span.begin, span.end)])
            for begin, end in zip(inside.start, inside.end, strict=True):
                for first in range(begin, end, _POPULATED_AT_ONCE):
                    size = min(_POPULATED_AT_ONCE, end - first)
                    populate(first + span.shift, size)
                    self._tell_touched(size, tell)

    def _tell_touched(self, size: int, tell: Callable[[int], None]) -> None:
        before = self._touched // _POPULATED_AT_ONCE
        self._touched += size
        if self._touched // _POPULATED_AT_ONCE != before:
            tell(self._touched)

    def cover(self, ranges: Ranges) -> None:
        """Map what is not mapped yet of these sorted ranges."""
        for begin, end in merge_ranges(ranges, SMALLEST_GAP):
            for first, last in self._find_uncovered(begin, end):
                address = map_file(
                    self._descriptor, last - first, first, PROT_READ | PROT_WRITE
                )
                insort(self._spans, _Span(first, last, address - first))

    def _find_uncovered(self, begin: int, end: int) -> Ranges:
        place = bisect_right(self._spans, begin, key=attrgetter("end"))
        found: Ranges = []
        while begin < end:
            span = self._spans[place] if place < len(self._spans) else None
            stop = end if span is None else min(end, span.begin)
            if begin < stop:
                found.append((begin, stop))
            begin = end if span is None else span.end
            place += 1
        return found

    def copy(self, read: ReadBatch, runs: Runs) -> Ranges:
        """Copy these pages of a process; returns the ranges that were not readable.

        Only what was covered is copied. ``read`` is one of the ways in ``reading``.

        Raises:
            ProcessLookupError: it is gone.
            PermissionError: it may not be read.
        """
        batches = _Shared(
            batch
            for span in self._spans
            for batch in _batches(_cut(clip(runs, [(span.begin, span.end)])), span)
        )
        is_much = runs.total_bytes > _MOST_BYTES_AT_ONCE
        work = [_Copier(read, batches) for _ in range(_copiers() if is_much else 1)]
        for copier in work[1:]:
            with suppress(RuntimeError):  # no more threads: the first does it all
                copier.start()
        work[0].run()
        return sorted(failed for copier in work for failed in copier.finish())


class _Shared:
    """Hands out batches to several threads, each once."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._lock = threading.Lock()

    def take(self) -> Batch | None:
        with self._lock:
            return next(self._batches, None)


class _Copier(threading.Thread):
    """Copies batches until none is left; the kernel works, not the interpreter."""

    def __init__(self, read: ReadBatch, batches: _Shared) -> None:
        super().__init__(daemon=True)
        self._read, self._batches = read, batches
        self._failed: Ranges = []
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            while (batch := self._batches.take()) is not None:
                self._failed += copy_batch(self._read, batch)
        except Exception as error:  # noqa: BLE001  # raised again by finish
            self._error = error

    def finish(self) -> Ranges:
        """Wait for the end; returns what failed, or raises what ended it early."""
        if self.ident is not None:
            self.join()
        if self._error is not None:
            raise self._error
        return self._failed


def _copiers() -> int:
    return min(COPIERS, len(os.sched_getaffinity(0)))


def _cut(runs: Runs) -> Runs:
    """Cut long runs so that threads share the work evenly."""
    if not runs.start or max(map(sub, runs.end, runs.start)) <= _LONGEST_PIECE:
        return runs
    cut = no_runs()
    for begin, end in zip(runs.start, runs.end, strict=True):
        firsts = range(begin, end, _LONGEST_PIECE)
        cut.start.extend(firsts)
        cut.end.extend(firsts[1:])
        cut.end.append(end)
    return cut


def _batches(runs: Runs, span: _Span) -> Iterator[Batch]:
    """Yield calls of at most so many pieces and bytes each."""
    sizes = array("Q", map(sub, runs.end, runs.start))
    totals = array("Q", accumulate(sizes))
    first = done = 0
    while first < len(sizes):
        full = bisect_right(totals, done + _MOST_BYTES_AT_ONCE)
        last = min(max(full, first + 1), first + _MOST_VECTORS)
        theirs, lengths = runs.start[first:last], sizes[first:last]
        ours = array("Q", map(add, theirs, repeat(span.shift)))
        yield Batch(_pair(ours, lengths), _pair(theirs, lengths))
        first, done = last, totals[last - 1]


def _pair(addresses: array[int], lengths: array[int]) -> array[int]:
    """Return ``struct iovec`` of each (sys/uio.h)."""
    pairs = array("Q", bytes(16 * len(lengths)))
    pairs[0::2], pairs[1::2] = addresses, lengths
    return pairs


def copy_batch(read: ReadBatch, batch: Batch) -> Ranges:
    """Copy one batch; returns the ranges of pages that could not be read."""
    failed: Ranges = []
    while batch.remote:
        copied = read(batch)
        batch = _skip(batch, copied)
        if not batch.remote:
            break
        given_up = len(failed) >= _MOST_FAILED_PAGES
        size = batch.remote[1] if given_up else _rest_of_page(batch.remote)
        failed.append((batch.remote[0], batch.remote[0] + size))
        batch = _skip(batch, size)
    return merge_ranges(failed, 1)


def _rest_of_page(remote: array[int]) -> int:
    return min(int(remote[1]), PAGE - remote[0] % PAGE)


def _skip(batch: Batch, size: int) -> Batch:
    """Return what is left of a batch behind so many bytes."""
    piece = 0
    while piece < len(batch.remote) and batch.remote[piece + 1] <= size:
        size -= batch.remote[piece + 1]
        piece += 2
    local, remote = batch.local[piece:], batch.remote[piece:]
    if size:
        for pairs in (local, remote):
            pairs[0] += size
            pairs[1] -= size
    return Batch(local, remote)
