"""Does the window itself grow while it watches, draws and judges?

The real window watches a practice program, draws four times a second, judges, and takes
a snapshot every minute. Its RSS is printed once a minute, and the growth per hour over
the second half, when start-up and the first snapshots are over.

    python benchmarks/window_growth.py [--minutes 30]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer

from leakgui.model.opening import Opening
from leakgui.settings import Settings
from leakgui.ui.application import make_application, make_window

TARGET = (
    "import time\nwhile True: [bytearray(10_000) for _ in range(50)]; time.sleep(0.05)"
)
MIB = 1024 * 1024


def read_rss_bytes() -> int:
    """Return our own RSS from statm, proc(5)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def main() -> None:
    """Watch for some minutes and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    minutes = parser.parse_args().minutes
    target = subprocess.Popen([sys.executable, "-c", TARGET])
    make_application()
    window = make_window(Settings())
    window.show()
    window.open(Opening(pid=target.pid))
    sizes = []
    for minute in range(1, minutes + 1):
        wait(60)
        window.workspace.take_snapshot()
        sizes.append(read_rss_bytes())
        print(f"{minute:4} min  {sizes[-1] / MIB:7.1f} MiB", flush=True)
    half = sizes[len(sizes) // 2 :]
    if len(half) > 1:
        per_hour = (half[-1] - half[0]) / (len(half) - 1) * 60 / MIB
        print(f"second half: {per_hour:+.1f} MiB an hour")
    window.close()
    target.kill()
    target.wait()


if __name__ == "__main__":
    main()
