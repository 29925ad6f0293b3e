"""Does a busy program notice that it is scanned, even when the scanner is killed?

    python benchmarks/oath.py [--scans 1000] [--level pause] [--redis] [--postgres]

Scans one target after another as the window does: a helper copies, a worker
interprets. In half of the scans the helper, its freezer or the worker is killed (-9)
at a random moment, see ``oath_killing``. The first target checks its own results,
registers, signals, waits and clock (tests/targets/steadfast.c); redis-server is used
by redis-benchmark and PostgreSQL by pgbench meanwhile, and a client of our own checks
each answer. Prints for each target and level: scans, kills, scans that failed without
a kill, failures that the target or its clients saw, what is left traced or stopped,
and the longest stall in ms that they measured (median and longest over scans; without
scans for comparison).
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Self

from oath_killing import VICTIMS, Killer, Kills, Living, Usual, look_at
from oath_postgres import Postgres
from oath_targets import Redis, Steadfast, Target

from leakgui.errors import LeakguiError
from leakgui.helper.client import HelperClient
from leakgui.model.heap import Level
from leakgui.probe.platform import current
from leakgui.worker.client import WorkerClient

IDLE_LOOKS = 20
LOOK_EVERY_S = 0.5
KINDS: dict[str, type[Target]] = {
    "steadfast": Steadfast,
    "redis": Redis,
    "postgres": Postgres,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=1000)
    parser.add_argument("--level", nargs="+", type=Level, default=list(Level))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--no-steadfast", dest="steadfast", action="store_false")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # each kill would be told
    for name, kind in KINDS.items():
        for level in chosen.level if getattr(chosen, name) else ():
            with tempfile.TemporaryDirectory() as folder:
                examine(kind, Path(folder), level, chosen.scans, chosen.seed)


def examine(
    kind: type[Target], folder: Path, level: Level, scans: int, seed: int
) -> None:
    """Start a target, scan it so often, and print what it says."""
    dice = random.Random(seed)
    target = kind(folder)
    try:
        with Scanner(level) as scanner:
            scanner.warm_up(target.pids()[0])
            tally = scanner.tally
            idle = [wait_and_look(target) for _ in range(IDLE_LOOKS)]
            begun_s = time.monotonic()
            for number in range(scans):
                pid = dice.choice(target.pids())
                scanner.scan(pid, dice if number % 2 else None)
                tally.stalls_ms.append(target.longest_stall_ms())
            took_s = time.monotonic() - begun_s
        left = look_at(target.pids())
    finally:
        failures, told = target.end()
    print(
        f"{target.name} {level}: {scans} scans in {took_s:.0f} s, {tally}\n"
        f"  target failures {failures}; {told}\n"
        f"  in the end traced threads {left.traced}, states {dict(left.states)}, "
        f"zombies {left.zombies}\n"
        f"  longest stall ms: {middle_and_longest(tally.stalls_ms)}; "
        f"without scans {middle_and_longest(idle)}; "
        f"pause told {middle_and_longest(tally.pauses_ms)}; "
        f"load {os.getloadavg()[1]:.1f}",
        flush=True,
    )


def wait_and_look(target: Target) -> float:
    time.sleep(LOOK_EVERY_S)
    return target.longest_stall_ms()


def middle_and_longest(values: list[float]) -> str:
    if not values:
        return "none"
    return f"median {statistics.median(values):.1f}, longest {max(values):.1f}"


class Tally:
    """Scans, and what became of them."""

    def __init__(self) -> None:
        self.kills = Kills()
        self.whole = self.ended = self.copied_only = 0
        self.otherwise: Counter[str] = Counter()
        self.stalls_ms: list[float] = []
        self.pauses_ms: list[float] = []

    def __str__(self) -> str:
        killed = self.kills.by_victim
        each = ", ".join(f"{victim} {killed[victim]}" for victim in VICTIMS)
        return (
            f"killed {killed.total()} ({each}; {self.kills.while_held} while it was "
            f"held), too late to kill {self.kills.too_late}\n"
            f"  whole {self.whole}, ended by a kill {self.ended}, failed otherwise "
            f"{self.otherwise.total()} {dict(self.otherwise) or ''}; copied without "
            f"the fork asked for {self.copied_only}"
        )


class Scanner:
    """A helper and a worker, and what became of what they were asked."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._helper, self._worker = HelperClient(), WorkerClient()
        self._living = Living(lambda: self._helper.pid, lambda: self._worker.pid)
        self._usual = Usual()
        self.tally = Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._helper.close()
        self._worker.close()

    def warm_up(self, pid: int) -> None:
        """Scan once without counting it: kernels may have to be compiled."""
        self._copy_and_interpret(pid, learns=False)
        self.tally = Tally()

    def scan(self, pid: int, dice: random.Random | None = None) -> None:
        """Scan once; with dice, somebody is killed on the way."""
        killer = None
        if dice is not None:
            killer = Killer(self._living, pid, self._usual, dice)
            killer.start()
        failed = ""
        try:
            self._copy_and_interpret(pid, learns=killer is None)
        except LeakguiError as error:
            failed = f"{type(error).__name__}: {error.message}"
        killed = killer is not None and killer.finish(self.tally.kills)
        self._count(failed, killed=killed)

    def _copy_and_interpret(self, pid: int, *, learns: bool) -> None:
        begun_s = time.monotonic()
        with self._helper.copy_heap(current().find_key(pid), self._level) as copied:
            copied_s = time.monotonic()
            self.tally.pauses_ms.append(copied.paused_ms)
            self.tally.copied_only += copied.level != self._level
            self._worker.interpret(copied)
        if learns:
            took_s = time.monotonic() - copied_s
            self._usual.learn(copied_s - begun_s, took_s, copied.paused_ms / 1000)

    def _count(self, failed: str, *, killed: bool) -> None:
        if not failed:
            self.tally.whole += 1
        elif killed and failed.startswith("HelperFailed"):
            self.tally.ended += 1
        else:
            self.tally.otherwise[failed] += 1


if __name__ == "__main__":
    main()
