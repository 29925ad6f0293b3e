"""Three ways to read pages of a process, each into an address of ours."""

from __future__ import annotations

import errno
from array import array
from collections.abc import Callable
from typing import NamedTuple

from leakgui.probe.freezing.system_calls import address_of, read_at, read_ranges


class Batch(NamedTuple):
    """What is copied by one call: pairs of address and length, ours and theirs."""

    local: array[int]
    remote: array[int]


ReadBatch = Callable[[Batch], int]
"""Copies a batch and returns how many bytes came before a page was not readable."""


def read_process(pid: int) -> ReadBatch:
    """Return the fast way, process_vm_readv(2).

    It pins what it reads, so pages that a fork still shares with its parent would
    be copied for the fork first, each by a fault (mm/gup.c, gup_must_unshare).
    """

    def read(batch: Batch) -> int:
        count = len(batch.remote) // 2
        local, remote = address_of(batch.local), address_of(batch.remote)
        return _bytes_read(read_ranges, pid, local, remote, count)

    return read


def read_memory_file(file: int) -> ReadBatch:
    """Return the way that shares pages: an open /proc/PID/mem (proc(5))."""

    def read(batch: Batch) -> int:
        done = 0
        for at in range(0, len(batch.remote), 2):
            ours, size = batch.local[at : at + 2]
            place = batch.remote[at]
            got = _bytes_read(read_at, file, ours, size, place)
            done += got
            if got < size:
                break
        return done

    return read


def read_shared_file(file: int, shift: int) -> ReadBatch:
    """Return the way to pages of shared memory: the file in memory behind them.

    ``shift`` is a place in the file minus the target's address of it.
    """

    def read(batch: Batch) -> int:
        places = array("Q", batch.remote)
        for at in range(0, len(places), 2):
            places[at] = batch.remote[at] + shift
        return read_memory_file(file)(Batch(batch.local, places))

    return read


def _bytes_read(call: Callable[..., int], *arguments: int) -> int:
    """Return what a call says, or 0 where not even the first page is readable."""
    try:
        return call(*arguments)
    except OSError as error:
        if error.errno in {errno.EFAULT, errno.EIO}:
            return 0
        raise
