"""How soon is the window visible, and how soon is the first reading there?

Each run is a new process. Times are wall times from just before it is started
(CLOCK_MONOTONIC is the same in parent and child). "Everything first" imports NumPy
and pyqtgraph before the window is shown, for comparison in the same run.

    python benchmarks/window_start.py [--runs 7] [--cold]

``--cold`` drops the page cache before each run and needs root.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

CHILD = """
import sys, time
begun = float(sys.argv[1]); first = sys.argv[2] == "everything"; pid = int(sys.argv[3])
if first:
    import leakgui.ui.watch_page
from PySide6.QtCore import QObject, QEvent, QTimer
from leakgui.model.opening import Opening
from leakgui.settings import Settings
from leakgui.ui.application import make_application, make_window

def say(what):
    print(what, time.monotonic() - begun, flush=True)

app = make_application()
window = make_window(Settings())

class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.go_on)
        return False
    def go_on(self):
        say("visible")
        window.load()
        say("loaded")
        asked = time.monotonic()
        window.open(Opening(pid=pid))
        timer = QTimer(window)
        def look():
            subject = window.workspace.subject
            envelope = subject.source.envelope("rss_bytes") if subject else None
            if envelope is not None and len(envelope):
                timer.stop()
                print("first-point", time.monotonic() - asked, flush=True)
                window.close()
                app.quit()
        timer.timeout.connect(look)
        timer.start(5)

painted = Painted()
window.processes.view.viewport().installEventFilter(painted)
window.show()
app.exec()
"""


def drop_caches() -> None:
    """Make the next start a cold one."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")


def run_once(mode: str, target: int, *, cold: bool) -> dict[str, float]:
    """Start one window and return its times in milliseconds."""
    if cold:
        drop_caches()
    begun = time.monotonic()
    command = [sys.executable, "-c", CHILD, repr(begun), mode, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    words = (line.split() for line in done.stdout.splitlines())
    return {what: 1000 * float(value) for what, value in words}


def main() -> None:
    """Run both variants in turn and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--cold", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    target = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    results: dict[str, list[dict[str, float]]] = {"picker": [], "everything": []}
    try:
        for _ in range(chosen.runs):
            for mode, runs in results.items():
                runs.append(run_once(mode, target.pid, cold=chosen.cold))
    finally:
        target.kill()
        target.wait()
    warmth = "cold" if chosen.cold else "warm"
    print(f"{warmth}, {chosen.runs} runs each, milliseconds: min median max")
    for mode, runs in results.items():
        for what in ("visible", "loaded", "first-point"):
            values = [run[what] for run in runs]
            print(
                f"{mode:11} {what:12} {min(values):6.0f} "
                f"{statistics.median(values):6.0f} {max(values):6.0f}"
            )
    pairs = zip(results["picker"], results["everything"], strict=True)
    ratios = [late["visible"] / early["visible"] for early, late in pairs]
    print(
        f"everything first takes {statistics.median(ratios):.2f} times as long to show"
    )


if __name__ == "__main__":
    main()
