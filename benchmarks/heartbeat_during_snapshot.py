"""How late a 10 ms heartbeat is while the helper takes a large snapshot.

    python benchmarks/heartbeat_during_snapshot.py [MAPPINGS] [SNAPSHOTS]

Two hearts: a plain Python thread, and a Qt timer where PySide6 is installed. Each
beats idle first, then beside a busy process (what any use of the processor costs),
then while snapshots are taken. Prints intervals in ms; 10 is perfect. No screen needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from leakgui.helper.client import HelperClient
from leakgui.model.process import ProcessKey
from leakgui.probe import platform

BEAT_S = 0.010
IDLE_S = 2.0
BUSY = "import os; os.nice(5)\nwhile True: pass"
TARGET = Path(__file__).parents[1] / "tests" / "targets" / "many_mappings.py"

Intervals = list[float]


def beat_in_thread(is_over: Callable[[], bool]) -> Intervals:
    """Sleep 10 ms again and again in this thread until it is over."""
    beats = [time.monotonic()]
    while not is_over():
        time.sleep(BEAT_S)
        beats.append(time.monotonic())
    return beats


def beat_in_qt(is_over: Callable[[], bool]) -> Intervals:
    """Let a precise Qt timer of 10 ms fire until it is over."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    beats = [time.monotonic()]

    def beat() -> None:
        beats.append(time.monotonic())
        if is_over():
            application.quit()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)
    timer.start(round(BEAT_S * 1000))
    application.exec()
    timer.stop()
    return beats


def report(what: str, beats: Intervals) -> None:
    """Print the distribution of the intervals between beats."""
    intervals = np.diff(beats) * 1000
    p50, p99 = np.percentile(intervals, [50, 99])
    print(
        f"{what:<24} p50 {p50:6.1f}  p99 {p99:6.1f}  max {intervals.max():6.1f} ms"
        f"  ({len(intervals)} beats)"
    )


class Snapshots(threading.Thread):
    """Takes snapshots one after another, as a job of the window would."""

    def __init__(self, client: HelperClient, key: ProcessKey, count: int) -> None:
        super().__init__(name="snapshots")
        self._client, self._key, self._count = client, key, count
        self.took_ms: list[float] = []
        self.own_cpu_ms: list[float] = []

    def run(self) -> None:
        for _ in range(self._count):
            begun_s, cpu_s = time.monotonic(), time.thread_time()
            snapshot = self._client.take_snapshot(self._key)
            self.own_cpu_ms.append((time.thread_time() - cpu_s) * 1000)
            self.took_ms.append((time.monotonic() - begun_s) * 1000)
            if snapshot.mappings is None:
                print("the mappings could not be read:", snapshot.gaps)


def measure(
    name: str,
    beat: Callable[[Callable[[], bool]], Intervals],
    client: HelperClient,
    key: ProcessKey,
    count: int,
) -> None:
    """Beat idle, then during snapshots, and print both."""
    report(f"{name}, idle", beat(_after(IDLE_S)))
    with subprocess.Popen([sys.executable, "-c", BUSY]) as busy:
        report(f"{name}, busy process", beat(_after(IDLE_S)))
        busy.kill()
    snapshots = Snapshots(client, key, count)
    snapshots.start()
    report(f"{name}, snapshots", beat(lambda: not snapshots.is_alive()))
    snapshots.join()
    print(
        f"  snapshots took {_list(snapshots.took_ms)} ms,"
        f" CPU of the asking thread {_list(snapshots.own_cpu_ms)} ms"
    )


def _after(span_s: float) -> Callable[[], bool]:
    end_s = time.monotonic() + span_s
    return lambda: time.monotonic() > end_s


def _list(values: list[float]) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def main() -> None:
    """Start a target with many mappings, and beat beside it."""
    mappings = sys.argv[1] if len(sys.argv) > 1 else "60000"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    target = subprocess.Popen(
        [sys.executable, str(TARGET), mappings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with target, HelperClient() as client:
        if target.stdout is None or target.stdout.readline() != b"ready\n":
            sys.exit("the target did not start")
        key = platform.current().find_key(target.pid)
        client.take_snapshot(key)  # starting the helper is not what is measured
        measure("thread", beat_in_thread, client, key, count)
        try:
            import PySide6  # noqa: F401  # only whether it is there
        except ImportError:
            print("PySide6 is not installed: no Qt heartbeat")
        else:
            measure("Qt timer", beat_in_qt, client, key, count)


if __name__ == "__main__":
    main()
