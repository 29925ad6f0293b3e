"""Does the window stutter while 60,000 mappings are snapshot, compared and shown?

A 10 ms timer beats on the main thread of the real window, which watches a target with
60,000 mappings, draws its plots and judges. Printed are the distances between beats:
while only watching, and from asking for a snapshot until it is shown in the table.

    python benchmarks/window_heartbeat.py [--mappings 60000] [--snapshots 3]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from itertools import pairwise

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt, QTimer

from leakgui.model.opening import Opening
from leakgui.settings import Settings
from leakgui.ui.application import make_application, make_window
from leakgui.ui.main_window import MainWindow

TARGET = """
import mmap, sys
kept = []
for place in range(int(sys.argv[1]) // 2):
    one = mmap.mmap(-1, 8192)
    one[0] = 1
    kept.append(one)
    kept.append(mmap.mmap(-1, 4096, prot=mmap.PROT_READ))
print("ready", flush=True)
sys.stdin.read()
"""
BEAT_MS = 10


class Heart:
    """Remembers when it beat."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self.beats.append(time.perf_counter()))
        self._timer.start(BEAT_MS)

    def since(self, begun: float) -> list[float]:
        """Return the distances of the beats since a moment, in ms, sorted."""
        beats = [beat for beat in self.beats if beat >= begun]
        pairs = pairwise(beats)
        return sorted(1000 * (later - earlier) for earlier, later in pairs)


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def print_beats(name: str, beats: list[float]) -> None:
    """Print the quantiles of some distances."""
    p50, p99 = beats[len(beats) // 2], beats[int(0.99 * (len(beats) - 1))]
    print(f"{name:34} {len(beats):6} {p50:7.1f} {p99:7.1f} {beats[-1]:7.1f}")


def take_snapshot(window: MainWindow) -> float:
    """Take a snapshot, wait until it and its difference are shown; return seconds."""
    begun = time.perf_counter()
    loop = QEventLoop()
    window.workspace.snapshot_shown.connect(lambda _: loop.quit())
    window.workspace.take_snapshot()
    loop.exec()
    wait(1.0)
    return time.perf_counter() - begun


def main() -> None:
    """Watch, snapshot, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mappings", type=int, default=60_000)
    parser.add_argument("--snapshots", type=int, default=3)
    chosen = parser.parse_args()
    command = [sys.executable, "-c", TARGET, str(chosen.mappings)]
    target = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert target.stdout is not None
    target.stdout.readline()
    make_application()
    window = make_window(Settings())
    window.show()
    window.open(Opening(pid=target.pid))
    window.page.tabs.setCurrentIndex(1)
    heart = Heart()
    wait(5)
    print(f"{'milliseconds between beats':34}  beats     p50     p99     max")
    begun = time.perf_counter()
    wait(10)
    print_beats("watching, plots drawn", heart.since(begun))
    begun = time.perf_counter()
    for _ in range(chosen.snapshots):
        took = take_snapshot(window)
        print(f"snapshot and a second of rest took {took:.2f} s")
    print_beats("during snapshots", heart.since(begun))
    window.close()
    target.kill()
    target.wait()


if __name__ == "__main__":
    main()
