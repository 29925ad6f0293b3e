"""How long a target would stand still, told before it is stopped."""

from __future__ import annotations

import time
from array import array
from functools import cache

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing.fork_hazards import find_fork_hazard
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.pagemap import PageMap
from leakgui.probe.freezing.plan import Plan, make_plan, ranges_of
from leakgui.probe.freezing.system_calls import address_of, read_ranges
from leakgui.probe.freezing.tracing import list_threads
from leakgui.probe.procfs import read_file
from leakgui.probe.raw_heap import RawEstimate

_SAMPLE_BYTES = 16 << 20
_STOP_S = 0.002
_THREAD_S = 0.000_06
"""What stopping takes, and each thread more (measured: 4 ms for 64 threads)."""
_FORK_S_PER_BYTE = 0.040 / (1 << 30)
"""Page tables of 4 KiB pages; less where pages are large."""

_measured: list[float] = []


def measure_target(key: ProcessKey) -> Plan:
    """Return what a copy would hold now; the target runs. Raises ``OSError``."""
    mappings = MapsReader().parse(read_file(f"/proc/{key.pid}/maps"))
    return make_plan(mappings, PageMap(key.pid).find_runs(ranges_of(mappings)))


def estimate(key: ProcessKey, plan: Plan) -> RawEstimate:
    """Return what copying it would cost; raises ``OSError``."""
    threads = len(list_threads(key.pid))
    size, runs = plan.total_bytes, len(plan.private.start) + len(plan.shared.start)
    stop_s = _STOP_S + threads * _THREAD_S
    shared_s = plan.shared.total_bytes / bytes_per_s()
    hazard = find_fork_hazard(key, plan)
    return RawEstimate(
        copy_bytes=size,
        paused_ms=1000 * (stop_s + size / bytes_per_s()),
        fork_paused_ms=1000 * (stop_s + shared_s + size * _FORK_S_PER_BYTE),
        threads=threads,
        needs_bytes=size + size // 8 + 24 * runs,
        can_fork=not hazard,
        cannot_fork_reason=hazard,
    )


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
