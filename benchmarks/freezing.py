"""How long a target stands still for a copy, by level, size and kind of pages.

    python benchmarks/freezing.py [--gib 0.25 1] [--times 5]

Prints the median and the longest pause in ms and in s/GiB, what was estimated, and
how long everything took (most of it is taking memory for the copy, beforehand).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing import INJECT, PAUSE, copy_heap
from leakgui.probe.platform import current

TARGET = """
import ctypes, mmap, sys, time
size = int(sys.argv[1])
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(mmap.MADV_HUGEPAGE if sys.argv[2] == "large" else mmap.MADV_NOHUGEPAGE)
ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(memory)), 0x5A, size)
print("ready", flush=True)
time.sleep(3600)
"""
GIB = 1 << 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, nargs="+", default=[0.25, 1.0])
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args()
    print(f"{'GiB':>5} {'pages':6} {'level':7} {'pause ms':>9} {'longest':>8}", end=" ")
    print(f"{'s/GiB':>7} {'estimated':>9} {'total s':>8}")
    for size in chosen.gib:
        for pages in ("small", "large"):
            measure(size, pages, chosen.times)


def measure(gib: float, pages: str, times: int) -> None:
    """Start a target of one size and copy it again and again, both ways."""
    target = subprocess.Popen(
        [sys.executable, "-c", TARGET, str(int(gib * GIB)), pages],
        stdout=subprocess.PIPE,
    )
    try:
        assert target.stdout is not None
        target.stdout.readline()
        key = current().find_key(target.pid)
        for level in (PAUSE, INJECT):
            show(gib, pages, [copy_once(key, level) for _ in range(times)])
    finally:
        target.kill()
        target.wait()


def copy_once(key: ProcessKey, level: str) -> tuple[str, float, float, float]:
    """Return level, pause and estimate in ms, and seconds for all of it."""
    begun_s = time.perf_counter()
    with copy_heap(key, level) as copy:
        took_s = time.perf_counter() - begun_s
        return copy.level, copy.paused_ms, copy.estimated_ms, took_s


def show(gib: float, pages: str, copies: list[tuple[str, float, float, float]]) -> None:
    """Print one line."""
    levels, pauses, estimates, totals = zip(*copies, strict=True)
    median = statistics.median(pauses)
    print(
        f"{gib:5.2f} {pages:6} {levels[0]:7} {median:9.1f} {max(pauses):8.1f} "
        f"{median / 1000 / gib:7.3f} {statistics.median(estimates):9.1f} "
        f"{statistics.median(totals):8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
