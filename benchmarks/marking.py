"""How long the search for pointers takes, without a target: a heap of links in memory.

    python benchmarks/marking.py [--blocks N] [--order shuffled|sequential] [--hands N]

Blocks of 96 bytes, each with a pointer to the next of one cycle through all and one to
a random block, in a file in memory as the helper makes it. All reachable from one
root, then all lost. Prints the fastest and the median time, processor time, and the
memory of this process beyond the heap itself.
"""

from __future__ import annotations

import argparse
import mmap
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from leakgui.worker.giving_up import never
from leakgui.worker.holding import find_holders, path_to, referrers
from leakgui.worker.image import Image, lay_out
from leakgui.worker.marking import group_possible, mark
from leakgui.worker.roots import Roots
from leakgui.worker.walked import Walk
from tests.unit.worker.drawn_heap import describe_image, describe_walk, make_roots

BLOCK_BYTES = 96
BASE = 0x5555_0000_0000
PAGE = 4096
RUNS = 7
ORDERS = ["shuffled", "sequential"]


def build(count: int, order: str) -> tuple[Image, Walk]:
    """Return blocks linked as asked for."""
    rng = np.random.default_rng(1)
    size = -(-(count * BLOCK_BYTES + 2 * PAGE) // PAGE) * PAGE
    fd = os.memfd_create("heap")
    os.ftruncate(fd, size)
    words = np.frombuffer(mmap.mmap(fd, size), np.uint64)
    place = np.arange(count, dtype=np.int64) * (BLOCK_BYTES // 8) + 2
    address = place.astype(np.uint64) * np.uint64(8) + np.uint64(BASE)
    turn = rng.permutation(count) if order == "shuffled" else np.arange(count)
    words[place - 1] = BLOCK_BYTES | 1
    words[place[turn]] = address[np.roll(turn, -1)]
    if order == "shuffled":
        words[place + 1] = address[rng.integers(0, count, count)]
    words[0] = address[0]
    words.flags.writeable = False
    image = describe_image(words, lay_out([BASE], [BASE + size]))
    starts = image.new_bits()
    granule = place >> 1
    bit = np.uint64(1) << (granule & 63).astype(np.uint64)
    np.bitwise_or.at(starts, granule >> 6, bit)
    return image, describe_walk(starts, count, BLOCK_BYTES - 8)


def measure(name: str, work: Callable[[], object], runs: int = RUNS) -> None:
    """Print how long something takes, the first time and then."""
    seconds, cpu = [], []
    for _ in range(runs + 1):
        began, used = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    first, *later = seconds
    print(
        f"{name:<34} first {first:6.2f} s   fastest {min(later):6.3f}   "
        f"median {statistics.median(later):6.3f}   processor {min(cpu[1:]):6.3f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, default=5_000_000)
    parser.add_argument(
        "--order", default="shuffled", choices=["shuffled", "sequential"]
    )
    parser.add_argument("--hands", type=int, nargs="*", default=[1, 2])
    asked = parser.parse_args()
    image, walk = build(asked.blocks, asked.order)
    # proc(5): forget the peak, so that the one of the search is seen.
    Path("/proc/self/clear_refs").write_text("5")
    before = read_kib("VmRSS")
    kept, none = make_roots(1), make_roots(0)
    print(f"{asked.blocks:,} blocks, {asked.order}, {image.words.nbytes >> 20} MiB")
    for hands in asked.hands:
        measure(
            f"all reachable, {hands} threads",
            lambda h=hands: mark(image, walk, kept, hands=h),
        )
    measure("all lost", lambda: mark(image, walk, none), 3)
    _measure_holding(image, walk, kept)
    print(f"at most {(read_kib('VmHWM') - before) >> 10} MiB beside the heap")


def read_kib(name: str) -> int:
    """Return a line of this process's status."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0])


def _measure_holding(image: Image, walk: Walk, roots: Roots) -> None:
    """Measure what is asked about single blocks, and who holds how much."""
    reach = mark(image, walk, roots)
    address = image.find_address(2)
    measure("groups", lambda: group_possible(image, walk, roots, reach), 3)
    measure("referrers", lambda: referrers(image, walk, roots, address), 3)
    measure("path", lambda: path_to(image, walk, roots, address), 3)

    def hold() -> object:
        return find_holders(image, walk, roots, reach, lambda *_: "", cancelled=never)

    print("holders:", hold()[1] or "looked for")
    measure("holders", hold, 1)


if __name__ == "__main__":
    main()
