"""Somebody who kills a process of leakgui's (-9) while a program is scanned."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HELPER, FREEZER, WORKER = VICTIMS = ("helper", "freezer", "worker")
_LOOK_EVERY_S = 0.0005


@dataclass(frozen=True, slots=True)
class Living:
    """Whom to kill: the processes as they are when asked."""

    helper: Callable[[], int | None]
    worker: Callable[[], int | None]

    def find(self, victim: str) -> int | None:
        """Return a process's number, or None where it does not live now."""
        if victim == WORKER:
            return self.worker()
        helper = self.helper()
        return helper if victim == HELPER or not helper else find_freezer(helper)


@dataclass(slots=True)
class Usual:
    """How long things take, learned from scans that nobody disturbs; seconds."""

    copy_s: float = 0.1
    interpret_s: float = 0.5
    pause_s: float = 0.01

    def learn(self, copy_s: float, interpret_s: float, pause_s: float) -> None:
        """Take one more scan into account."""
        self.copy_s += 0.1 * (copy_s - self.copy_s)
        self.interpret_s += 0.1 * (interpret_s - self.interpret_s)
        self.pause_s += 0.1 * (pause_s - self.pause_s)

    @property
    def scan_s(self) -> float:
        """Return the length of a whole scan."""
        return self.copy_s + self.interpret_s


@dataclass(slots=True)
class Kills:
    """Who was killed how often."""

    by_victim: Counter[str] = field(default_factory=Counter)
    while_held: int = 0
    """How many of them while the target was traced."""
    too_late: int = 0
    """Scans that were over before the chosen moment."""


class Killer(threading.Thread):
    """Kills one process at a random moment of one scan, or comes too late.

    Half of the kills of helper and freezer are aimed at the time in which the
    target is held: it is short, and the only one that can harm.
    """

    def __init__(
        self, living: Living, target: int, usual: Usual, dice: random.Random
    ) -> None:
        """Choose whom, and when."""
        super().__init__(name="killer", daemon=True)
        self._living, self._target = living, target
        self._victim = dice.choice(VICTIMS)
        self._is_aimed = self._victim != WORKER and dice.random() < 0.5
        longest_s = usual.scan_s if self._victim != FREEZER else usual.copy_s
        self._delay_s = dice.uniform(0, usual.pause_s if self._is_aimed else longest_s)
        self._is_over = threading.Event()
        self._killed = self._was_held = False

    def run(self) -> None:
        """Wait for the moment, and kill."""
        if self._is_aimed and not self._wait_until(lambda: is_traced(self._target)):
            return
        if self._victim == FREEZER and not self._wait_until(self._find):
            return
        if not self._is_over.wait(self._delay_s) and self._wait_until(self._find):
            self._kill(self._find())

    def finish(self, kills: Kills) -> bool:
        """Count what was done; returns whether somebody was killed."""
        self._is_over.set()
        self.join()
        kills.by_victim[self._victim] += self._killed
        kills.while_held += self._was_held
        kills.too_late += not self._killed
        return self._killed

    def _find(self) -> int | None:
        return self._living.find(self._victim)

    def _wait_until(self, is_true: Callable[[], object]) -> bool:
        while not is_true():
            if self._is_over.wait(_LOOK_EVERY_S):
                return False
        return True

    def _kill(self, pid: int | None) -> None:
        if pid is None:
            return
        held = self._victim != WORKER and is_traced(self._target)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._killed, self._was_held = True, held


def find_freezer(helper: int) -> int | None:
    """Return the child of the helper that holds the target, if there is one."""
    try:
        children = Path(f"/proc/{helper}/task/{helper}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def is_traced(pid: int) -> bool:
    """Return whether somebody traces a process's first thread."""
    return tracer_and_state(Path(f"/proc/{pid}"))[0] != 0


def tracer_and_state(folder: Path) -> tuple[int, str]:
    """Return who traces a thread, 0 for nobody, and its state, ``X`` where it ended."""
    try:
        status = (folder / "status").read_text().splitlines()
    except OSError:
        return 0, "X"
    told = dict(line.split(":", 1) for line in status if ":" in line)
    return int(told["TracerPid"]), told["State"].split()[0]


@dataclass(slots=True)
class Left:
    """How processes are in the end."""

    states: Counter[str] = field(default_factory=Counter)
    """Of all threads, by the kernel's letter; T and t would be stopped ones."""
    traced: int = 0
    """Threads that still have a tracer."""
    zombies: int = 0
    """Children that nobody collects: what a fork leaves when its maker is killed."""


def look_at(pids: list[int], within_s: float = 2.0) -> Left:
    """Look at all threads; again where one is held, until some time is over."""
    deadline_s = time.monotonic() + within_s
    while True:
        left = _look_at_once(pids)
        if not left.traced or time.monotonic() > deadline_s:
            return left
        time.sleep(0.05)


def _look_at_once(pids: list[int]) -> Left:
    left = Left()
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            tracer, state = tracer_and_state(thread)
            left.states[state] += state != "X"
            left.traced += tracer != 0
            left.zombies += _count_zombies(thread)
    left.states += Counter()
    return left


def _count_zombies(thread: Path) -> int:
    try:
        children = (thread / "children").read_text().split()
    except OSError:
        return 0
    return sum(tracer_and_state(Path("/proc", pid))[1] == "Z" for pid in children)
