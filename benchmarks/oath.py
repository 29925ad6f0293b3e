"""Does a busy program notice that it is scanned, even when the scanner is killed?

    python benchmarks/oath.py [--scans 1000] [--level pause] [--redis] [--postgres]

Scans one target after another; in half of the scans the helper or its freezer is
killed (-9) at a random moment. The first target checks its own results, registers,
signals, waits and clock (tests/targets/steadfast.c); redis-server is used by
redis-benchmark and PostgreSQL by pgbench meanwhile. Prints for each target and level:
scans, kills, failures that the target or its clients saw, and the longest stall in ms
that they measured (median and longest over scans; without scans for comparison).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from oath_targets import Postgres, Redis, Steadfast, Target

from leakgui.errors import LeakguiError
from leakgui.probe.freezing import INJECT, PAUSE, copy_heap, heap_copy
from leakgui.probe.platform import current

# What copies is usually imported at the first copy; each fork would do it again.
assert heap_copy.HeapCopying
IDLE_LOOKS = 20
COMMON_MS = 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=1000)
    parser.add_argument("--level", nargs="+", default=[PAUSE, INJECT])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    kinds: list[type[Target]] = [Steadfast]
    kinds += [Redis] if chosen.redis else []
    kinds += [Postgres] if chosen.postgres else []
    for kind in kinds:
        for level in chosen.level:
            with tempfile.TemporaryDirectory() as folder:
                examine(kind, Path(folder), level, chosen.scans, chosen.seed)


def examine(
    kind: type[Target], folder: Path, level: str, scans: int, seed: int
) -> None:
    """Start a target, scan it so often, and print what it says."""
    dice = random.Random(seed)
    target = kind(folder)
    try:
        idle = [look(target) for _ in range(IDLE_LOOKS)]
        tally = Tally(level)
        begun_s = time.monotonic()
        for number in range(scans):
            tally.scan(dice.choice(target.pids()), dice if number % 2 else None)
            tally.stalls_ms.append(target.longest_stall_ms())
        took_s = time.monotonic() - begun_s
        left = sum(read_tracer(pid) != 0 for pid in target.pids())
    finally:
        failures, told = target.end()
    print(
        f"{target.name} {level}: {scans} scans in {took_s:.0f} s, "
        f"{tally.killed} killed, {tally.copied} whole, "
        f"{tally.errors} refused, {tally.other} otherwise done\n"
        f"  failures {failures}, left traced {left}; {told}\n"
        f"  longest stall ms: median {statistics.median(tally.stalls_ms):.1f}, "
        f"longest {max(tally.stalls_ms):.1f}; without scans "
        f"{statistics.median(idle):.1f} and {max(idle):.1f}; "
        f"pause told {tally.describe_pauses()}",
        flush=True,
    )


def look(target: Target) -> float:
    time.sleep(COMMON_MS / 1000)
    return target.longest_stall_ms()


class Tally:
    """Scans, and what became of them."""

    def __init__(self, level: str) -> None:
        self._level = level
        self.killed = self.copied = self.errors = self.other = 0
        self.stalls_ms: list[float] = []
        self._pauses_ms: list[float] = []
        self._usual_s = 0.1

    def scan(self, pid: int, dice: random.Random | None) -> None:
        """Scan once in a process of its own; with dice it is killed on the way."""
        begun_s = time.monotonic()
        with helper(pid, self._level) as (scanner, answer):
            if dice is not None:
                self._kill_one(scanner, dice)
            status = wait_for(scanner)
            told = answer.read_text() if status == 0 else "HelperFailed"
        if dice is None:
            self._usual_s += 0.1 * (time.monotonic() - begun_s - self._usual_s)
        self._count(told)

    def _kill_one(self, scanner: int, dice: random.Random) -> None:
        """Kill the helper, or the freezer at some moment after it was forked."""
        victim = scanner
        if dice.random() < 0.5:
            deadline_s = time.monotonic() + 2 * self._usual_s
            while not (victim := find_freezer(scanner)):
                if time.monotonic() > deadline_s:
                    return
        time.sleep(dice.uniform(0, 0.8 * self._usual_s))
        kill(victim)

    def _count(self, told: str) -> None:
        level, _, pause_ms = told.partition(" ")
        if level.startswith("HelperFailed"):
            self.killed += 1
        elif level == self._level:
            self.copied += 1
            self._pauses_ms.append(float(pause_ms))
        elif level == PAUSE:
            self.other += 1
        elif level:
            self.errors += 1

    def describe_pauses(self) -> str:
        if not self._pauses_ms:
            return "none"
        middle, longest = statistics.median(self._pauses_ms), max(self._pauses_ms)
        return f"{middle:.1f} and {longest:.1f}"


@contextlib.contextmanager
def helper(pid: int, level: str) -> Iterator[tuple[int, Path]]:
    """Fork a process that scans and writes what became of it into a file."""
    with tempfile.NamedTemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            try:
                Path(answer.name).write_text(scan(pid, level))
            finally:
                os._exit(0)
        yield child, Path(answer.name)


def scan(pid: int, level: str) -> str:
    try:
        with copy_heap(current().find_key(pid), level) as copy:
            return f"{copy.level} {copy.paused_ms}"
    except LeakguiError as error:
        return f"{type(error).__name__}: {error.message}"


def wait_for(child: int) -> int:
    return os.waitpid(child, 0)[1]


def find_freezer(scanner: int) -> int:
    """Return the child of the helper that holds the target; 0 where there is none."""
    try:
        path = Path(f"/proc/{scanner}/task/{scanner}/children")
        return int((path.read_text().split() or ["0"])[0])
    except OSError:
        return 0


def kill(pid: int) -> None:
    """End a process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def read_tracer(pid: int) -> int:
    """Return who traces a process; 0 for nobody."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("TracerPid:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    main()
