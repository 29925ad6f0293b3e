"""How long a target would stand still, told before it is stopped."""

from __future__ import annotations

import time
from array import array
from functools import cache
from typing import NamedTuple

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing.fork_hazards import find_fork_hazard
from leakgui.probe.freezing.forking import fork_s
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.pagemap import PageMap
from leakgui.probe.freezing.plan import Plan, copying_s, make_plan, ranges_of
from leakgui.probe.freezing.shared_files import SharedFiles
from leakgui.probe.freezing.system_calls import address_of, read_ranges
from leakgui.probe.freezing.tracing import list_threads
from leakgui.probe.procfs import read_file
from leakgui.probe.raw_heap import RawEstimate
from leakgui.texts import say

_SAMPLE_BYTES = 16 << 20
_STOP_S = 0.002
_THREAD_S = 0.000_06
"""What stopping takes, and each thread more (measured: 4 ms for 64 threads)."""

_measured: list[float] = []


class Measured(NamedTuple):
    """What a copy would hold now."""

    plan: Plan
    hidden_bytes: int
    """Of shared memory that is read from its files, see ``shared_files``."""


def measure_target(key: ProcessKey) -> Measured:
    """Return what a copy would hold; the target runs. Raises ``OSError``."""
    mappings = MapsReader().parse(read_file(f"/proc/{key.pid}/maps"))
    runs = PageMap(key.pid).find_runs(ranges_of(mappings))
    shared = SharedFiles(key.pid)
    try:
        shared.open(mappings, runs)
        hidden = shared.find(mappings, runs)
    finally:
        shared.close()
    return Measured(make_plan(mappings, runs), hidden.total_bytes)


def estimate(
    key: ProcessKey, measured: Measured, *, may_fork: bool = True
) -> RawEstimate:
    """Return what copying it would cost; raises ``OSError``.

    Without ``may_fork`` nobody asks what speaks against a fork: that takes longest.
    """
    plan, hidden = measured
    threads, runs = len(list_threads(key.pid)), _count_runs(plan)
    size, swapped = plan.total_bytes + hidden, plan.swapped_bytes
    stop_s = _STOP_S + threads * _THREAD_S
    hidden_s = hidden / bytes_per_s()
    shared_s = plan.shared.total_bytes / bytes_per_s()
    hazard = find_fork_hazard(key, plan) if may_fork else ""
    return RawEstimate(
        copy_bytes=size,
        paused_ms=1000 * (stop_s + hidden_s + copying_s(plan, bytes_per_s())),
        fork_paused_ms=1000 * (stop_s + hidden_s + shared_s + fork_s(plan.total_bytes)),
        threads=threads,
        # The copy, its tables; as much again for the worker that reads it; and what
        # the target takes when its pages are brought back.
        needs_bytes=2 * size + size // 8 + 24 * runs + swapped,
        can_fork=may_fork and not hazard,
        cannot_fork_reason=hazard,
        notes=_describe_swapped(swapped),
    )


def _count_runs(plan: Plan) -> int:
    return len(plan.private.start) + len(plan.shared.start)


def _describe_swapped(size: int) -> list[str]:
    if not size:
        return []
    return [
        say(
            "{size} MiB of it are swapped out: it stands still until they are read "
            "back, and takes more memory afterwards.",
            size=-(-size >> 20),
        )
    ]


def bytes_per_s() -> float:
    """Return how fast memory is copied: as the last copy was, else as tried here."""
    return _measured[-1] if _measured else _try_copying()


def remember_copy(size: int, seconds: float) -> None:
    """Learn from a copy that was made; small ones tell of stopping, not of copying."""
    if size >= _SAMPLE_BYTES and seconds > 0:
        _measured[:] = [size / seconds]


@cache
def _try_copying() -> float:
    """Copy some of our own memory as a target's is copied; returns bytes a second."""
    import os

    size = _SAMPLE_BYTES
    ours, theirs = array("B", bytes(size)), array("B", bytes(size))
    local = array("Q", (address_of(ours), size))
    remote = array("Q", (address_of(theirs), size))
    begun_s = time.perf_counter()
    read_ranges(os.getpid(), address_of(local), address_of(remote), 1)
    return size / max(time.perf_counter() - begun_s, 1e-6)
