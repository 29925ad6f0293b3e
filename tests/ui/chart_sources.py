"""Recordings with known values for the tests of plots and reports."""

from __future__ import annotations

import numpy as np

from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Event, EventKind, Recording, Series, TimeGap

MIB = 2.0**20
START = 1_790_000_000.0
TARGET = Target(
    key=ProcessKey(4242, 1),
    name="my<b>server",
    command="/opt/my/server --port 80",
    user="alice",
    started_unix_s=START - 100,
    executable="/opt/my/server",
)


def line(count: int, first: float, last: float, hz: float = 10.0) -> Series:
    """A straight line of so many readings."""
    return Series(np.arange(count) / hz, np.linspace(first, last, count))


def recording(**more: object) -> Recording:
    """Ten minutes in which memory and files grow, with a gap from 200 to 230 s."""
    rss = line(6000, 300 * MIB, 330 * MIB)
    kept = (rss.elapsed_s <= 200) | (rss.elapsed_s >= 230)
    series = {
        "rss_bytes": Series(rss.elapsed_s[kept].copy(), rss.value[kept].copy()),
        "uss_bytes": line(600, 250 * MIB, 280 * MIB, hz=1),
        "swap_bytes": line(6000, 0, 0),
        "vms_bytes": line(6000, 4096 * MIB, 4096 * MIB),
        "handles": line(6000, 20, 80),
        "handles_file": line(600, 10, 70, hz=1),
        "handles_socket": line(600, 5, 5, hz=1),
        "handles_epoll": line(600, 0, 0, hz=1),
        "threads": line(6000, 8, 8),
        "limit_handles": line(10, 1024, 1024, hz=0.1),
        "limit_cgroup_bytes": line(10, 400 * MIB, 400 * MIB, hz=0.1),
    }
    values: dict[str, object] = {
        "target": TARGET,
        "started_unix_s": START,
        "series": series,
        "events": (
            Event(kind=EventKind.STARTED, elapsed_s=0.0),
            Event(kind=EventKind.SNAPSHOT, elapsed_s=120.0, number=1, text="one"),
            Event(kind=EventKind.STEP, elapsed_s=300.0, number=1, text="open, close"),
            Event(kind=EventKind.TARGET_ENDED, elapsed_s=599.0, text="exit code 1"),
        ),
        "gaps": (
            TimeGap(from_s=200, to_s=230, metrics=("rss_bytes",), cause="asleep"),
            TimeGap(
                from_s=0, to_s=600, metrics=("pss_bytes",), cause="needs permission"
            ),
        ),
        "facts": {"system": "Linux"},
    }
    return Recording(**(values | more))
