"""Interpret spoilt heaps for as long as asked, and say which ones did harm.

Usage: heap_fuzz.py [--minutes 8] [--seed 0] [--bound 20] [--only SCENE SEED]

Each image comes from a sound one (a real C++ program, which needs g++, and heaps made
by hand in every layout of glibc) and a seed. The work is done in a child process, so
that one that crashes or never ends is seen: it is named, and the next child goes on.
Exit code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import faulthandler
import mmap
import os
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from leakgui.worker.interpreting import interpret  # needs the path above
from tests.unit.worker.heap_maker import FLAVOURS
from tests.unit.worker.hostile_checks import check
from tests.unit.worker.hostile_images import Spoiler, close_spoilt
from tests.unit.worker.hostile_scenes import copy_real, make_scene

REAL_SHARE = 2
"""Every how many-th image is of the real program."""
LOOK_EVERY_S = 0.05
CHILD_IMAGES = 5000
_FIELDS = struct.Struct("<qdqqd")


@dataclass
class Board:
    """What the child writes and its parent reads: shared memory."""

    shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 4096))

    def write(
        self, seed: int, begun_s: float, understood: int, wrong: int, slowest_s: float
    ) -> None:
        """Say which image is at work since when, and what came of those before."""
        fields = (seed, begun_s, understood, wrong, slowest_s)
        self.shared[: _FIELDS.size] = _FIELDS.pack(*fields)

    def read(self) -> tuple[int, float, int, int, float]:
        """Return what was written last."""
        fields: tuple[int, float, int, int, float]
        fields = _FIELDS.unpack(self.shared[: _FIELDS.size])
        return fields


class Trial:
    """The sound images, and what happens with one seed."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.spoilers = {"real": Spoiler(copy_real(Path(folder)))}
        for flavour in FLAVOURS:
            self.spoilers[flavour.name] = Spoiler(make_scene(flavour))
        self._made = [flavour.name for flavour in FLAVOURS]
        self._lost: object = None

    def scene_of(self, seed: int) -> str:
        """Return which image a seed spoils."""
        if seed % REAL_SHARE == 0:
            return "real"
        return self._made[seed // REAL_SHARE % len(self._made)]

    def run(self, scene: str, seed: int) -> bool:
        """Interpret one image, check the result; whether a heap was recognised."""
        spoiler = self.spoilers[scene]
        image = spoiler.spoil(seed)
        try:
            found = interpret(image, self._lost if seed % 3 == 0 else None)  # type: ignore[arg-type]
            check(found)
            self._lost = found.lost
            return found.found is not None
        finally:
            close_spoilt(image, spoiler.image)


def work(trial: Trial, board: Board, first: int, end_s: float) -> None:
    """Be the child: seeds from the first on."""
    faulthandler.enable()
    understood = wrong = 0
    slowest_s = 0.0
    known: Counter[str] = Counter()
    for seed in range(first, first + CHILD_IMAGES):
        begun_s = time.monotonic()
        board.write(seed, begun_s, understood, wrong, slowest_s)
        if begun_s > end_s:
            return
        try:
            understood += trial.run(trial.scene_of(seed), seed)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            wrong += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            key = f"{type(error).__name__} {where.filename}:{where.lineno}"
            known[key] += 1
            if known[key] == 1:
                print(f"seed {seed} of {trial.scene_of(seed)}: {key}", flush=True)
                traceback.print_exc()
        slowest_s = max(slowest_s, time.monotonic() - begun_s)
    board.write(first + CHILD_IMAGES, time.monotonic(), understood, wrong, slowest_s)


def watch(pid: int, board: Board, bound_s: float) -> str:
    """Wait for the child; what it died of, or nothing. One that hangs is ended."""
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return f"ended by {signal.Signals(-code).name}" if code < 0 else ""
        if time.monotonic() - board.read()[1] > bound_s:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return f"longer than {bound_s:.0f} s"
        time.sleep(LOOK_EVERY_S)


def main() -> int:
    """Run children until the time is over."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bound", type=float, default=20.0, help="seconds an image")
    parser.add_argument("--only", nargs=2, metavar=("SCENE", "SEED"))
    asked = parser.parse_args()
    warnings.simplefilter("error")
    trial, board = Trial(), Board()
    if asked.only:
        print("understood:", trial.run(asked.only[0], int(asked.only[1])))
        return 0
    end_s = time.monotonic() + asked.minutes * 60
    seed, deaths, sums, slowest_s = asked.seed, 0, [0, 0], 0.0
    while time.monotonic() < end_s:
        board.write(seed, time.monotonic(), 0, 0, 0.0)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            work(trial, board, seed, end_s)
            os._exit(0)
        death = watch(pid, board, asked.bound)
        seed, _, understood, wrong, slowest = board.read()
        sums = [sums[0] + understood, sums[1] + wrong]
        slowest_s = max(slowest_s, slowest)
        if death:
            deaths += 1
            print(f"seed {seed} of {trial.scene_of(seed)}: {death}", flush=True)
            seed += 1
    print(
        f"{seed - asked.seed} images, {sums[0]} recognised, {sums[1]} wrong, "
        f"{deaths} deaths, slowest {slowest_s:.2f} s"
    )
    return 1 if deaths or sums[1] else 0


if __name__ == "__main__":
    sys.exit(main())
