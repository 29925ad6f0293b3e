"""Programs to be watched by benchmarks: they fill themselves, say so, and wait.

Usage: targets.py KIND, one of small, gib, handles, mappings.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

KINDS = {
    "small": "a small program",
    "gib": "1 GiB in pages of 4 KiB",
    "handles": "20,000 handles",
    "mappings": "60,000 mappings",
}


@contextlib.contextmanager
def target(kind: str) -> Iterator[int]:
    """Start a target of a kind, give its pid once it is full, and end it."""
    process = subprocess.Popen(
        [sys.executable, __file__, kind], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        print(f"{KINDS[kind]}: {process.stdout.readline().strip()}", flush=True)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def fill(kind: str) -> tuple[object, str]:
    """Take what the kind says and return it, with a word about how much it is."""
    if kind == "gib":
        held = mmap.mmap(-1, 1 << 30)
        with contextlib.suppress(AttributeError, OSError):
            held.madvise(mmap.MADV_NOHUGEPAGE)
        for page in range(0, 1 << 30, 4096):
            held[page] = 1
        return held, "1 GiB touched"
    if kind == "handles":
        return _fill_handles()
    if kind == "mappings":
        # Every second one is read-only, so that the kernel can't join neighbours.
        protections = (mmap.PROT_READ | mmap.PROT_WRITE, mmap.PROT_READ)
        held_maps = [
            mmap.mmap(-1, 4096, prot=protections[i % 2]) for i in range(60_000)
        ]
        return held_maps, f"{len(held_maps)} mappings"
    return None, "nothing special"


def _fill_handles() -> tuple[object, str]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    handles: list[int] = []
    with contextlib.suppress(OSError):
        while len(handles) < 20_000:
            handles.append(os.open("/dev/null", os.O_RDONLY))
    return handles, f"{len(handles)} handles"


if __name__ == "__main__":
    keep, words = fill(sys.argv[1])
    print(f"ready, {words}", flush=True)
    while True:
        time.sleep(1)
