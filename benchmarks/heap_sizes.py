"""How long a heap is copied and interpreted, and what it takes, by number of blocks.

    python benchmarks/heap_sizes.py [--blocks 1 5 15] [--orders sequential shuffled]
                                    [--rounds 3] [--alone]

For each heap of so many million blocks (96 bytes, one cycle, one random pointer each)
prints the pause by copy and by fork, seconds of copying and interpreting, the highest
memory of the worker as a multiple of the target's heap, and, on the same program in the
same run, the seconds that Valgrind and LeakSanitizer take from start to report
(--alone leaves these two out). Medians of the rounds; the first one warms up.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leakgui.helper.client import HelperClient
from leakgui.model.heap import Heap, Level
from leakgui.probe.platform import current
from leakgui.worker.client import WorkerClient

SOURCE = Path(__file__).parent / "workloads" / "many_blocks.c"
GIB = 1 << 30
_PATIENCE_S = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a heap."""

    paused_ms: float
    copy_s: float
    total_s: float
    heap: Heap


def build(folder: Path, *flags: str) -> Path:
    """Compile the target."""
    program = folder / ("many_blocks" + "".join(flags).replace("-", "_"))
    subprocess.run(
        ["gcc", "-O1", "-g", "-w", *flags, "-o", program, SOURCE], check=True
    )
    return program


@contextmanager
def running(program: Path, *arguments: str) -> Iterator[int]:
    """Start the target, wait until its heap is built, give its pid."""
    with subprocess.Popen(
        [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        try:
            yield child.pid
        finally:
            child.stdin.close()


def look(pid: int, level: Level, helper: HelperClient, worker: WorkerClient) -> Look:
    """Copy and interpret once."""
    key = current().find_key(pid)
    begun_s = time.perf_counter()
    with helper.copy_heap(key, level) as copied:
        copied_s = time.perf_counter()
        heap = worker.interpret(copied)
        paused_ms = copied.paused_ms
    ended_s = time.perf_counter()
    return Look(
        paused_ms=paused_ms,
        copy_s=copied_s - begun_s,
        total_s=ended_s - begun_s,
        heap=heap,
    )


def peak_bytes(pid: int | None) -> int:
    """Return the highest resident memory of a process (proc(5), VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def seconds_of(command: Sequence[str | Path]) -> float:
    """Return how long a whole program runs."""
    begun_s = time.perf_counter()
    subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_PATIENCE_S,
    )
    return time.perf_counter() - begun_s


def measure(program: Path, millions: int, order: str, rounds: int) -> float:
    """Print the figures of one heap; returns seconds of a look by copy."""
    arguments = (str(millions * 1_000_000), order)
    with running(program, *arguments) as pid:
        for level in (Level.PAUSE, Level.INJECT):
            # A worker of its own: the highest memory is of these looks alone.
            with HelperClient() as helper, WorkerClient() as worker:
                looks = [look(pid, level, helper, worker) for _ in range(rounds + 1)]
                own = peak_bytes(worker.pid)
            seconds = print_looks(f"{millions} M {order}", level, looks[1:], own)
            if level is Level.PAUSE:
                by_copy_s = seconds
    return by_copy_s


def print_looks(name: str, level: Level, looks: Sequence[Look], own: int) -> float:
    """Print one line; returns the median of the total."""
    heap = looks[-1].heap
    assert heap.blocks is not None
    assert heap.leaked is not None
    in_use, resident = heap.blocks.in_use_bytes, heap.copied_bytes
    paused_ms = statistics.median(one.paused_ms for one in looks)
    total_s = statistics.median(one.total_s for one in looks)
    print(
        f"{name:<16} {level.value:<7} pause {paused_ms:7.1f} ms "
        f"({paused_ms / (resident / GIB):5.0f} ms/GiB)  "
        f"copy {statistics.median(one.copy_s for one in looks):5.2f} s  "
        f"total {total_s:6.2f} s (first {looks[0].total_s:.2f})  "
        f"own {own / GIB:5.2f} GiB = {own / resident:4.2f} x  "
        f"blocks {heap.blocks.in_use:,} {in_use / GIB:.2f} GiB, "
        f"lost {heap.leaked.direct:,} + {heap.leaked.indirect:,}",
        flush=True,
    )
    return total_s


def main() -> None:
    """Measure every heap that was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, nargs="+", default=[1, 5, 15])
    parser.add_argument("--orders", nargs="+", default=["sequential", "shuffled"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        plain = build(Path(name))
        watched = build(Path(name), "-fsanitize=leak")
        for millions in chosen.blocks:
            for order in chosen.orders:
                ours_s = measure(plain, millions, order, chosen.rounds)
                if chosen.alone:
                    continue
                arguments = (str(millions * 1_000_000), order, "exit")
                lsan_s = seconds_of([watched, *arguments])
                valgrind_s = seconds_of(
                    ["valgrind", "--leak-check=full", plain, *arguments]
                )
                print(
                    f"{'':<16} LeakSanitizer {lsan_s:.2f} s ({lsan_s / ours_s:.1f} x), "
                    f"Valgrind {valgrind_s:.1f} s ({valgrind_s / ours_s:.1f} x)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
